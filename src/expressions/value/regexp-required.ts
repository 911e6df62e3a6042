/** Texts that every match of a pattern contains, by which texts are ruled out without running the pattern. */

/** Signs that mean themselves wherever they stand outside of a class. */
const LITERAL = /[A-Za-z0-9 ,;:!@#%&=<>~"'`/_-]/
/** Escapes that stand for one character, of several or one. */
const ONE_CHARACTER = /[dDwWsShHvVNnrtfaeR]/
const ESCAPED_SIGN = /[.*+?^$(){}[\]|\\/-]/
const SHORTEST = 2

interface Reading {
  readonly pattern: string
  at: number
}

/**
 * The texts that each match contains, in this order and without overlap; empty where none is sure. A pattern is read only as
 * far as there is no doubt what it means: none with alternatives, flags or lookaround, in which a part may be absent
 * or written in another case.
 * @param pattern one that compiles, in Java's syntax
 */
export function requiredTexts(pattern: string): readonly string[] {
  // `(?` begins flags, lookaround and groups with names.
  if (/\||\(\?/.test(pattern)) return []
  const reading: Reading = { pattern, at: 0 }
  const texts: string[] = []
  let text = ''
  const end = () => {
    if (text.length >= SHORTEST) texts.push(text)
    text = ''
  }
  while (reading.at < pattern.length) {
    const part = readPart(reading)
    if (part === undefined) return []
    const { isOptional, isRepeated } = readQuantifiers(reading)
    if (part !== null && !isOptional) text += part
    if (part === null || isOptional || isRepeated) end()
  }
  end()
  return texts
}

/** Reads one part: a character that means itself, null for anything else; undefined where its end is in doubt. */
function readPart(reading: Reading): string | null | undefined {
  const first = reading.pattern[reading.at++]!
  switch (first) {
    case '\\': {
      const escaped = reading.pattern[reading.at++] ?? ''
      if (ESCAPED_SIGN.test(escaped)) return escaped
      return ONE_CHARACTER.test(escaped) || escaped === 'b' ? null : undefined
    }
    case '[':
      return skipClass(reading) ? null : undefined
    case '(':
      return skipGroup(reading) ? null : undefined
    case '.':
    case '^':
    case '$':
      return null
    default:
      return LITERAL.test(first) ? first : undefined
  }
}

/** Skips what is left of a class without others inside; false where it is of another form. */
function skipClass(reading: Reading): boolean {
  const rest = /^(?:\^|(?!\^))(?:[^\][\\&]|\\[^QExucpP0-9])+\]/.exec(
    reading.pattern.slice(reading.at),
  )
  if (rest === null) return false
  reading.at += rest[0].length
  return true
}

/** Skips what is left of a group; false where a part of it is in doubt. */
function skipGroup(reading: Reading): boolean {
  while (reading.at < reading.pattern.length) {
    if (reading.pattern[reading.at] === ')') {
      reading.at++
      return true
    }
    if (readPart(reading) === undefined) return false
    readQuantifiers(reading)
  }
  return false
}

const QUANTIFIERS = /^(?:[*+?]|\{\d+(?:,\d*)?\})+/

/** Reads the quantifiers after a part: whether it may be absent, or be there more than once. */
function readQuantifiers(reading: Reading): { isOptional: boolean; isRepeated: boolean } {
  const found = QUANTIFIERS.exec(reading.pattern.slice(reading.at))
  if (found === null) return { isOptional: false, isRepeated: false }
  reading.at += found[0].length
  // After a plus only another quantifier than that which makes it lazy or possessive could take its place.
  return { isOptional: !/^\+[?+]?$/.test(found[0]), isRepeated: true }
}
