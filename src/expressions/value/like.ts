import { invalidArgument } from '../errors.js'

/** A part of a LIKE pattern: literal text, or a run of wildcards that stands for `min` code points or more. */
type LikePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any'; readonly min: number; readonly unbounded: boolean }

/**
 * Takes a pattern apart: `%` any text, `_` one code point, the escape character makes the next of `%`, `_` and itself
 * literal. Adjacent wildcards become one part.
 * @throws INVALID_FUNCTION_ARGUMENT for an escape that is not one character or that escapes something else
 */
export function parseLike(pattern: string, escapeWith?: string): readonly LikePart[] {
  if (escapeWith !== undefined && [...escapeWith].length !== 1) {
    invalidArgument('Escape string must be a single character')
  }
  const parts: LikePart[] = []
  let text = ''
  let wild: { min: number; unbounded: boolean } | undefined
  const flushText = () => {
    if (text !== '') parts.push({ kind: 'text', text })
    text = ''
  }
  const flushWild = () => {
    if (wild !== undefined) parts.push({ kind: 'any', ...wild })
    wild = undefined
  }
  let escaped = false
  for (const character of pattern) {
    if (escaped) {
      if (character !== '%' && character !== '_' && character !== escapeWith) badEscape()
      flushWild()
      text += character
      escaped = false
    } else if (character === escapeWith) {
      escaped = true
    } else if (character === '%' || character === '_') {
      flushText()
      wild ??= { min: 0, unbounded: false }
      if (character === '%') wild.unbounded = true
      else wild.min++
    } else {
      flushWild()
      text += character
    }
  }
  if (escaped) badEscape()
  flushText()
  flushWild()
  return parts
}

function badEscape(): never {
  return invalidArgument(
    "Escape character must be followed by '%', '_' or the escape character itself",
  )
}

export type LikeMatcher = (text: string) => boolean

/**
 * Makes a matcher of whole texts. Common shapes (equal, prefix, suffix, contains) are direct searches; the general one
 * tries segments between `%` leftmost first, which never has to go back past a `%`: O(text × segment) at worst.
 */
export function likeMatcher(pattern: string, escapeWith?: string): LikeMatcher {
  const parts = parseLike(pattern, escapeWith)
  const simple = simpleMatcher(parts)
  return simple ?? segmentMatcher(parts)
}

function simpleMatcher(parts: readonly LikePart[]): LikeMatcher | undefined {
  const free = (part: LikePart) => part.kind === 'any' && part.unbounded && part.min === 0
  const [first, second, third] = parts
  if (first === undefined) return (text) => text === ''
  if (parts.length === 1) {
    if (first.kind === 'text') return (text) => text === first.text
    if (free(first)) return () => true
  }
  if (parts.length === 2 && first.kind === 'text' && free(second!)) {
    return (text) => text.startsWith(first.text)
  }
  if (parts.length === 2 && free(first) && second!.kind === 'text') {
    const { text: suffix } = second as { text: string }
    return (text) => text.endsWith(suffix)
  }
  if (parts.length === 3 && free(first) && second!.kind === 'text' && free(third!)) {
    const { text: infix } = second as { text: string }
    return (text) => text.includes(infix)
  }
  return undefined
}

/** What stands between two `%`: code points, undefined for `_`. */
type Segment = readonly (string | undefined)[]

function segmentMatcher(parts: readonly LikePart[]): LikeMatcher {
  const segments: (string | undefined)[][] = [[]]
  for (const part of parts) {
    const last = segments.at(-1)!
    if (part.kind === 'text') last.push(...part.text)
    else {
      for (let i = 0; i < part.min; i++) last.push(undefined)
      if (part.unbounded) segments.push([])
    }
  }
  const head = segments[0]!
  const tail = segments.at(-1)!
  const middle = segments.slice(1, -1)
  return (text) => {
    const points = [...text]
    if (segments.length === 1) {
      return points.length === head.length && matchesAt(points, 0, head)
    }
    if (points.length < head.length + tail.length || !matchesAt(points, 0, head)) return false
    const end = points.length - tail.length
    if (!matchesAt(points, end, tail)) return false
    let from = head.length
    for (const segment of middle) {
      while (from + segment.length <= end && !matchesAt(points, from, segment)) from++
      if (from + segment.length > end) return false
      from += segment.length
    }
    return true
  }
}

function matchesAt(points: readonly string[], at: number, segment: Segment): boolean {
  for (let i = 0; i < segment.length; i++) {
    const wanted = segment[i]
    if (wanted !== undefined && points[at + i] !== wanted) return false
  }
  return true
}
