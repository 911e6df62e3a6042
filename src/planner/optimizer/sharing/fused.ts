import type { Expression } from '../../../expressions/ir.js'
import type { PlanNode } from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import type { Counterparts } from '../analysis/same-plan.js'
import { namesOf } from '../expression/predicates.js'
import { expressionKey, substitute } from '../expression/tree.js'

/** One plan for the rows of two. */
export interface Fused {
  /** Its outputs are the first plan's, under their names, and what columns the second and the conjuncts need besides. */
  readonly plan: PlanNode
  /** For each output of the second plan, the fused plan's symbol. */
  readonly names: Counterparts
  /** Conjuncts over outputs of the fused plan: true for the rows of the first plan, and of the second. */
  readonly first: readonly Expression[]
  readonly second: readonly Expression[]
  /** The first plan computes what the second doesn't; and the reverse. */
  readonly firstComputes: boolean
  readonly secondComputes: boolean
}

/** Of plans that give the same rows and compute the same. */
export const EQUAL = { first: [], second: [], firstComputes: false, secondComputes: false } as const

export const renameSymbol = (symbol: PlanSymbol, names: Counterparts): PlanSymbol =>
  names.get(symbol.name) ?? symbol

/** Of the first plan, whose symbols keep their names. */
export const NO_NAMES: Counterparts = new Map()

export const keysOf = (conjuncts: readonly Expression[]): ReadonlySet<string> =>
  new Set(conjuncts.map(expressionKey))

/** The symbols that expressions read, with their types. */
export function symbolsRead(expressions: readonly Expression[]): readonly PlanSymbol[] {
  const found = new Map<string, PlanSymbol>()
  for (const e of expressions) {
    substitute(e, (name, type) => {
      found.set(name, { name, type })
      return undefined
    })
  }
  return [...found.values()]
}

/** Outputs of the first, and of the second what it has besides. Undefined where names clash. */
export function mergeOutputs(
  first: readonly PlanSymbol[],
  second: readonly { readonly symbol: PlanSymbol; readonly known: PlanSymbol | undefined }[],
): { readonly added: readonly number[]; readonly names: Counterparts } | undefined {
  const taken = new Set(namesOf(first))
  const names = new Map<string, PlanSymbol>()
  const added: number[] = []
  for (const [i, { symbol, known }] of second.entries()) {
    if (known === undefined) {
      if (taken.has(symbol.name)) return undefined
      taken.add(symbol.name)
      added.push(i)
    }
    names.set(symbol.name, known ?? symbol)
  }
  return { added, names }
}
