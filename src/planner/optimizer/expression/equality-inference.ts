import type { ComparisonExpression, Expression } from '../../../expressions/ir.js'
import type { SqlType } from '../../../spi/index.js'
import { equal } from './predicates.js'
import {
  childrenOf,
  expressionKey,
  isDeterministic,
  sameExpression,
  symbolsOf,
  withChildren,
} from './tree.js'

/** Tells of a symbol's name whether it belongs to one side. */
export type Scope = (name: string) => boolean

export const scopeOf =
  (names: ReadonlySet<string>): Scope =>
  (name) =>
    names.has(name)

export interface EqualityPartition {
  /** Equalities over the scope alone, over the rest alone, and those that connect the two. */
  readonly inScope: readonly Expression[]
  readonly outside: readonly Expression[]
  readonly straddling: readonly Expression[]
}

/**
 * What a conjunction's equalities imply: sets of expressions with one value.
 * @source Trino EqualityInference
 */
export interface EqualityInference {
  /** The expression over symbols of the scope alone, using equal ones; undefined if there is no such form. */
  rewrite(e: Expression, scope: Scope): Expression | undefined
  /** A minimal set of equalities that implies all that are known, split by a scope. */
  partition(scope: Scope): EqualityPartition
  /** The sets, each with two members or more. */
  readonly sets: readonly (readonly Expression[])[]
}

/** Tells whether equality of values of a type means that no function can tell them apart (0.0 = -0.0 can be). */
export function equalMeansSame(type: SqlType): boolean {
  switch (type.kind) {
    case 'real':
    case 'double':
    case 'time with time zone':
    case 'timestamp with time zone':
      return false
    case 'array':
      return equalMeansSame(type.element)
    case 'map':
      return equalMeansSame(type.key) && equalMeansSame(type.value)
    case 'row':
      return type.fields.every((field) => equalMeansSame(field.type))
    default:
      return true
  }
}

/** Tells whether a conjunct is an equality that inference may use (and therefore restates). */
export const isInferable = (e: Expression): e is ComparisonExpression =>
  e.kind === 'comparison' &&
  e.operator === '=' &&
  isDeterministic(e) &&
  equalMeansSame(e.left.type) &&
  !sameExpression(e.left, e.right)

/** The conjuncts that inference leaves to its caller. */
export const notInferable = (conjuncts: readonly Expression[]): Expression[] =>
  conjuncts.filter((e) => !isInferable(e))

export function inferEqualities(
  ...conjunctions: readonly (readonly Expression[])[]
): EqualityInference {
  const setOf = new Map<string, Expression[]>()
  for (const e of conjunctions.flat()) {
    if (!isInferable(e)) continue
    const leftKey = expressionKey(e.left)
    const rightKey = expressionKey(e.right)
    const left = setOf.get(leftKey) ?? [e.left]
    const right = setOf.get(rightKey) ?? [e.right]
    if (left === right) continue
    const [large, small] = left.length >= right.length ? [left, right] : [right, left]
    large.push(...small)
    setOf.set(leftKey, large)
    setOf.set(rightKey, large)
    for (const member of small) setOf.set(expressionKey(member), large)
  }
  const sets = [...new Set(setOf.values())]
  for (const set of sets) set.sort(byPreference)
  const rewrite = (e: Expression, scope: Scope): Expression | undefined =>
    rewriteInto(e, scope, setOf, false)
  return {
    rewrite,
    partition: (scope) => partition(sets, scope, setOf),
    sets,
  }
}

/** Constants first, then plain symbols, then by the number of symbols; by key, so that plans don't vary. */
function byPreference(a: Expression, b: Expression): number {
  return rank(a) - rank(b) || (expressionKey(a) < expressionKey(b) ? -1 : 1)
}
const rank = (e: Expression): number =>
  e.kind === 'constant' ? 0 : e.kind === 'symbol' ? 1 : 1 + symbolsOf(e).size

function rewriteInto(
  e: Expression,
  scope: Scope,
  setOf: ReadonlyMap<string, readonly Expression[]>,
  notItself: boolean,
): Expression | undefined {
  if (!notItself && allInScope(e, scope)) return e
  if (!isDeterministic(e)) return undefined
  const equals = setOf.get(expressionKey(e))
  const found = equals?.find((other) => allInScope(other, scope) && !sameExpression(other, e))
  if (found !== undefined) return found
  const children = childrenOf(e)
  if (children.length === 0 || e.kind === 'lambda') return undefined
  const rewritten: Expression[] = []
  for (const child of children) {
    const inScope = rewriteInto(child, scope, setOf, false)
    if (inScope === undefined) return undefined
    rewritten.push(inScope)
  }
  return withChildren(e, rewritten)
}

function allInScope(e: Expression, scope: Scope): boolean {
  for (const name of symbolsOf(e)) if (!scope(name)) return false
  return true
}

function partition(
  sets: readonly (readonly Expression[])[],
  scope: Scope,
  setOf: ReadonlyMap<string, readonly Expression[]>,
): EqualityPartition {
  const inScope: Expression[] = []
  const outside: Expression[] = []
  const straddling: Expression[] = []
  const outsideScope: Scope = (name) => !scope(name)
  for (const set of sets) {
    const own: Expression[] = []
    const others: Expression[] = []
    const mixed: Expression[] = []
    for (const member of set) {
      const here = allInScope(member, scope)
      const there = allInScope(member, outsideScope)
      if (here) own.push(member)
      if (there) others.push(member)
      if (!here && !there) {
        // A member over both sides may have a form over one of them through other sets.
        const rewritten =
          rewriteInto(member, scope, setOf, true) ?? rewriteInto(member, outsideScope, setOf, true)
        if (rewritten === undefined) mixed.push(member)
        else if (allInScope(rewritten, scope)) own.push(rewritten)
        else others.push(rewritten)
      }
    }
    chain(own, inScope)
    chain(others, outside)
    const joined = [own[0], others[0], ...mixed].filter((e) => e !== undefined)
    chain(dropRepeated(joined), straddling)
  }
  return { inScope, outside, straddling }
}

const dropRepeated = (expressions: readonly Expression[]): Expression[] =>
  expressions.filter((e, i) => expressions.findIndex((other) => sameExpression(e, other)) === i)

/** States that all are equal to the first. Two constants are equal or the set would be contradictory: kept too. */
function chain(expressions: readonly Expression[], into: Expression[]): void {
  const distinct = dropRepeated(expressions)
  const [first, ...rest] = distinct
  if (first === undefined) return
  for (const other of rest) {
    into.push(first.kind === 'constant' ? equal(other, first) : equal(first, other))
  }
}
