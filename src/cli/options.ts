import { type ParseArgsConfig, parseArgs } from 'node:util'
import { MillraceError } from '../spi/index.js'
import { OUTPUT_FORMATS, type OutputFormat, parseOutputFormat } from './format/output-format.js'

/** An option of the command line. */
interface OptionDefinition {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: true
  /** What stands for the value in the help. */
  readonly value?: string
  readonly help: string
}

export const OPTIONS = {
  server: { type: 'string', value: 'URL', help: 'run on this server instead of in this process' },
  catalog: { type: 'string', value: 'NAME', help: 'catalog of names that have none' },
  schema: { type: 'string', value: 'NAME', help: 'schema of names that have none' },
  execute: { type: 'string', value: 'SQL', help: 'run these statements and exit' },
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    help: 'run the statements of a file (- is stdin) and exit',
  },
  'output-format': {
    type: 'string',
    value: 'FORMAT',
    help: 'of results, unless interactive (default: CSV)',
  },
  'output-format-interactive': {
    type: 'string',
    value: 'FORMAT',
    help: 'of results in the interactive shell (default: ALIGNED)',
  },
  'ignore-errors': { type: 'boolean', help: 'go on after a statement that failed' },
  progress: { type: 'boolean', help: 'show on stderr how far statements are' },
  'no-progress': { type: 'boolean', help: 'do not, in the interactive shell either' },
  pager: {
    type: 'string',
    value: 'COMMAND',
    help: 'program that shows results in the interactive shell; empty: none',
  },
  'history-file': {
    type: 'string',
    value: 'FILE',
    help: 'where statements are kept (default: ~/.millrace_history)',
  },
  session: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'session property; may be given several times',
  },
  dialect: {
    type: 'string',
    value: 'NAME',
    help: 'SQL that statements are written in: postgresql, mysql, sqlite, bigquery, snowflake …',
  },
  timezone: { type: 'string', value: 'ZONE', help: 'time zone of the session' },
  user: { type: 'string', value: 'NAME', help: 'user that statements run as' },
  password: {
    type: 'boolean',
    help: 'send the password in MILLRACE_PASSWORD or TRINO_PASSWORD to the server',
  },
  'access-token': { type: 'string', value: 'TOKEN', help: 'send this token to the server' },
  source: {
    type: 'string',
    value: 'NAME',
    help: 'what the server is told that statements come from (default: millrace-cli)',
  },
  'client-info': {
    type: 'string',
    value: 'TEXT',
    help: 'what the server is told about the client',
  },
  'client-tags': { type: 'string', value: 'TAGS', help: 'tags of the client, separated by commas' },
  'trace-token': { type: 'string', value: 'TOKEN', help: 'token that the server logs' },
  path: { type: 'string', value: 'PATH', help: 'where functions are looked for, catalog.schema' },
  'etc-dir': {
    type: 'string',
    value: 'DIR',
    help: 'folder with config.properties and catalog/*.properties',
  },
  threads: { type: 'string', value: 'N', help: 'worker threads of the engine in this process' },
  host: {
    type: 'string',
    value: 'HOST',
    help: 'where `millrace server` listens (default: 127.0.0.1)',
  },
  port: { type: 'string', value: 'N', help: 'where `millrace server` listens (default: 8080)' },
  debug: { type: 'boolean', help: 'tell more of errors and statements' },
  help: { type: 'boolean', short: 'h', help: 'print this and exit' },
  version: { type: 'boolean', help: 'print the version and exit' },
} as const satisfies Readonly<Record<string, OptionDefinition>>

export type OptionName = keyof typeof OPTIONS

export type OptionValues = {
  readonly [Name in OptionName]?: (typeof OPTIONS)[Name] extends { readonly multiple: true }
    ? readonly string[]
    : (typeof OPTIONS)[Name] extends { readonly type: 'boolean' }
      ? boolean
      : string
}

/** What the arguments say. @throws MillraceError CONFIGURATION_INVALID for options that don't exist */
export function parseArguments(args: readonly string[]): {
  readonly values: OptionValues
  readonly positionals: readonly string[]
} {
  try {
    const options: ParseArgsConfig['options'] = OPTIONS
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
    })
    return { values: values as OptionValues, positionals }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new MillraceError('CONFIGURATION_INVALID', message, {
      hint: 'millrace --help lists the options',
    })
  }
}

/** Options in their meaning, checked. */
export interface ShellOptions {
  readonly values: OptionValues
  /** Statements to run; absent: from stdin or, on a terminal, interactive. */
  readonly sql?: string
  readonly file?: string
  readonly server?: string
  readonly catalog?: string
  readonly schema?: string
  readonly outputFormat: OutputFormat
  readonly interactiveFormat: OutputFormat
  /** Absent where nothing was said. */
  readonly progress?: boolean
  readonly debug: boolean
  readonly ignoreErrors: boolean
  /** Session properties by name. */
  readonly session: ReadonlyMap<string, string>
}

const wrong = (message: string, hint?: string): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', message, hint === undefined ? {} : { hint })

/** @throws CONFIGURATION_INVALID */
export function shellOptions(values: OptionValues, positionals: readonly string[]): ShellOptions {
  const [positional, ...rest] = positionals
  if (rest.length > 0) {
    throw wrong(`Statements are one argument: ${rest[0]}`, 'Put quotes around the SQL text')
  }
  const isUrl = positional !== undefined && /^(https?|trino):\/\//.test(positional)
  const texts = [values.execute, values.file, isUrl ? undefined : positional]
  if (texts.filter((text) => text !== undefined).length > 1) {
    throw wrong('Statements come from one of --execute, --file and an argument')
  }
  if (values.progress === true && values['no-progress'] === true) {
    throw wrong('--progress and --no-progress contradict each other')
  }
  if (isUrl && values.server !== undefined) throw wrong('Two servers are given')
  const server = isUrl ? positional : values.server
  if (server === undefined) refuseServerOptions(values)
  if (server !== undefined && values['etc-dir'] !== undefined) {
    throw wrong('--etc-dir configures the engine in this process, not a server')
  }
  const place = server === undefined ? {} : serverPlace(server)
  const catalog = values.catalog ?? place.catalog
  const schema = values.schema ?? place.schema
  const sql = values.execute ?? (isUrl ? undefined : positional)
  const progress = values['no-progress'] === true ? false : values.progress
  return {
    values,
    ...(sql === undefined ? {} : { sql }),
    ...(values.file === undefined ? {} : { file: values.file }),
    ...(place.url === undefined ? {} : { server: place.url }),
    ...(catalog === undefined ? {} : { catalog }),
    ...(schema === undefined ? {} : { schema }),
    outputFormat: parseOutputFormat(values['output-format'] ?? 'CSV'),
    interactiveFormat: parseOutputFormat(values['output-format-interactive'] ?? 'ALIGNED'),
    ...(progress === undefined ? {} : { progress }),
    debug: values.debug === true,
    ignoreErrors: values['ignore-errors'] === true,
    session: sessionProperties([
      ...(values.session ?? []),
      ...(values.dialect === undefined ? [] : [`dialect=${values.dialect}`]),
    ]),
  }
}

const SERVER_OPTIONS = ['password', 'access-token', 'client-info', 'client-tags', 'path'] as const

function refuseServerOptions(values: OptionValues): void {
  const given = SERVER_OPTIONS.find((name) => values[name] !== undefined)
  if (given !== undefined) throw wrong(`--${given} needs a server`, 'Say which: --server URL')
}

/** `host:port`, or a URL whose path may name a catalog and a schema, as Trino's CLI takes it. */
function serverPlace(text: string): {
  readonly url?: string
  readonly catalog?: string
  readonly schema?: string
} {
  const withScheme = /^[a-z]+:\/\//i.test(text)
    ? text.replace(/^trino:/, 'http:')
    : `http://${text}`
  let url: URL
  try {
    url = new URL(withScheme)
  } catch {
    throw wrong(`Not the address of a server: ${text}`, 'For example http://localhost:8080')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw wrong(`Not the address of a server: ${text}`, 'It begins with http:// or https://')
  }
  const [catalog, schema] = url.pathname.split('/').filter((part) => part !== '')
  return {
    url: url.origin,
    ...(catalog === undefined ? {} : { catalog: decodeURIComponent(catalog) }),
    ...(schema === undefined ? {} : { schema: decodeURIComponent(schema) }),
  }
}

function sessionProperties(settings: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    settings.map((setting) => {
      const equals = setting.indexOf('=')
      if (equals <= 0) throw wrong(`Not NAME=VALUE: ${setting}`)
      return [setting.slice(0, equals).trim(), setting.slice(equals + 1)]
    }),
  )
}

const USAGE = `usage: millrace [OPTIONS] [SQL]         an SQL shell, or statements run and printed
       millrace [OPTIONS] URL           the same on a server that speaks Trino's protocol
       millrace server [OPTIONS]        serves the catalogs by Trino's client protocol
       millrace completion SHELL        prints the completion script of bash, zsh or fish

`
const HELP_COLUMN = 36

/** The text of --help. */
export function helpText(): string {
  const lines = Object.entries<OptionDefinition>(OPTIONS).map(([name, { short, value, help }]) => {
    const long = value === undefined ? `--${name}` : `--${name} ${value}`
    const names = short === undefined ? `    ${long}` : `-${short}, ${long}`
    // A name that leaves no room has a line of its own.
    const head = `  ${names}`
    return head.length < HELP_COLUMN
      ? `${head.padEnd(HELP_COLUMN)}${help}`
      : `${head}\n${' '.repeat(HELP_COLUMN)}${help}`
  })
  return `${USAGE}${lines.join('\n')}\n\nFormats: ${OUTPUT_FORMATS.join(', ')}\n`
}
