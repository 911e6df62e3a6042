import { BIGINT, BOOLEAN } from '../../../spi/index.js'
import type { ApplyNode, PlanNode, SemiJoinNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { resolveAggregate } from '../aggregates.js'
import { cardinalityOf } from '../analysis/cardinality.js'
import { extend, isEmpty, joinOver, newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { copyPlan } from '../copy-plan.js'
import {
  and,
  comparison,
  constant,
  equal,
  FALSE,
  isNullTest,
  isTrue,
  NULL_BOOLEAN,
  namesOf,
  not,
  or,
  symbolOf,
  TRUE,
} from '../expression/predicates.js'
import { on, rule } from '../rule.js'
import type { Decorrelated } from './decorrelate.js'
import { decorrelate, pinCriteria } from './decorrelate.js'

/** `x` of an Apply with one assignment; others are split off first. */
const single = (node: ApplyNode): boolean => node.assignments.length === 1

/** Apply with several assignments → one Apply each, over copies of the subquery. */
export const splitApply = rule({
  name: 'SplitApply',
  pattern: on('apply', (node) => node.assignments.length > 1),
  apply: (node, context) => {
    const [first, ...rest] = node.assignments as [ApplyNode['assignments'][0]]
    const { plan: subquery, rename } = copyPlan(node.subquery, context)
    const inner: ApplyNode = { ...node, assignments: [first] }
    const assignments = rest.map(({ symbol, set }: ApplyNode['assignments'][0]) => ({
      symbol,
      set: set.kind === 'exists' ? set : { ...set, reference: rename(set.reference) },
    }))
    return { ...node, id: context.ids.next(), input: inner, subquery, assignments }
  },
})

/** An Apply without assignments is its input. */
export const removeEmptyApply = rule({
  name: 'RemoveEmptyApply',
  pattern: on('apply', (node) => node.assignments.length === 0),
  apply: (node) => node.input,
})

/**
 * EXISTS → TRUE for a subquery that always has a row; uncorrelated, a cross join with whether a first row exists;
 * correlated, a semi-join on the pins with what else connects the two as its filter (TPC-H Q4, Q21, Q22).
 * @source Trino TransformExistsApplyToCorrelatedJoin
 */
export const decorrelateExists = rule({
  name: 'DecorrelateExists',
  pattern: on('apply', (node) => single(node) && node.assignments[0]?.set.kind === 'exists'),
  apply: (node, context) => {
    const { symbol } = node.assignments[0] as ApplyNode['assignments'][0]
    if (isEmpty(node.subquery)) return extend(context, node.input, [{ symbol, expression: FALSE }])
    if (cardinalityOf(node.subquery).min > 0) {
      return extend(context, node.input, [{ symbol, expression: TRUE }])
    }
    const d = decorrelate(node.subquery, namesOf(node.correlation), context, { existence: true })
    if (d === undefined) return undefined
    if (d.pins.length === 0 && d.predicates.length === 0) {
      return joinOver(context, 'inner', node.input, existsRow(d.node, symbol, context), [])
    }
    return markJoin(node.input, d, symbol, context)
  },
})

/** One row: whether a plan has any. */
function existsRow(plan: PlanNode, symbol: PlanSymbol, context: OptimizerContext): PlanNode {
  const count = newSymbol(context, 'count', BIGINT)
  const first: PlanNode = { kind: 'limit', id: context.ids.next(), source: plan, count: 1 }
  const counted: PlanNode = {
    kind: 'aggregation',
    id: context.ids.next(),
    source: first,
    groupingKeys: [],
    globalGroupingSets: [0],
    aggregations: [{ symbol: count, call: resolveAggregate(context, 'count', []) }],
    step: 'single',
  }
  const expression = comparison('>', symbolOf(count), constant(0n, BIGINT))
  return projectOver(context, counted, [{ symbol, expression }])
}

/** Marks input rows by whether the decorrelated subquery has a matching row. */
function markJoin(
  input: PlanNode,
  d: Decorrelated,
  symbol: PlanSymbol,
  context: OptimizerContext,
): PlanNode {
  const pinned = pinCriteria(input, d, context)
  const filter = and(d.predicates)
  const join: SemiJoinNode = {
    kind: 'semiJoin',
    id: context.ids.next(),
    mode: 'mark',
    source: pinned.input,
    filteringSource: d.node,
    criteria: pinned.criteria,
    ...(isTrue(filter) ? {} : { filter }),
    nullAware: false,
    output: symbol,
  }
  return join
}

/**
 * IN of an uncorrelated subquery → a null-aware mark.
 * IN of a correlated one → `m1 OR (m2 AND NULL)`: m1 marks a match, m2 marks rows of the subquery for which the
 * comparison is null. Where only TRUE counts m2 falls away; negated, both become anti-joins.
 * @source Trino TransformUncorrelatedInPredicateSubqueryToSemiJoin; SQL:2016 8.9 (three-valued quantification)
 */
export const decorrelateIn = rule({
  name: 'DecorrelateIn',
  pattern: on('apply', (node) => single(node) && node.assignments[0]?.set.kind === 'in'),
  apply: (node, context) => {
    const { symbol, set } = node.assignments[0] as ApplyNode['assignments'][0]
    if (set.kind !== 'in') return undefined
    if (isEmpty(node.subquery)) return extend(context, node.input, [{ symbol, expression: FALSE }])
    const outer = namesOf(node.correlation)
    const matches = decorrelate(node.subquery, outer, context)
    if (matches === undefined) return undefined
    if (matches.pins.length === 0 && matches.predicates.length === 0) {
      return {
        kind: 'semiJoin',
        id: context.ids.next(),
        mode: 'mark',
        source: node.input,
        filteringSource: matches.node,
        criteria: [{ left: set.value, right: set.reference }],
        nullAware: true,
        output: symbol,
      } satisfies SemiJoinNode
    }
    const copy = copyPlan(node.subquery, context)
    const unknown = decorrelate(copy.plan, outer, context)
    if (unknown === undefined) return undefined
    const matched = newSymbol(context, 'matched', BOOLEAN)
    const undecided = newSymbol(context, 'undecided', BOOLEAN)
    const matchPin = { inner: set.reference, outer: symbolOf(set.value) }
    const nulls = or([
      isNullTest(symbolOf(set.value)),
      isNullTest(symbolOf(copy.rename(set.reference))),
    ])
    const first = markJoin(
      node.input,
      { ...matches, pins: [...matches.pins, matchPin] },
      matched,
      context,
    )
    const second = markJoin(
      first,
      { ...unknown, predicates: [...unknown.predicates, nulls] },
      undecided,
      context,
    )
    const expression = or([
      symbolOf(matched),
      {
        kind: 'logical',
        type: BOOLEAN,
        operator: 'and',
        terms: [symbolOf(undecided), NULL_BOOLEAN],
      },
    ])
    return extend(context, second, [{ symbol, expression }])
  },
})

/**
 * Quantified comparisons: `= ANY` is IN, `<> ALL` its negation; others compare with the subquery's minimum or
 * maximum, with what nulls and no rows at all make of them.
 * @source Trino TransformQuantifiedComparisonApplyToCorrelatedJoin
 */
export const decorrelateQuantified = rule({
  name: 'DecorrelateQuantified',
  pattern: on('apply', (node) => single(node) && node.assignments[0]?.set.kind === 'quantified'),
  apply: (node, context) => {
    const { symbol, set } = node.assignments[0] as ApplyNode['assignments'][0]
    if (set.kind !== 'quantified') return undefined
    const { value, reference } = set
    if (set.operator === '=' && set.quantifier === 'any') {
      return { ...node, assignments: [{ symbol, set: { kind: 'in', value, reference } }] }
    }
    if (set.operator === '<>' && set.quantifier === 'all') {
      const isIn = newSymbol(context, 'in', BOOLEAN)
      const apply: ApplyNode = {
        ...node,
        assignments: [{ symbol: isIn, set: { kind: 'in', value, reference } }],
      }
      return projectOver(context, apply, [
        ...outputsOf(node.input).map((s) => ({ symbol: s, expression: symbolOf(s) })),
        { symbol, expression: not(symbolOf(isIn)) },
      ])
    }
    return compareWithBounds(node, symbol, set, context)
  },
})

type Quantified = Extract<ApplyNode['assignments'][0]['set'], { kind: 'quantified' }>

function compareWithBounds(
  node: ApplyNode,
  symbol: PlanSymbol,
  set: Quantified,
  context: OptimizerContext,
): PlanNode {
  const { reference, quantifier } = set
  const min = newSymbol(context, 'min', reference.type)
  const max = newSymbol(context, 'max', reference.type)
  const countAll = newSymbol(context, 'count_all', BIGINT)
  const countNonNull = newSymbol(context, 'count_non_null', BIGINT)
  const argument = [symbolOf(reference)]
  const aggregation: PlanNode = {
    kind: 'aggregation',
    id: context.ids.next(),
    source: node.subquery,
    groupingKeys: [],
    globalGroupingSets: [0],
    aggregations: [
      { symbol: min, call: resolveAggregate(context, 'min', argument) },
      { symbol: max, call: resolveAggregate(context, 'max', argument) },
      { symbol: countAll, call: resolveAggregate(context, 'count', []) },
      { symbol: countNonNull, call: resolveAggregate(context, 'count', argument) },
    ],
    step: 'single',
  }
  const joined: PlanNode = {
    kind: 'correlatedJoin',
    id: context.ids.next(),
    type: 'inner',
    input: node.input,
    subquery: aggregation,
    correlation: node.correlation,
    filter: TRUE,
  }
  const ofEmpty = quantifier === 'all' ? TRUE : FALSE
  const nullsSeen = comparison('<>', symbolOf(countAll), symbolOf(countNonNull))
  const combine = quantifier === 'all' ? and : or
  const expression = {
    kind: 'case',
    type: BOOLEAN,
    whens: [{ condition: equal(symbolOf(countAll), constant(0n, BIGINT)), result: ofEmpty }],
    otherwise: combine([
      boundComparison(set, symbolOf(min), symbolOf(max)),
      {
        kind: 'case',
        type: BOOLEAN,
        whens: [{ condition: nullsSeen, result: NULL_BOOLEAN }],
        otherwise: ofEmpty,
      },
    ]),
  } as const
  return projectOver(context, joined, [
    ...outputsOf(node.input).map((s) => ({ symbol: s, expression: symbolOf(s) })),
    { symbol, expression },
  ])
}

function boundComparison(
  { operator, quantifier, value }: Quantified,
  min: ReturnType<typeof symbolOf>,
  max: ReturnType<typeof symbolOf>,
) {
  const x = symbolOf(value)
  const all = quantifier === 'all'
  switch (operator) {
    case '<':
    case '<=':
      return comparison(operator, x, all ? min : max)
    case '>':
    case '>=':
      return comparison(operator, x, all ? max : min)
    case '=':
      // ALL: every value is x. (ANY is IN.)
      return and([equal(x, min), equal(x, max)])
    case '<>':
      // ANY: some value is not x. (ALL is NOT IN.)
      return or([comparison('<>', x, min), comparison('<>', x, max)])
  }
}

/** The rules for Apply, in the order they are tried. */
export const applyNodeRules = [
  removeEmptyApply,
  splitApply,
  decorrelateExists,
  decorrelateIn,
  decorrelateQuantified,
]
