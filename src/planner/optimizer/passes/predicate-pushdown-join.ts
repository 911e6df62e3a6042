import type { ComparisonExpression, Expression } from '../../../expressions/ir.js'
import type { JoinCriterion, JoinNode, JoinType, PlanNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { effectivePredicate } from '../analysis/effective-predicate.js'
import { emptyValues, filterOver, project } from '../build.js'
import type { OptimizerContext } from '../context.js'
import type { Scope } from '../expression/equality-inference.js'
import { inferEqualities, notInferable, scopeOf } from '../expression/equality-inference.js'
import { impliedDisjunction } from '../expression/extract-common.js'
import {
  and,
  conjunctsOf,
  distinctTerms,
  equal,
  isFalse,
  isTrue,
  namesOf,
  readsOnly,
  symbolOf,
} from '../expression/predicates.js'
import { simplifyPredicate } from '../expression/simplify.js'
import { isDeterministic, symbolsOf } from '../expression/tree.js'
import { keepsLeft, keepsRight, neededType, withoutPadding } from './join-padding.js'
import { push } from './predicate-pushdown.js'

/** Where the conjuncts above and of a join belong. */
interface Split {
  readonly left: readonly Expression[]
  readonly right: readonly Expression[]
  readonly join: readonly Expression[]
  readonly above: readonly Expression[]
}

/** Pushes conjuncts into a join, and its own condition into its sides. */
export function pushIntoJoin(
  node: JoinNode,
  inherited: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const type = neededType(node, inherited, context)
  const condition = conjunctsOf(
    simplifyPredicate(
      and([
        ...node.criteria.map((c) => equal(symbolOf(c.left), symbolOf(c.right))),
        ...conjunctsOf(node.filter),
      ]),
      context.evaluate,
    ),
  )
  const split = splitFor(type, node, inherited, condition)
  // A side's rows that no condition keeps may go before, unless the join gives them without a match.
  const impliedLeft = keepsLeft(type) ? [] : impliedOn(node.left, split.join, context)
  const impliedRight = keepsRight(type) ? [] : impliedOn(node.right, split.join, context)
  const leftConjuncts = simplifyPredicate(and([...split.left, ...impliedLeft]), context.evaluate)
  const rightConjuncts = simplifyPredicate(and([...split.right, ...impliedRight]), context.evaluate)
  const nothingLeft = isFalse(leftConjuncts)
  const nothingRight = isFalse(rightConjuncts)
  if ((nothingLeft && !keepsRight(type)) || (nothingRight && !keepsLeft(type))) {
    return emptyValues(context, outputsOf(node))
  }
  const pushInto = (side: PlanNode, conjuncts: Expression, keepsAll: boolean) =>
    push(
      keepsAll ? side : withoutPadding(side, split.join, context),
      conjunctsOf(conjuncts),
      context,
    )
  const left = nothingLeft
    ? emptyValues(context, outputsOf(node.left))
    : pushInto(node.left, leftConjuncts, keepsLeft(type))
  const right = nothingRight
    ? emptyValues(context, outputsOf(node.right))
    : pushInto(node.right, rightConjuncts, keepsRight(type))
  const join = rebuild(node, type, left, right, split.join, context)
  return filterOver(context, join, split.above)
}

function rebuild(
  node: JoinNode,
  type: JoinType,
  left: PlanNode,
  right: PlanNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const leftNames = namesOf(outputsOf(left))
  const rightNames = namesOf(outputsOf(right))
  const keys: { left: Expression; right: Expression }[] = []
  const rest: Expression[] = []
  for (const e of distinctTerms(conjuncts)) {
    const sides = equalityOfSides(e, leftNames, rightNames)
    if (sides === undefined) rest.push(e)
    else keys.push(sides)
  }
  const leftKeys = project(
    context,
    left,
    keys.map((k) => k.left),
  )
  const rightKeys = project(
    context,
    right,
    keys.map((k) => k.right),
  )
  const criteria = leftKeys.symbols.map(
    (symbol, i): JoinCriterion => ({ left: symbol, right: rightKeys.symbols[i] as PlanSymbol }),
  )
  const filter = simplifyPredicate(and(rest), context.evaluate)
  const { filter: _, ...fields } = node
  return {
    ...fields,
    type,
    left: leftKeys.node,
    right: rightKeys.node,
    criteria,
    ...(isTrue(filter) ? {} : { filter }),
  }
}

/** The sides of an equality between an expression of the left and one of the right source. */
export function equalityOfSides(
  e: Expression,
  leftNames: ReadonlySet<string>,
  rightNames: ReadonlySet<string>,
): { left: Expression; right: Expression } | undefined {
  if (e.kind !== 'comparison' || e.operator !== '=' || !isDeterministic(e)) return undefined
  const { left, right } = e as ComparisonExpression
  if (symbolsOf(left).size === 0 || symbolsOf(right).size === 0) return undefined
  if (readsOnly(left, leftNames) && readsOnly(right, rightNames)) return { left, right }
  if (readsOnly(left, rightNames) && readsOnly(right, leftNames))
    return { left: right, right: left }
  return undefined
}

function splitFor(
  type: JoinType,
  node: JoinNode,
  inherited: readonly Expression[],
  condition: readonly Expression[],
): Split {
  const leftScope = scopeOf(namesOf(outputsOf(node.left)))
  const rightScope = scopeOf(namesOf(outputsOf(node.right)))
  const left = effectivePredicate(node.left)
  const right = effectivePredicate(node.right)
  switch (type) {
    case 'inner':
      return splitInner(inherited, left, right, condition, leftScope, rightScope)
    case 'left': {
      const s = splitOuter(inherited, left, right, condition, leftScope, rightScope)
      return { left: s.outer, right: s.inner, join: s.join, above: s.above }
    }
    case 'right': {
      const s = splitOuter(inherited, right, left, condition, rightScope, leftScope)
      return { left: s.inner, right: s.outer, join: s.join, above: s.above }
    }
    case 'full':
      return { left: [], right: [], join: condition, above: inherited }
  }
}

function splitInner(
  inherited: readonly Expression[],
  leftEffective: readonly Expression[],
  rightEffective: readonly Expression[],
  condition: readonly Expression[],
  leftScope: Scope,
  rightScope: Scope,
): Split {
  const left: Expression[] = []
  const right: Expression[] = []
  const join: Expression[] = []
  const everything = inferEqualities(inherited, leftEffective, rightEffective, condition)
  for (const e of notInferable([...inherited, ...condition])) {
    if (!isDeterministic(e)) {
      join.push(e)
      continue
    }
    const onLeft = everything.rewrite(e, leftScope)
    const onRight = everything.rewrite(e, rightScope)
    if (onLeft !== undefined) left.push(onLeft)
    if (onRight !== undefined) right.push(onRight)
    if (onLeft !== undefined || onRight !== undefined) continue
    join.push(e)
  }
  for (const e of notInferable(leftEffective))
    addRewritten(everything.rewrite(e, rightScope), right)
  for (const e of notInferable(rightEffective)) addRewritten(everything.rewrite(e, leftScope), left)
  const withoutLeft = inferEqualities(inherited, rightEffective, condition)
  const withoutRight = inferEqualities(inherited, leftEffective, condition)
  left.push(...withoutLeft.partition(leftScope).inScope)
  right.push(...withoutRight.partition(rightScope).inScope)
  join.push(...everything.partition(leftScope).straddling)
  return { left, right, join, above: [] }
}

const addRewritten = (e: Expression | undefined, into: Expression[]): void => {
  if (e !== undefined && symbolsOf(e).size > 0) into.push(e)
}

/** What the disjunctions of a join's condition say about one side alone. */
function impliedOn(
  side: PlanNode,
  condition: readonly Expression[],
  { neverFails }: OptimizerContext,
): readonly Expression[] {
  const scope = scopeOf(namesOf(outputsOf(side)))
  // It is evaluated for rows that the whole never sees.
  const isOfSide = (term: Expression): boolean => {
    const names = symbolsOf(term)
    return names.size > 0 && [...names].every(scope) && neverFails(term)
  }
  return condition.flatMap((e) => {
    if (e.kind !== 'logical' || e.operator !== 'or' || !isDeterministic(e)) return []
    return impliedDisjunction(e.terms, isOfSide) ?? []
  })
}

function splitOuter(
  inherited: readonly Expression[],
  outerEffective: readonly Expression[],
  innerEffective: readonly Expression[],
  condition: readonly Expression[],
  outerScope: Scope,
  innerScope: Scope,
): { outer: Expression[]; inner: Expression[]; join: Expression[]; above: Expression[] } {
  const outer: Expression[] = []
  const inner: Expression[] = []
  const join: Expression[] = []
  const above: Expression[] = []
  const ofInherited = inferEqualities(inherited).partition(outerScope)
  outer.push(...ofInherited.inScope)
  above.push(...ofInherited.outside, ...ofInherited.straddling)

  // Inner rows meet only outer rows that passed what is known of the outer side.
  const outerInference = inferEqualities(inherited, outerEffective)
  const matching = inferEqualities(ofInherited.inScope, outerEffective, innerEffective, condition)
  const matchingWithoutInner = inferEqualities(ofInherited.inScope, outerEffective, condition)
  inner.push(...matchingWithoutInner.partition(innerScope).inScope)

  const ofCondition = inferEqualities(condition).partition(innerScope)
  inner.push(...ofCondition.inScope)
  join.push(...ofCondition.outside, ...ofCondition.straddling)

  for (const e of notInferable(inherited)) {
    const onOuter = isDeterministic(e) ? outerInference.rewrite(e, outerScope) : undefined
    if (onOuter === undefined) above.push(e)
    else {
      outer.push(onOuter)
      addRewritten(matching.rewrite(onOuter, innerScope), inner)
    }
  }
  for (const e of notInferable(outerEffective)) addRewritten(matching.rewrite(e, innerScope), inner)
  for (const e of notInferable(condition)) {
    const onInner = isDeterministic(e) ? matching.rewrite(e, innerScope) : undefined
    if (onInner === undefined) join.push(e)
    else inner.push(onInner)
  }
  return { outer, inner, join, above }
}
