import { invalidArgument } from '../errors.js'
import { type Captures, searchProgram } from './regexp-machine.js'
import { compileProgram, type RegexpProgram } from './regexp-program.js'

/**
 * Regular expressions in Java's syntax, translated to JavaScript's. What JavaScript cannot express (possessive
 * quantifiers, flags inside the pattern) is refused. A search whose backtracking could take long is left to a machine
 * that reads every character once.
 */
export interface CompiledPattern {
  /** With flags g and u; callers reset lastIndex. */
  readonly regexp: RegExp
  readonly groupCount: number
  /** Absent for patterns with lookaround or backreferences: those only backtracking can match. */
  readonly program: RegexpProgram | undefined
}

const compiled = new Map<string, CompiledPattern>()
const MAX_COMPILED = 1000

/** @throws INVALID_FUNCTION_ARGUMENT for what is no pattern */
export function compilePattern(pattern: string): CompiledPattern {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  let regexp: RegExp
  let groupCount: number
  try {
    regexp = translate(pattern)
    groupCount = new RegExp(`${regexp.source}|`, regexp.flags).exec('')!.length - 1
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return invalidArgument(`Invalid regular expression: ${pattern}`)
  }
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  const result = { regexp, groupCount, program: compileProgram(regexp.source, regexp.flags) }
  compiled.set(pattern, result)
  return result
}

/** Steps that backtracking, which is compiled to machine code, may need before the machine is the better choice. */
const MAX_BACKTRACKING = 2 ** 24

/** The machine, where one can be used and backtracking could need too many steps. */
function machineFor({ program }: CompiledPattern, text: string): RegexpProgram | undefined {
  if (program?.choices !== undefined && text.length ** (program.choices + 1) <= MAX_BACKTRACKING) {
    return undefined
  }
  return program
}

/** Tells whether a pattern matches anywhere in a text. */
export function matchesPattern(pattern: CompiledPattern, text: string): boolean {
  const program = machineFor(pattern, text)
  if (program !== undefined) return searchProgram(program, text, 0) !== undefined
  pattern.regexp.lastIndex = 0
  return pattern.regexp.test(text)
}

/** The matches of a pattern in a text, from the left, none overlapping another. */
export function allMatches(pattern: CompiledPattern, text: string): Iterable<RegExpMatchArray> {
  const program = machineFor(pattern, text)
  if (program !== undefined) return machineMatches(program, text)
  pattern.regexp.lastIndex = 0
  return text.matchAll(pattern.regexp)
}

function* machineMatches(program: RegexpProgram, text: string): Generator<RegExpMatchArray> {
  for (let from = 0; from <= text.length; ) {
    const captures = searchProgram(program, text, from)
    if (captures === undefined) return
    yield matchArray(program, text, captures)
    const [start, end] = captures as readonly [number, number]
    from = end > start ? end : end + (text.codePointAt(end)! > 0xffff ? 2 : 1)
  }
}

/** A match in the form that JavaScript's own expressions give. */
function matchArray(program: RegexpProgram, text: string, captures: Captures): RegExpMatchArray {
  const parts: (string | undefined)[] = []
  for (let i = 0; i < captures.length; i += 2) {
    const [start, end] = [captures[i]!, captures[i + 1]!]
    parts.push(start < 0 || end < 0 ? undefined : text.slice(start, end))
  }
  const names = [...program.groupNames].map(([name, index]) => [name, parts[index]])
  return Object.assign(parts as RegExpMatchArray, {
    index: captures[0]!,
    input: text,
    groups: Object.fromEntries(names) as Record<string, string>,
  })
}

interface Translation {
  readonly pattern: string
  at: number
  out: string
  dotAll: boolean
  extended: boolean
}

function translate(pattern: string): RegExp {
  const flags = /^\(\?([a-z]*(?:-[a-z]+)?)\)/.exec(pattern)?.[1] ?? ''
  const [on = ''] = flags.split('-')
  let jsFlags = 'gu'
  const state: Translation = {
    pattern,
    at: flags === '' ? 0 : flags.length + 3,
    out: '',
    dotAll: on.includes('s'),
    extended: on.includes('x'),
  }
  if (on.includes('i')) jsFlags += 'i'
  if (on.includes('m')) jsFlags += 'm'
  if (/[^imsxu]/.test(on)) throw new SyntaxError(`flag in ${pattern}`)
  while (state.at < pattern.length) translateItem(state)
  return new RegExp(state.out, jsFlags)
}

function translateItem(state: Translation): void {
  const { pattern } = state
  const character = String.fromCodePoint(pattern.codePointAt(state.at)!)
  switch (character) {
    case '\\':
      state.out += translateEscape(state, false)
      return
    case '[':
      translateClass(state)
      return
    case '.':
      state.out += state.dotAll ? '[^]' : '[^\\n]'
      break
    case '(':
      translateGroup(state)
      return
    case '*':
    case '+':
    case '?':
      translateQuantifier(state, character)
      return
    case '{':
      translateBraces(state)
      return
    case '}':
    case ']':
      state.out += `\\${character}`
      break
    case '#':
      if (state.extended) {
        const end = pattern.indexOf('\n', state.at)
        state.at = end < 0 ? pattern.length : end + 1
        return
      }
      state.out += character
      break
    default:
      if (!(state.extended && /\s/.test(character))) state.out += character
  }
  state.at += character.length
}

function translateQuantifier(state: Translation, quantifier: string): void {
  state.at++
  state.out += quantifier
  const next = state.pattern[state.at]
  if (next === '+') throw new SyntaxError('possessive quantifier')
  if (next === '?') {
    state.out += '?'
    state.at++
  }
}

function translateBraces(state: Translation): void {
  const match = /^\{(\d*)(,?)(\d*)\}/.exec(state.pattern.slice(state.at))
  if (match === null || (match[1] === '' && match[3] === '')) {
    state.out += '\\{'
    state.at++
    return
  }
  state.at += match[0].length - 1
  translateQuantifier(state, `{${match[1] || '0'}${match[2]}${match[3]}}`)
}

function translateGroup(state: Translation): void {
  const rest = state.pattern.slice(state.at)
  const special = /^\(\?(?::|=|!|<=|<!|<[A-Za-z][A-Za-z0-9]*>)/.exec(rest)
  if (special === null && rest.startsWith('(?')) throw new SyntaxError('group')
  const text = special?.[0] ?? '('
  state.out += text
  state.at += text.length
}

const POSIX: Readonly<Record<string, string>> = {
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Upper: 'A-Z',
  Lower: 'a-z',
  Punct: '!-\\/:-@\\[-`\\{-~',
  Space: ' \\t-\\r',
  Blank: ' \\t',
  XDigit: '0-9a-fA-F',
  Cntrl: '\\x00-\\x1f\\x7f',
  Graph: '!-~',
  Print: ' -~',
  ASCII: '\\x00-\\x7f',
}

const SYNTAX = /[\^$\\.*+?()[\]{}|/-]/

/** The escape at the cursor, as it is written in JavaScript. */
function translateEscape(state: Translation, inClass: boolean): string {
  const { pattern } = state
  const next = pattern[state.at + 1]
  if (next === undefined) throw new SyntaxError('escape at the end')
  const rest = pattern.slice(state.at)
  const property = /^\\([pP])(?:\{([^}]*)\}|([A-Za-z]))/.exec(rest)
  if (property !== null) {
    state.at += property[0].length
    return translateProperty(property[1]!, property[2] ?? property[3]!, inClass)
  }
  if (next === 'Q') {
    const end = pattern.indexOf('\\E', state.at)
    const text = pattern.slice(state.at + 2, end < 0 ? undefined : end)
    state.at = end < 0 ? pattern.length : end + 2
    return [...text].map(escapeLiteral).join('')
  }
  const reference = /^\\k<[A-Za-z][A-Za-z0-9]*>/.exec(rest)
  if (reference !== null) {
    state.at += reference[0].length
    return reference[0]
  }
  const hex = /^\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/.exec(rest)
  if (hex !== null) {
    state.at += hex[0].length
    return `\\u{${hex[1] ?? hex[2]}}`
  }
  const unicode = /^\\u[0-9a-fA-F]{4}/.exec(rest)
  if (unicode !== null) {
    state.at += 6
    return unicode[0]
  }
  const character = String.fromCodePoint(pattern.codePointAt(state.at + 1)!)
  state.at += 1 + character.length
  return simpleEscape(character, inClass)
}

function simpleEscape(character: string, inClass: boolean): string {
  switch (character) {
    case 'A':
      return inClass ? 'A' : '(?<![^])'
    case 'z':
      return '(?![^])'
    case 'Z':
      return '(?=\\n?(?![^]))'
    case 'h':
      return inClass ? ' \\t\\u00a0' : '[ \\t\\u00a0]'
    case 'R':
      return '(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])'
    case 'e':
      return '\\x1b'
    case 'a':
      return '\\x07'
    case 's':
      return inClass ? ' \\t-\\r' : '[ \\t-\\r]'
    case 'S':
      return inClass ? '\\S' : '[^ \\t-\\r]'
  }
  if (/[dDwWbBntrfv0-9]/.test(character)) return `\\${character}`
  if (/[a-zA-Z]/.test(character)) throw new SyntaxError(`escape ${character}`)
  return escapeLiteral(character)
}

const escapeLiteral = (character: string): string =>
  SYNTAX.test(character) ? `\\${character}` : character

function translateProperty(kind: string, name: string, inClass: boolean): string {
  const posix = POSIX[name]
  if (posix !== undefined) {
    if (inClass) {
      if (kind === 'P') throw new SyntaxError('negated class in a class')
      return posix
    }
    return kind === 'P' ? `[^${posix}]` : `[${posix}]`
  }
  // Names of three letters and more are scripts; shorter ones general categories.
  const script = /^Is(.+)$/.exec(name)?.[1] ?? name
  return `\\${kind}{${script.length > 2 ? 'Script=' : ''}${script}}`
}

function translateClass(state: Translation): void {
  const { pattern } = state
  state.at++
  let out = '['
  if (pattern[state.at] === '^') {
    out += '^'
    state.at++
  }
  let isFirst = true
  for (;;) {
    if (state.at >= pattern.length) throw new SyntaxError('unclosed class')
    const character = String.fromCodePoint(pattern.codePointAt(state.at)!)
    if (character === ']' && !isFirst) break
    isFirst = false
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(pattern.slice(state.at))
    if (posix !== null) {
      const name = posix[2]!
      const range = POSIX[name === 'xdigit' ? 'XDigit' : name[0]!.toUpperCase() + name.slice(1)]
      if (range === undefined || posix[1] === '^') throw new SyntaxError('class name')
      out += range
      state.at += posix[0].length
    } else if (character === '\\') {
      out += translateEscape(state, true)
    } else {
      if (character === '[' || pattern.startsWith('&&', state.at)) {
        throw new SyntaxError('set operation in a class')
      }
      out += character === ']' ? '\\]' : character
      state.at += character.length
    }
  }
  state.at++
  state.out += `${out}]`
}

/** A part of a replacement: text, or a group by number or name. */
type ReplacementPart = string | { readonly group: number | string }

/** Takes a replacement apart: `$1`, `${name}`, and a backslash before what is meant literally. */
export function parseReplacement(text: string, groupCount: number): readonly ReplacementPart[] {
  const parts: ReplacementPart[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '\\') {
      const next = text[++i]
      if (next === undefined) invalidArgument(`Illegal replacement sequence: ${text}`)
      parts.push(next)
    } else if (character === '$') {
      const named = /^\$\{([^}]+)\}/.exec(text.slice(i))
      const first = /^\$(\d)/.exec(text.slice(i))
      if (named !== null) {
        parts.push({ group: named[1]! })
        i += named[0].length - 1
      } else if (first !== null) {
        let group = Number(first[1])
        i++
        while (/\d/.test(text[i + 1] ?? '') && group * 10 + Number(text[i + 1]) <= groupCount) {
          group = group * 10 + Number(text[++i])
        }
        if (group > groupCount) {
          invalidArgument(`Illegal replacement sequence: unknown group ${group}`)
        }
        parts.push({ group })
      } else invalidArgument(`Illegal replacement sequence: ${text}`)
    } else parts.push(character)
  }
  return parts
}

/** What a replacement becomes for one match. */
export function expandReplacement(
  parts: readonly ReplacementPart[],
  match: RegExpMatchArray,
): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part
      if (typeof part.group === 'number') return match[part.group] ?? ''
      if (match.groups === undefined || !(part.group in match.groups)) {
        return invalidArgument(`Illegal replacement sequence: unknown group { ${part.group} }`)
      }
      return match.groups[part.group] ?? ''
    })
    .join('')
}
