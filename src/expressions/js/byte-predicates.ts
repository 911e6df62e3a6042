import { type Block, type BytesBlock, isValid } from '../../spi/page/block.js'
import type { Expression } from '../ir.js'
import { parseLike } from '../value/like.js'

/** 1 where true, 0 where false, -1 where NULL. */
export type BytesTest = (block: Block, position: number) => number

export interface BytesPredicate {
  readonly channel: number
  readonly test: BytesTest
}

type Matcher = (bytes: Uint8Array, start: number, end: number) => boolean

const isTextInput = (e: Expression | undefined): e is Extract<Expression, { kind: 'input' }> =>
  e?.kind === 'input' && e.type.kind === 'varchar'

/** The matcher of an expression over the UTF-8 bytes of one channel and constants; undefined for any other. */
export function bytesPredicate(expression: Expression): BytesPredicate | undefined {
  switch (expression.kind) {
    case 'comparison': {
      const { operator, left, right } = expression
      if (operator !== '=' && operator !== '<>') return undefined
      const [input, other] = isTextInput(left) ? [left, right] : [right, left]
      if (!isTextInput(input) || typeof textOf(other) !== 'string') return undefined
      const equal = equalTo(textOf(other)!)
      const matcher: Matcher =
        operator === '=' ? equal : (bytes, start, end) => !equal(bytes, start, end)
      return { channel: input.channel, test: testOf(matcher) }
    }
    case 'in': {
      const texts = expression.list.map(textOf)
      if (!isTextInput(expression.value) || texts.includes(undefined) || texts.length > 8) {
        return undefined
      }
      const matchers = texts.map((text) => equalTo(text!))
      const matcher: Matcher = (bytes, start, end) => {
        for (const one of matchers) if (one(bytes, start, end)) return true
        return false
      }
      return { channel: expression.value.channel, test: testOf(matcher) }
    }
    case 'call':
      return callPredicate(expression)
    default:
      return undefined
  }
}

const textOf = (e: Expression | undefined): string | undefined =>
  e?.kind === 'constant' && typeof e.value === 'string' ? e.value : undefined

function callPredicate(call: Extract<Expression, { kind: 'call' }>): BytesPredicate | undefined {
  const [value, second, third] = call.args
  const text = textOf(second)
  if (!isTextInput(value) || text === undefined) return undefined
  if (call.function.name === 'starts_with') {
    return { channel: value.channel, test: testOf(prefix(Buffer.from(text))) }
  }
  if (call.function.name !== '$like') return undefined
  const escapeWith = textOf(third)
  if (third !== undefined && escapeWith === undefined) return undefined
  const matcher = likeBytes(text, escapeWith)
  return matcher && { channel: value.channel, test: testOf(matcher) }
}

const equalsAt = (bytes: Uint8Array, at: number, wanted: Uint8Array): boolean => {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}

function equalTo(text: string): Matcher {
  const wanted = Buffer.from(text)
  return (bytes, start, end) => end - start === wanted.length && equalsAt(bytes, start, wanted)
}

const prefix =
  (wanted: Uint8Array): Matcher =>
  (bytes, start, end) =>
    end - start >= wanted.length && equalsAt(bytes, start, wanted)

/**
 * LIKE with texts between `%` only: each is searched after the one before, first and last at their ends. `_` stands for
 * a code point, which bytes do not show: those patterns give undefined and run over strings. An invalid pattern too, so
 * that it fails where it is evaluated.
 */
function likeBytes(pattern: string, escapeWith: string | undefined): Matcher | undefined {
  let parts: ReturnType<typeof parseLike>
  try {
    parts = parseLike(pattern, escapeWith)
  } catch {
    return undefined
  }
  if (parts.some((part) => part.kind === 'any' && part.min > 0)) return undefined
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [Buffer.from(part.text)] : []))
  const first = parts[0]?.kind === 'text' ? texts.shift() : undefined
  if (first !== undefined && parts.length === 1) {
    return (bytes, start, end) => end - start === first.length && equalsAt(bytes, start, first)
  }
  if (parts.length === 0) return (_, start, end) => start === end
  const last = parts.at(-1)!.kind === 'text' ? texts.pop() : undefined
  return (bytes, start, end) => {
    let from = start
    let to = end
    if (first !== undefined) {
      if (to - from < first.length || !equalsAt(bytes, from, first)) return false
      from += first.length
    }
    if (last !== undefined) {
      to -= last.length
      if (to < from || !equalsAt(bytes, to, last)) return false
    }
    for (const text of texts) {
      const found = indexOf(bytes, text, from, to)
      if (found < 0) return false
      from = found + text.length
    }
    return true
  }
}

/** The first place of `wanted` in bytes[from, to). */
function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number, to: number): number {
  const head = wanted[0]!
  const stop = to - wanted.length
  for (let i = from; i <= stop; i++) {
    if (bytes[i] === head && equalsAt(bytes, i, wanted)) return i
  }
  return -1
}

function testOf(matcher: Matcher): BytesTest {
  return (block, position) => {
    if (block.encoding === 'constant') return flatTest(block.value as BytesBlock, 0, matcher)
    if (block.encoding === 'dictionary') {
      if (!isValid(block.validity, position)) return -1
      return flatTest(block.dictionary as BytesBlock, block.codes[position]!, matcher)
    }
    return flatTest(block as BytesBlock, position, matcher)
  }
}

function flatTest(flat: BytesBlock, position: number, matcher: Matcher): number {
  // A block of nulls only has no bytes.
  if (flat.storage !== 'bytes' || !isValid(flat.validity, position)) return -1
  return matcher(flat.bytes, flat.offsets[position]!, flat.offsets[position + 1]!) ? 1 : 0
}
