import { type JsonNode, jsonDouble, jsonString } from './json-node.js'

/**
 * Reads JSON texts as Trino does, token by token and no further than asked: of equal keys the first is found, what a path passes by
 * must be JSON, and what follows the value it leads to is never looked at. Positions count UTF-16 units; -1 and null
 * stand for what is no JSON or leads to nothing.
 * @source Trino JsonExtract, JsonFunctions
 */

/** A step of a path as keys and indexes of both kinds of container are looked up by it. */
export interface ScanStep {
  readonly key: string
  /** -1 where the key is no index of an array. */
  readonly index: number
}

/** @param path as parseJsonPath gives it */
export const scanSteps = (path: readonly string[]): readonly ScanStep[] =>
  path.map((key) => ({ key, index: /^\d+$/.test(key) ? Number(key) : -1 }))

const MAX_DEPTH = 1000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const isSpace = (unit: number): boolean => unit === 32 || unit === 10 || unit === 13 || unit === 9

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** Where the value begins that a path leads to. */
function findValue(text: string, steps: readonly ScanStep[]): number {
  let at = skipSpace(text, 0)
  for (const { key, index } of steps) {
    let left = index
    at = eachMember(text, at, 0, (valueAt, keyAt) => {
      const isFound = keyAt < 0 ? left-- === 0 : isKey(text, keyAt, valueAt, key)
      return isFound ? FOUND : skipValue(text, valueAt, 1)
    }).found
    if (at < 0) return -1
  }
  return at
}

/** What going through the members of a container came to; all -1 for what is no container, or no JSON. */
interface Members {
  /** Where the value begins that was looked for; -1 where there is none. */
  readonly found: number
  /** How many there are, and the position behind the container, where it was read to its end. */
  readonly count: number
  readonly end: number
}

const NO_MEMBERS: Members = { found: -1, count: -1, end: -1 }
const FOUND = -2

/**
 * Goes through the members of the container that begins at a position.
 * @param read gets where a value begins and where its key does, -1 in an array; it gives the position behind the value, -1 for no
 * JSON, or FOUND
 */
function eachMember(
  text: string,
  from: number,
  depth: number,
  read: (valueAt: number, keyAt: number) => number,
): Members {
  const opening = text.charCodeAt(from)
  const isArray = opening === OPEN_ARRAY
  if ((!isArray && opening !== OPEN_OBJECT) || depth > MAX_DEPTH) return NO_MEMBERS
  const closing = isArray ? CLOSE_ARRAY : CLOSE_OBJECT
  let at = skipSpace(text, from + 1)
  if (text.charCodeAt(at) === closing) return { found: -1, count: 0, end: at + 1 }
  for (let count = 1; ; count++) {
    const keyAt = isArray ? -1 : at
    const valueAt = isArray ? at : skipKey(text, at)
    if (valueAt < 0) return NO_MEMBERS
    at = read(valueAt, keyAt)
    if (at === FOUND) return { found: valueAt, count: -1, end: -1 }
    if (at < 0) return NO_MEMBERS
    at = skipSpace(text, at)
    const unit = text.charCodeAt(at)
    if (unit === closing) return { found: -1, count, end: at + 1 }
    if (unit !== COMMA) return NO_MEMBERS
    at = skipSpace(text, at + 1)
  }
}

const membersOf = (text: string, at: number, depth: number): Members =>
  eachMember(text, at, depth, (valueAt) => skipValue(text, valueAt, depth + 1))

/** @returns where the value begins */
function skipKey(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1
  const end = skipString(text, from)
  if (end < 0) return -1
  const at = skipSpace(text, end)
  return text.charCodeAt(at) === COLON ? skipSpace(text, at + 1) : -1
}

/** @returns the position behind a value, which is all read */
function skipValue(text: string, at: number, depth: number): number {
  if (depth > MAX_DEPTH) return -1
  switch (text.charCodeAt(at)) {
    case OPEN_OBJECT:
    case OPEN_ARRAY:
      return membersOf(text, at, depth).end
    case QUOTE:
      return skipString(text, at)
    default:
      return skipPlain(text, at, false)
  }
}

const ESCAPED = '"\\/bfnrt'
const HEX = /[0-9a-fA-F]{4}/y

function skipString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) return at + 1
    if (unit < 32) return -1
    if (unit !== BACKSLASH) continue
    at++
    if (text[at] === 'u') {
      HEX.lastIndex = at + 1
      if (!HEX.test(text)) return -1
      at += 4
    } else if (at >= text.length || !ESCAPED.includes(text[at]!)) return -1
  }
  return -1
}

/** The value of a string whose quotes are at `from` and before `end`. */
function stringAt(text: string, from: number, end: number): string {
  const inner = text.slice(from + 1, end - 1)
  return inner.includes('\\') ? (JSON.parse(text.slice(from, end)) as string) : inner
}

/** Tells whether the key before a value is the wanted one. */
function isKey(text: string, from: number, valueAt: number, key: string): boolean {
  if (text.startsWith(key, from + 1) && text.charCodeAt(from + 1 + key.length) === QUOTE) {
    return !key.includes('\\') && !key.includes('"')
  }
  if (!text.slice(from, valueAt).includes('\\')) return false
  return stringAt(text, from, skipString(text, from)) === key
}

/** No part ends before a digit, and none of a fraction or exponent is left out. */
const NUMBER = /-?(?:0|[1-9]\d*)(?!\d)(?:\.\d+(?!\d)|(?!\.))(?:[eE][+-]?\d+(?!\d)|(?![eE]))/y
const WORD = /(?:true|false|null)(?![0-9A-Za-z_\u0080-\uffff])/y

/** A number or a word. At the root a number ends with the text or before a space. */
function skipPlain(text: string, at: number, isRoot: boolean): number {
  NUMBER.lastIndex = at
  if (NUMBER.test(text)) {
    const end = NUMBER.lastIndex
    return !isRoot || end === text.length || isSpace(text.charCodeAt(end)) ? end : -1
  }
  WORD.lastIndex = at
  return WORD.test(text) ? WORD.lastIndex : -1
}

/** The scalar at a position, a string as it is and other texts as they are written; null for a container and JSON's null. */
function scalarTextAt(text: string, at: number, isRoot: boolean): string | null {
  if (text.charCodeAt(at) === QUOTE) {
    const end = skipString(text, at)
    return end < 0 ? null : stringAt(text, at, end)
  }
  const end = skipPlain(text, at, isRoot)
  const written = end < 0 ? null : text.slice(at, end)
  return written === 'null' ? null : written
}

/** Where the first value of a text begins and ends; the end is -1 where it is no JSON. */
export function firstValue(text: string): readonly [number, number] {
  const from = skipSpace(text, 0)
  const unit = text.charCodeAt(from)
  const isPlain = unit !== QUOTE && unit !== OPEN_ARRAY && unit !== OPEN_OBJECT
  return [from, isPlain ? skipPlain(text, from, true) : skipValue(text, from, 0)]
}

/** The text of the scalar that a path leads to: strings without quotes, numbers as they are written. O(length). */
export function scalarAt(text: string, steps: readonly ScanStep[]): string | null {
  const at = findValue(text, steps)
  return at < 0 ? null : scalarTextAt(text, at, steps.length === 0)
}

/** How many elements, or keys, the container has that a path leads to; 0 of a scalar. */
export function sizeAt(text: string, steps: readonly ScanStep[]): bigint | null {
  const at = findValue(text, steps)
  if (at < 0) return null
  const unit = text.charCodeAt(at)
  if (unit === OPEN_ARRAY || unit === OPEN_OBJECT) {
    const { count } = membersOf(text, at, 0)
    return count < 0 ? null : BigInt(count)
  }
  // A string is not read to its end.
  return unit === QUOTE || skipPlain(text, at, steps.length === 0) >= 0 ? 0n : null
}

/** As {@link sizeAt}, of arrays only. */
export function arrayLengthAt(text: string, steps: readonly ScanStep[]): bigint | null {
  const at = findValue(text, steps)
  return at < 0 || text.charCodeAt(at) !== OPEN_ARRAY ? null : sizeAt(text, steps)
}

/** The value that a path leads to as compact JSON: keys in their order, each as often as it is there. */
export function jsonAt(text: string, steps: readonly ScanStep[]): string | null {
  const at = findValue(text, steps)
  if (at < 0) return null
  const parts: string[] = []
  return copyValue(text, at, 0, steps.length === 0, parts) < 0 ? null : parts.join('')
}

function copyValue(
  text: string,
  at: number,
  depth: number,
  isRoot: boolean,
  parts: string[],
): number {
  const unit = text.charCodeAt(at)
  if (unit === QUOTE) {
    const end = skipString(text, at)
    if (end >= 0) parts.push(jsonString(stringAt(text, at, end)))
    return end
  }
  if (unit !== OPEN_ARRAY && unit !== OPEN_OBJECT) {
    const end = skipPlain(text, at, isRoot)
    if (end >= 0) parts.push(plainText(text.slice(at, end)))
    return end
  }
  const isArray = unit === OPEN_ARRAY
  let before = isArray ? '[' : '{'
  const { end, count } = eachMember(text, at, depth, (valueAt, keyAt) => {
    parts.push(before)
    before = ','
    if (!isArray) parts.push(jsonString(stringAt(text, keyAt, skipString(text, keyAt))), ':')
    return copyValue(text, valueAt, depth + 1, false, parts)
  })
  parts.push(count === 0 ? before : '', isArray ? ']' : '}')
  return end
}

const plainText = (written: string): string => {
  const node = plainNode(written)
  return typeof node === 'number' ? jsonDouble(node) : String(node)
}

function plainNode(written: string): JsonNode {
  if (written === 'null') return null
  if (written === 'true' || written === 'false') return written === 'true'
  return /[.eE]/.test(written) ? Number(written) : BigInt(written)
}

/** The element of an array, counted from the end where negative: a scalar's text, JSON of a container. */
export function elementAt(text: string, index: bigint): string | null {
  let place = index
  if (place < 0n) {
    const count = arrayLengthAt(text, [])
    if (count === null) return null
    place += count
  }
  if (place < 0n || text.charCodeAt(skipSpace(text, 0)) !== OPEN_ARRAY) return null
  const steps = [{ key: '', index: Number(place) }]
  const at = findValue(text, steps)
  if (at < 0) return null
  const unit = text.charCodeAt(at)
  const isContainer = unit === OPEN_ARRAY || unit === OPEN_OBJECT
  return isContainer ? jsonAt(text, steps) : scalarTextAt(text, at, false)
}

/** Tells whether a scalar among an array's elements is what `test` looks for; null where it is no array. */
export function someElement(text: string, test: (element: JsonNode) => boolean): boolean | null {
  const from = skipSpace(text, 0)
  if (text.charCodeAt(from) !== OPEN_ARRAY) return null
  const { found, end } = eachMember(text, from, 0, (at) => {
    const after = skipValue(text, at, 1)
    const unit = text.charCodeAt(at)
    if (after < 0 || unit === OPEN_ARRAY || unit === OPEN_OBJECT) return after
    const node = unit === QUOTE ? stringAt(text, at, after) : plainNode(text.slice(at, after))
    return test(node) ? FOUND : after
  })
  return found >= 0 ? true : end >= 0 ? false : null
}
