import { ASSERTION_TEXTS } from './regexp-translation.js'

/**
 * Compiles the regular part of JavaScript's regular expressions, flag v, into instructions for a machine that reads every
 * character once: what backtracking takes exponential time for, this does in characters times instructions.
 * @source K. Thompson, Regular Expression Search Algorithm; R. Cox, Regular Expression Matching: the Virtual Machine Approach
 */
export type Instruction =
  | { readonly op: 'char'; readonly code: number }
  | { readonly op: 'set'; readonly has: (code: number) => boolean }
  /** Tries `first`, then `second`. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly kind: Assertion }
  | { readonly op: 'match' }

export type Assertion =
  | 'start'
  | 'end'
  | 'lineStart'
  | 'lineEnd'
  | 'finalEnd'
  | 'boundary'
  | 'noBoundary'

export interface RegexpProgram {
  readonly instructions: readonly Instruction[]
  /** Groups, the whole match not among them. */
  readonly groupCount: number
  readonly groupNames: ReadonlyMap<string, number>
  /** How many quantifiers backtracking may try in different ways; undefined where they are inside one another. */
  readonly choices: number | undefined
}

type Node =
  | { readonly kind: 'atom'; readonly instruction: Instruction }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'group'; readonly index: number; readonly body: Node }
  | {
      readonly kind: 'repeat'
      readonly body: Node
      readonly min: number
      readonly max: number
      readonly isLazy: boolean
    }

interface Cursor {
  readonly source: string
  readonly flags: string
  at: number
  groupCount: number
  readonly groupNames: Map<string, number>
}

/** Past this repetitions with counts make a program too large to be of use. */
const MAX_INSTRUCTIONS = 20_000

/** Thrown, and caught here, for what is not regular. */
class NotRegular extends Error {}

/** @returns undefined for patterns with lookaround or backreferences, and for those with huge counts */
export function compileProgram(source: string, flags: string): RegexpProgram | undefined {
  const cursor: Cursor = { source, flags, at: 0, groupCount: 0, groupNames: new Map() }
  try {
    const node = parseChoice(cursor)
    const instructions: Instruction[] = [{ op: 'save', slot: 0 }]
    emit(node, instructions)
    instructions.push({ op: 'save', slot: 1 }, { op: 'match' })
    const { groupCount, groupNames } = cursor
    return { instructions, groupCount, groupNames, choices: choicesOf(node) }
  } catch (error) {
    if (error instanceof NotRegular) return undefined
    throw error
  }
}

function parseChoice(cursor: Cursor): Node {
  const nodes = [parseSequence(cursor)]
  while (cursor.source[cursor.at] === '|') {
    cursor.at++
    nodes.push(parseSequence(cursor))
  }
  return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes }
}

function parseSequence(cursor: Cursor): Node {
  const nodes: Node[] = []
  for (;;) {
    const character = cursor.source[cursor.at]
    if (character === undefined || character === '|' || character === ')') break
    nodes.push(parseQuantified(cursor))
  }
  return { kind: 'sequence', nodes }
}

function parseQuantified(cursor: Cursor): Node {
  const body = parseAtom(cursor)
  const match = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/.exec(
    cursor.source.slice(cursor.at, cursor.at + 40),
  )
  if (match === null) return body
  cursor.at += match[0].length
  const [, symbol, low, comma, high, lazy] = match
  const min = symbol === undefined ? Number(low) : symbol === '+' ? 1 : 0
  const unbounded = symbol === undefined ? comma !== '' && high === '' : symbol !== '?'
  const max = unbounded
    ? Number.POSITIVE_INFINITY
    : symbol === '?'
      ? 1
      : Number(high === '' ? low : high)
  return { kind: 'repeat', body, min, max, isLazy: lazy !== '' }
}

const ASSERTIONS = Object.entries(ASSERTION_TEXTS) as readonly (readonly [
  keyof typeof ASSERTION_TEXTS,
  string,
])[]

const assertion = (kind: Assertion): Node => ({
  kind: 'atom',
  instruction: { op: 'assert', kind },
})

function parseAtom(cursor: Cursor): Node {
  const { source, at } = cursor
  for (const [kind, text] of ASSERTIONS) {
    if (source.startsWith(text, at)) {
      cursor.at += text.length
      return assertion(kind)
    }
  }
  switch (source[at]) {
    case '(':
      return parseGroup(cursor)
    case '^':
      cursor.at++
      return assertion('start')
    case '$':
      cursor.at++
      return assertion('end')
    case '\\':
      return parseEscape(cursor)
    case '[':
      return setOf(cursor, classEnd(source, at))
    case '.':
      return setOf(cursor, at + 1)
    default:
      return literal(
        cursor,
        source.codePointAt(at)!,
        at + (source.codePointAt(at)! > 0xffff ? 2 : 1),
      )
  }
}

function literal(cursor: Cursor, code: number, end: number): Node {
  if (cursor.flags.includes('i')) return setOf(cursor, end)
  cursor.at = end
  return { kind: 'atom', instruction: { op: 'char', code } }
}

function classEnd(source: string, from: number): number {
  let depth = 0
  for (let at = from; ; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === '[') depth++
    else if (source[at] === ']' && --depth === 0) return at + 1
  }
}

/** A set of characters as JavaScript understands it, asked once for each character it meets. */
function setOf(cursor: Cursor, end: number): Node {
  const text = cursor.source.slice(cursor.at, end)
  cursor.at = end
  const one = new RegExp(`^${text}$`, cursor.flags.replace('g', ''))
  const known = new Map<number, boolean>()
  const has = (code: number): boolean => {
    let answer = known.get(code)
    if (answer === undefined) {
      answer = one.test(String.fromCodePoint(code))
      if (known.size < 4096) known.set(code, answer)
    }
    return answer
  }
  return { kind: 'atom', instruction: { op: 'set', has } }
}

function parseGroup(cursor: Cursor): Node {
  const { source, at } = cursor
  const opening = /^\((?:\?(?::|<([A-Za-z_]\w*)>))?/.exec(source.slice(at, at + 200))!
  if (opening[0] === '(' && source[at + 1] === '?') throw new NotRegular()
  cursor.at += opening[0].length
  const isCapturing = !opening[0].endsWith(':')
  const index = isCapturing ? ++cursor.groupCount : 0
  if (opening[1] !== undefined) cursor.groupNames.set(opening[1], index)
  const body = parseChoice(cursor)
  cursor.at++
  return isCapturing ? { kind: 'group', index, body } : body
}

function parseEscape(cursor: Cursor): Node {
  const { source, at } = cursor
  const rest = source.slice(at, at + 80)
  if (/^\\(?:[1-9]|k)/.test(rest)) throw new NotRegular()
  const text = /^\\(?:u\{[^}]*\}|u....|x..|[pP]\{[^}]*\}|c.|.)/su.exec(rest)!
  return setOf(cursor, at + text[0].length)
}

const matchesEmpty = (node: Node): boolean => {
  switch (node.kind) {
    case 'atom':
      return node.instruction.op === 'assert'
    case 'sequence':
      return node.nodes.every(matchesEmpty)
    case 'choice':
      return node.nodes.some(matchesEmpty)
    case 'group':
      return matchesEmpty(node.body)
    case 'repeat':
      return node.min === 0 || matchesEmpty(node.body)
  }
}

function emit(node: Node, out: Instruction[]): void {
  if (out.length > MAX_INSTRUCTIONS) throw new NotRegular()
  switch (node.kind) {
    case 'atom':
      out.push(node.instruction)
      return
    case 'sequence':
      for (const part of node.nodes) emit(part, out)
      return
    case 'choice':
      emitChoice(node.nodes, out)
      return
    case 'group':
      out.push({ op: 'save', slot: 2 * node.index })
      emit(node.body, out)
      out.push({ op: 'save', slot: 2 * node.index + 1 })
      return
    case 'repeat':
      emitRepeat(node, out)
  }
}

function emitChoice(nodes: readonly Node[], out: Instruction[]): void {
  const jumps: { op: 'jump'; to: number }[] = []
  nodes.forEach((node, i) => {
    if (i === nodes.length - 1) {
      emit(node, out)
      return
    }
    const split = { op: 'split' as const, first: out.length + 1, second: 0 }
    out.push(split)
    emit(node, out)
    const jump = { op: 'jump' as const, to: 0 }
    jumps.push(jump)
    out.push(jump)
    split.second = out.length
  })
  for (const jump of jumps) jump.to = out.length
}

function emitRepeat(node: Node & { readonly kind: 'repeat' }, out: Instruction[]): void {
  const { body, min, max, isLazy } = node
  const skips: (Instruction & { op: 'split' })[] = []
  const optional = (): void => {
    const split = { op: 'split' as const, first: out.length + 1, second: out.length + 1 }
    skips.push(split)
    out.push(split)
  }
  // A body that may match nothing is entered once and then repeated, so that its empty match counts.
  const required = max === Number.POSITIVE_INFINITY ? Math.max(min, 1) : min
  if (min === 0 && max === Number.POSITIVE_INFINITY && !matchesEmpty(body)) {
    optional()
    const start = out.length - 1
    emit(body, out)
    out.push({ op: 'jump', to: start })
  } else {
    if (required > min) optional()
    for (let i = 1; i < required; i++) emit(body, out)
    const start = out.length
    if (required > 0) emit(body, out)
    if (max === Number.POSITIVE_INFINITY) {
      const again = { op: 'split' as const, first: start, second: out.length + 1 }
      if (isLazy) [again.first, again.second] = [again.second, again.first]
      out.push(again)
    } else {
      for (let i = required; i < max; i++) {
        optional()
        emit(body, out)
      }
    }
  }
  for (const skip of skips) {
    if (isLazy) skip.first = out.length
    else skip.second = out.length
  }
}

/** Counts the variable repetitions; undefined where one, or an alternative, is inside another. */
function choicesOf(node: Node, isRepeated = false): number | undefined {
  switch (node.kind) {
    case 'atom':
      return 0
    case 'group':
      return choicesOf(node.body, isRepeated)
    case 'choice':
    case 'sequence': {
      if (node.kind === 'choice' && isRepeated) return undefined
      let sum = 0
      for (const part of node.nodes) {
        const choices = choicesOf(part, isRepeated)
        if (choices === undefined) return undefined
        sum += choices
      }
      return sum
    }
    case 'repeat': {
      const isVariable = node.min !== node.max
      if (isVariable && isRepeated) return undefined
      const inner = choicesOf(node.body, isRepeated || node.max > 1)
      return inner === undefined ? undefined : inner + (isVariable ? 1 : 0)
    }
  }
}
