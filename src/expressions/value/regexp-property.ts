import { unicodeBlock } from './unicode-blocks.js'

/** Sets of characters by the names that patterns give them, as operands of JavaScript's classes (flag v). */
const POSIX: Readonly<Record<string, string>> = {
  alpha: '\\p{Alphabetic}',
  digit: '\\p{Nd}',
  alnum: '[\\p{Alphabetic}\\p{Nd}]',
  upper: '\\p{Uppercase}',
  lower: '\\p{Lowercase}',
  punct: '\\p{P}',
  space: '\\p{White_Space}',
  blank: '[\\p{Zs}\\t]',
  xdigit: '[0-9a-fA-F]',
  cntrl: '\\p{Cc}',
  graph: '[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]',
  print: '[[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]\\p{Zs}]',
  word: '[\\p{L}\\p{M}\\p{N}\\p{Pc}]',
  ascii: '[\\x00-\\x7f]',
}

/** The set of `[:name:]`; undefined where there is none of the name. */
export const posixClass = (name: string): string | undefined => POSIX[name]

const known = new Map<string, string | undefined>()

/**
 * The set of `\p{name}`: POSIX classes, blocks (`InGreek`), general categories and scripts, in any case.
 * @source Joni CharacterProperty; Unicode Standard Annex 44
 */
export function propertyClass(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[ _-]/g, '')
  const posix = POSIX[plain]
  if (posix !== undefined) return posix
  const block = /^in(.*)$/i.exec(name)
  if (block !== null) {
    const set = unicodeBlock(block[1]!.toLowerCase())
    if (set !== undefined) return set
  }
  if (!known.has(name)) {
    if (known.size >= 1000) known.clear()
    known.set(name, unicodeClass(name))
  }
  return known.get(name)
}

function unicodeClass(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z _-]*$/.test(name)) return undefined
  const words = name.split(/[ _-]/).map((w) => w.charAt(0).toUpperCase() + w.slice(1).toLowerCase())
  const written = words.join('_')
  for (const property of ['General_Category', 'Script']) {
    const set = `\\p{${property}=${written}}`
    try {
      new RegExp(set, 'v')
      return set
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  return undefined
}
