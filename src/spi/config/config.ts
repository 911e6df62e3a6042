import { MillraceError } from '../error.js'
import {
  nearestName,
  parseDataSize,
  parseDuration,
  printDataSize,
  printDuration,
} from './config-value.js'

/**
 * Typed configuration: a schema names every property of a catalog (or of the server), so that a misspelt one stops
 * the start instead of being ignored.
 *
 *     const CONFIG = {
 *       'example.url': stringConfig({ description: 'Where to read from', required: true }),
 *       'example.timeout': durationConfig({ description: 'Give up after', default: '10s', min: '1ms', max: '10m' }),
 *       'example.token': stringConfig({ description: 'Access token', secret: true }),
 *     }
 *     const config = parseConfig(CONFIG, properties) // config['example.timeout'] is a number of milliseconds
 *
 * Values may hold `${ENV:NAME}`. @source Airlift ConfigurationFactory, Bootstrap
 */
export interface ConfigProperty<T> {
  readonly description: string
  /** What a value is, for people: `duration, 1ms to 10m`. */
  readonly takes?: string
  /** As written in a file. */
  readonly default?: string
  readonly required?: boolean
  /** The value is never shown: not in messages, not in listings. */
  readonly secret?: boolean
  /** Older names that are taken too. */
  readonly aliases?: readonly string[]
  /** @throws ConfigValueError saying what a right value is like */
  parse(text: string): T
}
export type ConfigSchema = Readonly<Record<string, ConfigProperty<unknown>>>
export type ConfigOf<S extends ConfigSchema> = {
  readonly [K in keyof S]: S[K] extends ConfigProperty<infer T> ? T : never
}

/** What is wrong with a value, without the value: `must be at least 1ms`. */
export class ConfigValueError extends Error {}

interface ConfigOptions {
  readonly description: string
  readonly required?: boolean
  readonly secret?: boolean
  readonly aliases?: readonly string[]
}
type WithDefault = ConfigOptions & ({ readonly default: string } | { readonly required: true })
interface Limits {
  readonly min?: string
  readonly max?: string
}
interface ConfigKind<Parsed> {
  <O extends WithDefault & Limits>(options: O): ConfigProperty<Parsed>
  (options: ConfigOptions & Limits): ConfigProperty<Parsed | undefined>
}

const limitsText = ({ min, max }: Limits): string =>
  min === undefined
    ? max === undefined
      ? ''
      : `, up to ${max}`
    : max === undefined
      ? `, from ${min}`
      : `, ${min} to ${max}`

function quantity(
  what: string,
  parse: (text: string) => number | undefined,
  print: (value: number) => string,
): ConfigKind<number> {
  return (options: ConfigOptions & Limits & { readonly default?: string }) => {
    const parsed = (text: string): number => {
      const value = parse(text)
      if (value === undefined) throw new ConfigValueError(`must be ${what}`)
      return value
    }
    const min = options.min === undefined ? Number.NEGATIVE_INFINITY : parsed(options.min)
    const max = options.max === undefined ? Number.POSITIVE_INFINITY : parsed(options.max)
    return {
      ...options,
      takes: `${what.replace(/^an? /, '').replace(/ such as .*/, '')}${limitsText(options)}`,
      parse(text: string) {
        const value = parsed(text)
        if (value < min) throw new ConfigValueError(`must be at least ${print(min)}`)
        if (value > max) throw new ConfigValueError(`must be at most ${print(max)}`)
        return value
      },
    }
  }
}

const parseInteger = (text: string): number | undefined => {
  const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}
const parseNumber = (text: string): number | undefined =>
  text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined

export const integerConfig = quantity('an integer', parseInteger, String)
export const numberConfig = quantity('a number', parseNumber, String)
/** Milliseconds, written as `10m`. */
export const durationConfig = quantity('a duration such as 10s or 5m', parseDuration, printDuration)
/** Bytes, written as `64MB`. */
export const dataSizeConfig = quantity('a data size such as 64MB', parseDataSize, printDataSize)

export const stringConfig: {
  <O extends WithDefault>(options: O): ConfigProperty<string>
  (options: ConfigOptions): ConfigProperty<string | undefined>
} = (options: ConfigOptions) => ({ ...options, takes: 'text', parse: (text: string) => text })

export const booleanConfig: {
  <O extends WithDefault>(options: O): ConfigProperty<boolean>
  (options: ConfigOptions): ConfigProperty<boolean | undefined>
} = (options: ConfigOptions) => ({
  ...options,
  takes: '`true`, `false`',
  parse(text: string) {
    const word = text.trim().toLowerCase()
    if (word !== 'true' && word !== 'false') throw new ConfigValueError('must be true or false')
    return word === 'true'
  },
})

/** One of some words, in any case. */
export const choiceConfig = <const W extends readonly string[]>(
  words: W,
  options: WithDefault,
): ConfigProperty<W[number]> => ({
  ...options,
  takes: words.map((word) => `\`${word}\``).join(', '),
  parse(text: string) {
    const word = words.find((w) => w.toLowerCase() === text.trim().toLowerCase())
    if (word === undefined) throw new ConfigValueError(`must be one of ${words.join(', ')}`)
    return word
  },
})

/** Words between commas, blanks around them dropped; none for an empty text. */
export const listConfig = (
  options: ConfigOptions & { readonly default?: string },
): ConfigProperty<readonly string[]> => ({
  default: '',
  ...options,
  takes: 'words between commas',
  parse: (text: string) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
})

/**
 * Checks properties against a schema and converts them.
 * @param environment where `${ENV:NAME}` is looked up
 * @throws CONFIGURATION_INVALID for the first problem; `detail` has all of them. No secret's value is in it.
 */
export function parseConfig<S extends ConfigSchema>(
  schema: S,
  properties: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ConfigOf<S> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  const names = new Map<string, string>()
  for (const [name, property] of Object.entries(schema)) {
    for (const known of [name, ...(property.aliases ?? [])]) names.set(known, name)
  }
  const given = new Map<string, string>()
  for (const [name, text] of Object.entries(properties)) {
    const known = names.get(name)
    if (known === undefined) problems.push(unknownProperty(name, names.keys()))
    else if (given.has(known)) problems.push(`Configuration property is set twice: ${known}`)
    else given.set(known, text)
  }
  for (const [name, property] of Object.entries(schema)) {
    const text = given.get(name) ?? property.default
    if (text === undefined) {
      if (property.required) problems.push(`Configuration property is required: ${name}`)
      values[name] = undefined
      continue
    }
    try {
      values[name] = property.parse(resolveEnvironment(text, environment))
    } catch (error) {
      if (!(error instanceof ConfigValueError)) throw error
      const shown = property.secret || !given.has(name) ? '' : `: ${text}`
      problems.push(`Configuration property '${name}' ${error.message}${shown}`)
    }
  }
  const [first] = problems
  if (first !== undefined) {
    throw new MillraceError('CONFIGURATION_INVALID', first, { detail: problems.join('\n') })
  }
  return values as ConfigOf<S>
}

function unknownProperty(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined
    ? `Configuration property is not known: ${name}`
    : `Configuration property is not known, did you mean '${nearest}': ${name}`
}

/**
 * Replaces each `${ENV:NAME}` of a text by the variable's value.
 * @throws ConfigValueError for a variable that is not set
 */
export const resolveEnvironment = (
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string =>
  text.replace(/\$\{ENV:([^}]*)\}/g, (_, name: string) => {
    const value = environment[name]
    if (value === undefined) {
      throw new ConfigValueError(`needs the environment variable ${name}, which is not set`)
    }
    return value
  })

/** The schema's properties with the given values as they may be shown: secrets masked. */
export const printableConfig = (
  schema: ConfigSchema,
  properties: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => {
      const known = Object.hasOwn(schema, name) ? schema[name] : undefined
      return [name, known === undefined || known.secret ? '[REDACTED]' : value]
    }),
  )
