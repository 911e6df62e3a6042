import type { SqlType } from '../../spi/index.js'
import type { Expression, InputExpression } from '../ir.js'
import { parseLike } from '../value/like.js'

/** Conditions over the bytes of one column of texts and constants, which a kernel evaluates for a page. */
export interface TextPredicate {
  readonly input: InputExpression
  readonly test: TextTest
}

export type TextTest =
  /** Equal to one of the constants. */
  | { readonly kind: 'equal'; readonly values: readonly Uint8Array[] }
  /** Begins with one of the constants. */
  | { readonly kind: 'prefix'; readonly values: readonly Uint8Array[] }
  /** Compared with each constant as bytes; all must hold. */
  | {
      readonly kind: 'order'
      readonly operators: readonly Ordering[]
      readonly values: readonly Uint8Array[]
    }
  /** Begins with the first value, ends with the last, and has the others in order between, without overlap. */
  | { readonly kind: 'like'; readonly values: readonly Uint8Array[] }

export type Ordering = '<' | '<=' | '>' | '>='

const VALUES_MAX = 16
const FLIPPED: Readonly<Record<Ordering, Ordering>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** The predicate an expression is; undefined for any other. Its negation is left to what is around it. */
export function textPredicateOf(e: Expression): TextPredicate | undefined {
  switch (e.kind) {
    case 'comparison': {
      const value = textOf(e.right)
      if (value === undefined) {
        const flipped = textOf(e.left)
        if (flipped === undefined || e.operator === 'identical' || e.operator === '<>')
          return undefined
        const operator = e.operator === '=' ? '=' : FLIPPED[e.operator]
        return compared(e.right, operator, flipped)
      }
      if (e.operator === 'identical' || e.operator === '<>') return undefined
      return compared(e.left, e.operator, value)
    }
    case 'between': {
      const input = textInput(e.value)
      const min = textOf(e.min)
      const max = textOf(e.max)
      // Padding changes the order of CHAR.
      if (input?.type.kind !== 'varchar' || min === undefined || max === undefined) return undefined
      return {
        input,
        test: { kind: 'order', operators: ['>=', '<='], values: [encode(min), encode(max)] },
      }
    }
    case 'in': {
      const texts = e.list.map(textOf)
      if (texts.includes(undefined) || texts.length > VALUES_MAX) return undefined
      return equalToAny(e.value, texts as string[])
    }
    case 'call':
      return e.function.name === '$like' ? likePredicate(e.args) : undefined
    default:
      return undefined
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const textOf = (e: Expression): string | undefined =>
  e.kind === 'constant' && typeof e.value === 'string' && isText(e.type) ? e.value : undefined

const isText = (type: SqlType): boolean => type.kind === 'varchar' || type.kind === 'char'

/** A column, also under casts that change no value: to a longer VARCHAR. */
function textInput(e: Expression): InputExpression | undefined {
  if (e.kind === 'input') return isText(e.type) ? e : undefined
  if (e.kind !== 'cast' || e.type.kind !== 'varchar' || e.arg.type.kind !== 'varchar')
    return undefined
  const widens = (e.type.length ?? Infinity) >= (e.arg.type.length ?? Infinity)
  return widens ? textInput(e.arg) : undefined
}

function compared(
  e: Expression,
  operator: '=' | Ordering,
  value: string,
): TextPredicate | undefined {
  if (operator === '=') return equalToAny(e, [value])
  const input = textInput(e)
  if (input?.type.kind !== 'varchar') return undefined
  return { input, test: { kind: 'order', operators: [operator], values: [encode(value)] } }
}

function equalToAny(e: Expression, texts: readonly string[]): TextPredicate | undefined {
  const input = textInput(e)
  const values = texts.map(encode)
  if (input !== undefined) return { input, test: { kind: 'equal', values } }
  const start = leadingPart(e)
  // The first n code points are a text of n code points exactly where the value begins with it.
  if (start === undefined || texts.some((text) => [...text].length !== start.length))
    return undefined
  return { input: start.input, test: { kind: 'prefix', values } }
}

/** substring(column, 1, n) with a constant n. */
function leadingPart(e: Expression): { input: InputExpression; length: number } | undefined {
  if (e.kind !== 'call' || (e.function.name !== 'substring' && e.function.name !== 'substr'))
    return undefined
  const [text, from, count] = e.args
  const input = text === undefined ? undefined : textInput(text)
  if (input?.type.kind !== 'varchar' || from?.kind !== 'constant' || from.value !== 1n)
    return undefined
  if (count?.kind !== 'constant' || typeof count.value !== 'bigint' || count.value < 1n)
    return undefined
  return { input, length: Number(count.value) }
}

function likePredicate(args: readonly Expression[]): TextPredicate | undefined {
  const input = textInput(args[0]!)
  const pattern = textOf(args[1]!)
  const escapeWith = args[2] === undefined ? null : textOf(args[2])
  if (input?.type.kind !== 'varchar' || pattern === undefined || escapeWith === undefined)
    return undefined
  const values = likeParts(pattern, escapeWith)
  if (values === undefined || values.length > VALUES_MAX) return undefined
  return values.length === 1
    ? { input, test: { kind: 'equal', values } }
    : { input, test: { kind: 'like', values } }
}

/** The texts between the `%` of a pattern, empty ones at the ends included; undefined where it has `_` or is wrong. */
function likeParts(pattern: string, escapeWith: string | null): readonly Uint8Array[] | undefined {
  let parts: ReturnType<typeof parseLike>
  try {
    parts = parseLike(pattern, escapeWith ?? undefined)
  } catch {
    // Whoever evaluates the pattern raises its error, for the first row that has a value.
    return undefined
  }
  const values: string[] = ['']
  for (const part of parts) {
    if (part.kind === 'text') values[values.length - 1] = part.text
    else if (part.unbounded && part.min === 0) values.push('')
    else return undefined
  }
  return values.map(encode)
}
