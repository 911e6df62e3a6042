/** Whether a name is a pattern of files rather than the name of one. */
export const isGlob = (name: string): boolean => /[*?[{]/.test(name)

/**
 * Makes a test of one path segment from a pattern: `*` any text, `?` a character, `[a-z]` and `[!a-z]` one of a set,
 * `{a,b}` alternatives. Case does not count, as it doesn't in SQL names. No backtracking beyond what RegExp does for
 * `.*` sequences, which are merged.
 */
export function segmentMatcher(pattern: string): (name: string) => boolean {
  const test = new RegExp(`^${translate(pattern)}$`, 'isu')
  // What begins with a dot is hidden unless the pattern says so.
  return (name) => (name.startsWith('.') ? pattern.startsWith('.') : true) && test.test(name)
}

function translate(pattern: string): string {
  let source = ''
  let depth = 0
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!
    if (char === '*') {
      while (pattern[i + 1] === '*') i++
      source += '.*'
    } else if (char === '?') source += '.'
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2)
      if (end < 0) {
        source += '\\['
        continue
      }
      const set = pattern.slice(i + 1, end).replace(/[\\\]^]/g, '\\$&')
      source += set.startsWith('!') ? `[^${set.slice(1)}]` : `[${set}]`
      i = end
    } else if (char === '{' && pattern.includes('}', i)) {
      source += '(?:'
      depth++
    } else if (char === '}' && depth > 0) {
      source += ')'
      depth--
    } else if (char === ',' && depth > 0) source += '|'
    else source += char.replace(/[\\^$.*+?()[\]{}|/-]/u, '\\$&')
  }
  return source
}
