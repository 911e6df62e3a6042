/**
 * Finds the scalar that a path leads to in a JSON text without making a tree of it: what the path passes by is checked and
 * skipped. The grammar is that of readJson in json-node.ts, to which a test holds it.
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
const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Where scanning is, and what it has found. Functions give the position behind what they read, or -1 where it is no JSON. */
interface Scan {
  readonly text: string
  readonly steps: readonly ScanStep[]
  found: string | null
}

/**
 * The text of a scalar: strings without quotes, numbers as they are written.
 * @returns null where the path leads to nothing, to null or to a container, and where the text is no JSON. O(length).
 * @source Trino JsonExtract, ScalarValueJsonExtractor
 */
export function scalarAt(text: string, steps: readonly ScanStep[]): string | null {
  const scan: Scan = { text, steps, found: null }
  const end = readValue(scan, 0, 0, 0)
  return end >= 0 && skipSpace(text, end) === text.length ? scan.found : null
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (;;) {
    const unit = text.charCodeAt(at)
    if (unit !== 32 && unit !== 10 && unit !== 13 && unit !== 9) return at
    at++
  }
}

const OFF_PATH = -1

/** @param step the step that this value is looked up by next; as many as there are: the value is what is wanted; or OFF_PATH */
function readValue(scan: Scan, from: number, depth: number, step: number): number {
  if (depth > MAX_DEPTH) return -1
  const { text } = scan
  const at = skipSpace(text, from)
  const wanted = step === scan.steps.length
  switch (text.charCodeAt(at)) {
    case OPEN_OBJECT:
      return readObject(scan, at + 1, depth, wanted ? OFF_PATH : step)
    case OPEN_ARRAY:
      return readArray(scan, at + 1, depth, wanted ? OFF_PATH : step)
    case QUOTE: {
      const end = skipString(text, at)
      if (wanted && end >= 0) scan.found = stringAt(text, at, end)
      return end
    }
    default: {
      const end = skipNumber(text, at)
      if (end < 0) return skipWord(scan, at, wanted)
      if (wanted) scan.found = text.slice(at, end)
      return end
    }
  }
}

function readObject(scan: Scan, from: number, depth: number, step: number): number {
  const { text } = scan
  const wanted = step === OFF_PATH ? undefined : scan.steps[step]!.key
  let at = skipSpace(text, from)
  if (text.charCodeAt(at) === CLOSE_OBJECT) return at + 1
  for (;;) {
    at = skipSpace(text, at)
    if (text.charCodeAt(at) !== QUOTE) return -1
    const end = skipString(text, at)
    if (end < 0) return -1
    const isWanted = wanted !== undefined && isKey(text, at, end, wanted)
    at = skipSpace(text, end)
    if (text.charCodeAt(at) !== COLON) return -1
    // Of equal keys the last wins, whatever the others led to.
    if (isWanted) scan.found = null
    at = readValue(scan, at + 1, depth + 1, isWanted ? step + 1 : OFF_PATH)
    if (at < 0) return -1
    at = skipSpace(text, at)
    const unit = text.charCodeAt(at)
    if (unit === CLOSE_OBJECT) return at + 1
    if (unit !== COMMA) return -1
    at++
  }
}

function readArray(scan: Scan, from: number, depth: number, step: number): number {
  const { text } = scan
  const wanted = step === OFF_PATH ? -1 : scan.steps[step]!.index
  let at = skipSpace(text, from)
  if (text.charCodeAt(at) === CLOSE_ARRAY) return at + 1
  for (let index = 0; ; index++) {
    at = readValue(scan, at, depth + 1, index === wanted ? step + 1 : OFF_PATH)
    if (at < 0) return -1
    at = skipSpace(text, at)
    const unit = text.charCodeAt(at)
    if (unit === CLOSE_ARRAY) return at + 1
    if (unit !== COMMA) return -1
    at++
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

function isKey(text: string, from: number, end: number, key: string): boolean {
  if (end - from - 2 === key.length && text.startsWith(key, from + 1) && !key.includes('\\')) {
    return true
  }
  // A key with escapes is longer than what it stands for.
  const first = text.charCodeAt(from + 1)
  if (first !== BACKSLASH && first !== key.charCodeAt(0)) return false
  return end - from - 2 > key.length && stringAt(text, from, end) === key
}

const isDigit = (unit: number): boolean => unit >= ZERO && unit <= NINE

function skipDigits(text: string, from: number): number {
  let at = from
  while (isDigit(text.charCodeAt(at))) at++
  return at
}

/** Fractions and exponents without digits end the number before them, which is then no JSON by what follows. */
function skipNumber(text: string, from: number): number {
  let at = text.charCodeAt(from) === MINUS ? from + 1 : from
  if (!isDigit(text.charCodeAt(at))) return -1
  at = text.charCodeAt(at) === ZERO ? at + 1 : skipDigits(text, at)
  if (text.charCodeAt(at) === DOT && isDigit(text.charCodeAt(at + 1))) at = skipDigits(text, at + 1)
  if ((text.charCodeAt(at) | 32) !== 0x65) return at
  const sign = text.charCodeAt(at + 1)
  const digits = sign === PLUS || sign === MINUS ? at + 2 : at + 1
  return isDigit(text.charCodeAt(digits)) ? skipDigits(text, digits) : at
}

function skipWord(scan: Scan, at: number, wanted: boolean): number {
  for (const word of ['true', 'false', 'null']) {
    if (!scan.text.startsWith(word, at)) continue
    if (wanted) scan.found = word === 'null' ? null : word
    return at + word.length
  }
  return -1
}
