import type { Expression } from '../../expressions/ir.js'
import { expressionKey, transformTopDown } from '../../expressions/ir-walk.js'
import { assert, MillraceError } from '../../spi/index.js'
import type { Field } from '../analyzer/bound.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'

/**
 * What the symbols of analyzed expressions are at one place of the plan.
 * @source Trino io.trino.sql.planner.TranslationMap
 */
export interface Translation {
  /** Fields and calls by their ids. */
  readonly symbols: ReadonlyMap<string, PlanSymbol>
  /** Expressions that are already computed, by their keys: GROUP BY x + 1. */
  readonly computed: ReadonlyMap<string, PlanSymbol>
  readonly outer?: OuterReferences
}

/** The plan around a subquery: what is looked up in it is the subquery's correlation. */
export interface OuterReferences {
  readonly translation: Translation
  /** The symbols that were looked up, by name. */
  readonly used: Map<string, PlanSymbol>
}

export const outerReferences = (translation: Translation): OuterReferences => ({
  translation,
  used: new Map(),
})

const NOTHING: ReadonlyMap<string, PlanSymbol> = new Map()

export const translationOf = (
  fields: readonly Field[],
  symbols: readonly PlanSymbol[],
  outer: OuterReferences | undefined,
): Translation => ({
  symbols: new Map(fields.map((f, i) => [f.id, symbols[i]!])),
  computed: NOTHING,
  ...(outer === undefined ? {} : { outer }),
})

export const withSymbols = (
  translation: Translation,
  entries: Iterable<readonly [string, PlanSymbol]>,
): Translation => ({ ...translation, symbols: new Map([...translation.symbols, ...entries]) })

/** The symbol of a field or call, here or around; looking outward notes it as correlation at every level passed. */
export function lookUp(translation: Translation, id: string): PlanSymbol | undefined {
  const local = translation.symbols.get(id)
  if (local !== undefined) return local
  const { outer } = translation
  if (outer === undefined) return undefined
  const found = lookUp(outer.translation, id)
  if (found !== undefined) outer.used.set(found.name, found)
  return found
}

const isLambdaParameter = (name: string): boolean => name.startsWith('@l')

const misplacedCall = (): MillraceError =>
  new MillraceError('NOT_SUPPORTED', 'An asynchronous function cannot be called here', {
    hint: 'Call it in a subquery, and use its column here',
  })

/** The expression over the plan's symbols. */
export function translate(expression: Expression, translation: Translation): Expression {
  const hasComputed = translation.computed.size > 0
  return transformTopDown(expression, (e) => {
    if (e.kind === 'symbol') {
      if (isLambdaParameter(e.name)) return e
      const symbol = lookUp(translation, e.name)
      if (symbol === undefined && e.name.startsWith('@y')) throw misplacedCall()
      assert(symbol !== undefined, `the plan has ${e.name}`)
      return symbolReference(symbol)
    }
    if (!hasComputed || e.kind === 'constant') return undefined
    const computed = translation.computed.get(expressionKey(e))
    return computed === undefined ? undefined : symbolReference(computed)
  })
}
