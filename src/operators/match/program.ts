import type { PatternTerm } from '../../expressions/row-pattern.js'
import { MillraceError } from '../../spi/index.js'

/**
 * A row pattern as a program of a backtracking machine: alternatives are tried in order of preference.
 * @source Trino io.trino.operator.window.matcher.IrRowPatternToProgramRewriter
 */
export type Instruction =
  | { readonly kind: 'label'; readonly label: number }
  /** Goes on at `first`, and where that fails at `second`. */
  | { kind: 'split'; first: number; second: number }
  | { kind: 'jump'; target: number }
  | { readonly kind: 'anchor'; readonly at: 'start' | 'end' }
  | { readonly kind: 'exclusion'; readonly opens: boolean }
  /** Notes where a turn of a loop begins, */
  | { readonly kind: 'mark'; readonly loop: number }
  /** and leaves the loop when the turn took no row. */
  | { kind: 'progress'; readonly loop: number; exit: number }
  | { readonly kind: 'done' }

/** Longer ones come of counts such as `{1000000}`. */
const MAX_INSTRUCTIONS = 1_000_000

/** @throws MillraceError NOT_SUPPORTED for a pattern whose counts make it too long */
export function compilePattern(pattern: PatternTerm): readonly Instruction[] {
  const program: Instruction[] = []
  let loops = 0
  const emit = <I extends Instruction>(instruction: I): I => {
    if (program.length >= MAX_INSTRUCTIONS) {
      throw new MillraceError('NOT_SUPPORTED', `Row pattern is too long: ${MAX_INSTRUCTIONS}`)
    }
    program.push(instruction)
    return instruction
  }

  function alternatives(count: number, compileAt: (i: number) => void): void {
    const jumps: { target: number }[] = []
    for (let i = 0; i < count; i++) {
      if (i === count - 1) {
        compileAt(i)
        break
      }
      const split = emit({ kind: 'split', first: program.length + 1, second: 0 })
      compileAt(i)
      jumps.push(emit({ kind: 'jump', target: 0 }))
      split.second = program.length
    }
    for (const jump of jumps) jump.target = program.length
  }

  /** Permutations in lexicographic order: the earliest term that is left comes first. */
  function permutation(terms: readonly PatternTerm[]): void {
    if (terms.length === 0) return
    alternatives(terms.length, (i) => {
      compile(terms[i]!)
      permutation(terms.filter((_, other) => other !== i))
    })
  }

  function loop(term: PatternTerm, greedy: boolean): void {
    const start = program.length
    const split = emit({ kind: 'split', first: 0, second: 0 })
    const body = program.length
    const id = loops++
    const nullable = canBeEmpty(term)
    if (nullable) emit({ kind: 'mark', loop: id })
    compile(term)
    const progress = nullable ? emit({ kind: 'progress', loop: id, exit: 0 }) : undefined
    emit({ kind: 'jump', target: start })
    const exit = program.length
    if (progress !== undefined) progress.exit = exit
    split.first = greedy ? body : exit
    split.second = greedy ? exit : body
  }

  function quantified(term: PatternTerm & { kind: 'quantified' }): void {
    const { min, max, greedy } = term
    for (let i = 0; i < min; i++) compile(term.term)
    if (max === undefined) {
      loop(term.term, greedy)
      return
    }
    const splits: { first: number; second: number }[] = []
    for (let i = min; i < max; i++) {
      const split = emit({ kind: 'split', first: 0, second: 0 })
      const body = program.length
      if (greedy) split.first = body
      else split.second = body
      splits.push(split)
      compile(term.term)
    }
    for (const split of splits) {
      if (greedy) split.second = program.length
      else split.first = program.length
    }
  }

  function compile(term: PatternTerm): void {
    switch (term.kind) {
      case 'label':
        emit({ kind: 'label', label: term.label })
        return
      case 'concatenation':
        for (const part of term.terms) compile(part)
        return
      case 'alternation':
        alternatives(term.terms.length, (i) => compile(term.terms[i]!))
        return
      case 'permutation':
        permutation(term.terms)
        return
      case 'quantified':
        quantified(term)
        return
      case 'anchor':
        emit({ kind: 'anchor', at: term.at })
        return
      case 'empty':
        return
      case 'exclusion':
        emit({ kind: 'exclusion', opens: true })
        compile(term.term)
        emit({ kind: 'exclusion', opens: false })
    }
  }
  compile(pattern)
  emit({ kind: 'done' })
  return program
}

function canBeEmpty(term: PatternTerm): boolean {
  switch (term.kind) {
    case 'label':
      return false
    case 'concatenation':
    case 'permutation':
      return term.terms.every(canBeEmpty)
    case 'alternation':
      return term.terms.some(canBeEmpty)
    case 'quantified':
      return term.min === 0 || canBeEmpty(term.term)
    case 'exclusion':
      return canBeEmpty(term.term)
    case 'anchor':
    case 'empty':
      return true
  }
}
