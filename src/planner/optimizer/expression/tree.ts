import type { Expression } from '../../../expressions/ir.js'
import {
  childrenOf,
  expressionKey as computeKey,
  transform,
  valueKey,
  withChildren,
} from '../../../expressions/ir-walk.js'
import type { SqlType } from '../../../spi/index.js'

/*
 * The walks over IR that the optimizer makes again and again on the same frozen expressions, remembered per object:
 * plans are rewritten hundreds of times, their expressions seldom.
 */
export { childrenOf, transform as rewriteUp, valueKey, withChildren }

const symbolsCache = new WeakMap<Expression, ReadonlySet<string>>()
const NONE: ReadonlySet<string> = new Set()

/** Names of the symbols that an expression reads; parameters of its lambdas are not among them. */
export function symbolsOf(e: Expression): ReadonlySet<string> {
  if (e.kind === 'constant' || e.kind === 'input') return NONE
  const cached = symbolsCache.get(e)
  if (cached !== undefined) return cached
  const names = new Set<string>()
  if (e.kind === 'symbol') names.add(e.name)
  for (const child of childrenOf(e)) for (const name of symbolsOf(child)) names.add(name)
  if (e.kind === 'lambda') for (const parameter of e.parameters) names.delete(parameter.name)
  symbolsCache.set(e, names)
  return names
}

/** Replaces symbols by expressions; parameters of lambdas shadow. Symbols without a replacement stay. */
export function substitute(
  e: Expression,
  replacement: (name: string, type: SqlType) => Expression | undefined,
): Expression {
  if (e.kind === 'symbol') return replacement(e.name, e.type) ?? e
  const old = childrenOf(e)
  if (old.length === 0) return e
  const inner =
    e.kind === 'lambda'
      ? (name: string, type: SqlType) =>
          e.parameters.some((p) => p.name === name) ? undefined : replacement(name, type)
      : replacement
  return withChildren(
    e,
    old.map((child) => substitute(child, inner)),
  )
}

const keyCache = new WeakMap<Expression, string>()

/** A text that two expressions share exactly when they are equal. */
export function expressionKey(e: Expression): string {
  const cached = keyCache.get(e)
  if (cached !== undefined) return cached
  const key = computeKey(e)
  keyCache.set(e, key)
  return key
}

/** Tells whether two expressions are the same text of IR. */
export const sameExpression = (a: Expression, b: Expression): boolean =>
  a === b || (a.kind === b.kind && expressionKey(a) === expressionKey(b))

const deterministicCache = new WeakMap<Expression, boolean>()

/** Tells whether equal inputs always give an equal value. */
export function isDeterministic(e: Expression): boolean {
  const cached = deterministicCache.get(e)
  if (cached !== undefined) return cached
  const answer =
    (e.kind !== 'call' || e.function.deterministic) && childrenOf(e).every(isDeterministic)
  deterministicCache.set(e, answer)
  return answer
}
