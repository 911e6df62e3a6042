import { invalidArgument } from '../errors.js'
import { type Captures, searchProgram } from './regexp-machine.js'
import { compileProgram, type RegexpProgram } from './regexp-program.js'
import { type TranslatedPattern, translatePattern } from './regexp-translation.js'

/**
 * Regular expressions in Java's syntax, translated to JavaScript's. A search whose backtracking could take long is left to
 * a machine that reads every character once.
 */
export interface CompiledPattern {
  /** With flag g, and u or v; callers reset lastIndex. */
  readonly regexp: RegExp
  readonly groupCount: number
  /** Groups of `regexp` by the pattern's numbers; absent where they are the same. */
  readonly groups: readonly number[] | undefined
  /** Absent for patterns with lookaround, backreferences or atomic groups: those only backtracking can match. */
  readonly program: RegexpProgram | undefined
  /** V8 of Node 20 goes wrong in some alternatives under flag v. */
  readonly hasSets: boolean
  readonly hasLookaround: boolean
}

const compiled = new Map<string, CompiledPattern>()
const MAX_COMPILED = 1000

/** @throws INVALID_FUNCTION_ARGUMENT for what is no pattern */
export function compilePattern(pattern: string): CompiledPattern {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  let translated: TranslatedPattern
  try {
    translated = translatePattern(pattern)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return invalidArgument(`Invalid regular expression: ${pattern}`)
  }
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  const { regexp, groups } = translated
  const result: CompiledPattern = {
    regexp,
    groupCount: groups.length - 1,
    groups: groups.every((group, i) => group === i) ? undefined : groups,
    program: compileProgram(regexp.source, regexp.flags),
    hasSets: regexp.flags.includes('v'),
    hasLookaround: LOOKAROUND.test(regexp.source),
  }
  compiled.set(pattern, result)
  return result
}

const LOOKAROUND = /\(\?<?[=!]/
const SURROGATE = /[\ud800-\udfff]/

/** Steps that backtracking, which is compiled to machine code, may need before the machine is the better choice. */
const MAX_BACKTRACKING = 2 ** 24

/** The machine, where one can be used and backtracking could need too many steps. */
function machineFor(
  { program, hasSets, hasLookaround }: CompiledPattern,
  text: string,
): RegexpProgram | undefined {
  // JavaScript finds what a lookaround alone matches inside of surrogate pairs too.
  if (hasSets || (hasLookaround && SURROGATE.test(text))) return program
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
  const matches = text.matchAll(pattern.regexp)
  return pattern.groups === undefined ? matches : renumbered(matches, pattern.groups)
}

function* renumbered(
  matches: Iterable<RegExpMatchArray>,
  groups: readonly number[],
): Generator<RegExpMatchArray> {
  for (const match of matches) {
    const { index, input, groups: named } = match
    const parts = groups.map((group) => match[group]) as RegExpMatchArray
    yield Object.assign(parts, { index, input, groups: named })
  }
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
