/** Strings by code points. Offsets are UTF-16 units; most strings have none beyond the basic plane. */
const HAS_SURROGATE = /[\ud800-\udfff]/

export function codePointCount(text: string): number {
  if (!HAS_SURROGATE.test(text)) return text.length
  let count = 0
  for (let i = 0; i < text.length; i++) {
    if (isPair(text, i)) i++
    count++
  }
  return count
}

const isPair = (text: string, i: number): boolean => {
  const unit = text.charCodeAt(i)
  if (unit < 0xd800 || unit > 0xdbff || i + 1 >= text.length) return false
  const next = text.charCodeAt(i + 1)
  return next >= 0xdc00 && next <= 0xdfff
}

/** The UTF-16 offset of code point `index` from the start; the length where there are fewer. */
export function offsetOfCodePoint(text: string, index: number): number {
  if (!HAS_SURROGATE.test(text)) return Math.min(index, text.length)
  let offset = 0
  for (let i = 0; i < index && offset < text.length; i++) offset += isPair(text, offset) ? 2 : 1
  return offset
}

/** The first `count` code points. */
export const truncate = (text: string, count: number): string =>
  text.length <= count ? text : text.slice(0, offsetOfCodePoint(text, count))

/** Without trailing blanks: the carrier of a CHAR. */
export function trimBlanks(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--
  return text.slice(0, end)
}

/** A CHAR(length) as it prints: padded with blanks. */
export const padChar = (text: string, length: number): string =>
  text + ' '.repeat(Math.max(0, length - codePointCount(text)))
