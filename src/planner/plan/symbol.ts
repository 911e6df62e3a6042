import type { SymbolExpression } from '../../expressions/ir.js'
import type { SqlType } from '../../spi/index.js'

/** A named, typed column of a plan node's output; names are unique in a plan. */
export interface PlanSymbol {
  readonly name: string
  readonly type: SqlType
}

/** Makes symbols with names that are new to one plan: `orderkey`, `orderkey_1`, `expr_7`. */
export interface SymbolAllocator {
  newSymbol(hint: string, type: SqlType): PlanSymbol
}

export function symbolAllocator(): SymbolAllocator {
  const nextSuffix = new Map<string, number>()
  const taken = new Set<string>()
  return {
    newSymbol(hint, type) {
      const base = hint.toLowerCase().replace(/[^a-z0-9_$]/g, '_') || 'expr'
      let suffix = nextSuffix.get(base) ?? 0
      let name = suffix === 0 ? base : `${base}_${suffix}`
      while (taken.has(name)) name = `${base}_${++suffix}`
      nextSuffix.set(base, suffix + 1)
      taken.add(name)
      return { name, type }
    },
  }
}

export const symbolReference = (symbol: PlanSymbol): SymbolExpression => ({
  kind: 'symbol',
  name: symbol.name,
  type: symbol.type,
})
