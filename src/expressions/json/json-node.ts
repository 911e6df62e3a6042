import { javaDoubleText } from '../../values/number-text.js'
import { invalidArgument } from '../errors.js'
import { compareStrings } from '../value/comparison.js'

/** A JSON value: integers are bigint, numbers with a fraction or an exponent doubles, objects maps in order of text. */
export type JsonNode = null | boolean | string | bigint | number | JsonNode[] | JsonObject
export type JsonObject = Map<string, JsonNode>

interface Reader {
  readonly text: string
  at: number
}

class JsonSyntaxError extends Error {}

const fail = (reader: Reader): never => {
  throw new JsonSyntaxError(`JSON at ${reader.at}`)
}

const MAX_DEPTH = 1000

/**
 * Reads one JSON text (RFC 8259) with nothing after it. Of equal keys the last wins.
 * @returns undefined where it is no JSON.
 */
export function readJson(text: string): JsonNode | undefined {
  const reader: Reader = { text, at: 0 }
  try {
    const node = readValue(reader, 0)
    skipSpace(reader)
    return reader.at === text.length ? node : undefined
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

function skipSpace(reader: Reader): void {
  const { text } = reader
  for (;;) {
    const unit = text.charCodeAt(reader.at)
    if (unit !== 32 && unit !== 10 && unit !== 13 && unit !== 9) return
    reader.at++
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y

function match(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)
  if (found !== null) reader.at += found[0].length
  return found
}

function readValue(reader: Reader, depth: number): JsonNode {
  skipSpace(reader)
  if (depth > MAX_DEPTH) fail(reader)
  const first = reader.text[reader.at]
  if (first === '{') return readObject(reader, depth)
  if (first === '[') return readArray(reader, depth)
  if (first === '"') return readString(reader)
  const number = match(reader, NUMBER)
  if (number !== null) {
    const isWhole = number[1] === undefined && number[2] === undefined
    return isWhole ? BigInt(number[0]) : Number(number[0])
  }
  const word = match(reader, WORD)
  if (word === null) return fail(reader)
  return word[0] === 'null' ? null : word[0] === 'true'
}

function readString(reader: Reader): string {
  const found = match(reader, STRING)
  if (found === null) return fail(reader)
  return JSON.parse(found[0]) as string
}

function expect(reader: Reader, character: string): void {
  skipSpace(reader)
  if (reader.text[reader.at] !== character) fail(reader)
  reader.at++
}

function readArray(reader: Reader, depth: number): JsonNode[] {
  const items: JsonNode[] = []
  reader.at++
  skipSpace(reader)
  if (reader.text[reader.at] === ']') {
    reader.at++
    return items
  }
  for (;;) {
    items.push(readValue(reader, depth + 1))
    skipSpace(reader)
    if (reader.text[reader.at] !== ',') break
    reader.at++
  }
  expect(reader, ']')
  return items
}

function readObject(reader: Reader, depth: number): JsonObject {
  const object: JsonObject = new Map()
  reader.at++
  skipSpace(reader)
  if (reader.text[reader.at] === '}') {
    reader.at++
    return object
  }
  for (;;) {
    skipSpace(reader)
    const key = readString(reader)
    expect(reader, ':')
    object.set(key, readValue(reader, depth + 1))
    skipSpace(reader)
    if (reader.text[reader.at] !== ',') break
    reader.at++
  }
  expect(reader, '}')
  return object
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** A string as Jackson writes it: control characters and everything beyond the basic plane are escaped. */
export const jsonString = (text: string): string =>
  `"${text.replace(/["\\\0-\x1f\ud800-\udfff]/g, (c) => ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)}"`

/** Writes compact JSON. With `sorted`, keys are in order of code points: the canonical text of the JSON type. */
export function writeJson(node: JsonNode, sorted = true): string {
  if (node === null) return 'null'
  switch (typeof node) {
    case 'string':
      return jsonString(node)
    case 'number':
      return jsonDouble(node)
    case 'bigint':
    case 'boolean':
      return node.toString()
  }
  if (Array.isArray(node)) return `[${node.map((item) => writeJson(item, sorted)).join(',')}]`
  const entries = [...node]
  if (sorted) entries.sort(([a], [b]) => compareStrings(a, b))
  return `{${entries.map(([key, item]) => `${jsonString(key)}:${writeJson(item, sorted)}`).join(',')}}`
}

/** A double as JSON: NaN and the infinities are strings. */
export const jsonDouble = (value: number): string =>
  Number.isFinite(value) ? javaDoubleText(value) : `"${javaDoubleText(value)}"`

const parsed = new Map<string, JsonNode>()

/** The node of a JSON carrier. @throws INVALID_FUNCTION_ARGUMENT for what json_array_get made of a string. Small texts are kept for their next use. */
export function nodeOfJson(text: string): JsonNode {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const node = readJson(text)
  if (node === undefined) return invalidArgument(`Cannot convert value to JSON: '${text}'`)
  if (text.length < 256) {
    if (parsed.size > 1000) parsed.clear()
    parsed.set(text, node)
  }
  return node
}
