import type { Expression } from '../../../expressions/ir.js'
import { isInteger, MillraceError, type SqlType } from '../../../spi/index.js'
import type {
  AggregationNode,
  ApplyNode,
  CorrelatedJoinNode,
  PlanNode,
  ProjectNode,
  SubqueryOrigin,
} from '../../plan/node.js'
import { outputsOf, sourcesOf } from '../../plan/structure.js'
import { cardinalityOf } from '../analysis/cardinality.js'
import { planReadsAny, readsOf } from '../analysis/reads.js'
import { conjunctsOf, readsAny, readsOnly } from '../expression/predicates.js'
import { isDeterministic, symbolsOf } from '../expression/tree.js'

/**
 * Refuses the correlated subqueries that Trino has no join form for, by the patterns of its rules alone: what they make of a
 * subquery is not built. The plan is simplified and pruned, its subqueries as written.
 * @throws MillraceError NOT_SUPPORTED at the first such subquery, those of IN before others
 * @source Trino CheckSubqueryNodesAreRewritten and the rules that run before it, in the order of PlanOptimizers
 */
export function checkTrinoForms(plan: PlanNode): void {
  const refused: Record<'applies' | 'joins', SubqueryOrigin[]> = { applies: [], joins: [] }
  const visit = (node: PlanNode): void => {
    if (node.kind === 'correlatedJoin' && node.origin !== undefined && !isJoinForm(node)) {
      refused.joins.push(node.origin)
    }
    if (node.kind === 'apply' && node.origin !== undefined) {
      for (const { set } of node.assignments) {
        if (set.kind === 'exists' || !isMembership(set)) {
          if (!isAggregateForm(node, set.kind === 'exists')) refused.joins.push(node.origin)
        } else if (!isMembershipForm(node)) refused.applies.push(node.origin)
      }
    }
    for (const source of sourcesOf(node)) visit(source)
  }
  visit(plan)
  const [first] = [...refused.applies, ...refused.joins]
  if (first === undefined) return
  throw new MillraceError('NOT_SUPPORTED', 'Given correlated subquery is not supported', {
    location: first.location,
    hint: "The session property 'extended_decorrelation' allows more correlated subqueries than Trino has.",
  })
}

type Comparison = Exclude<ApplyNode['assignments'][0]['set'], { kind: 'exists' }>

/** IN, and the quantified comparisons that are IN by another name. */
const isMembership = (set: Comparison): boolean =>
  set.kind === 'in' ||
  (set.operator === '=' && set.quantifier === 'any') ||
  (set.operator === '<>' && set.quantifier === 'all')

/** The input's columns that the subquery reads. */
function correlationOf(node: ApplyNode | CorrelatedJoinNode): ReadonlySet<string> {
  const names = outputsOf(node.input).map((s) => s.name)
  return new Set(names.filter((name) => planReadsAny(node.subquery, new Set([name]))))
}

/** @source Trino TransformCorrelatedInPredicateToJoin: filters and projections that are not correlated themselves */
function isMembershipForm(node: ApplyNode): boolean {
  const outer = correlationOf(node)
  let at = node.subquery
  while (at.kind === 'filter' || (at.kind === 'project' && !readsNames(at, outer))) at = at.source
  return !planReadsAny(at, outer)
}

const readsNames = (node: PlanNode, names: ReadonlySet<string>): boolean =>
  readsOf(node).some((name) => names.has(name))

/**
 * EXISTS and quantified comparisons are global aggregations over the subquery.
 * @source Trino TransformExistsApplyToCorrelatedJoin, TransformQuantifiedComparisonApplyToCorrelatedJoin
 */
function isAggregateForm(node: ApplyNode, isExistence: boolean): boolean {
  if (isExistence && hasKnownExistence(node.subquery)) return true
  const outer = correlationOf(node)
  if (outer.size === 0) return true
  // EXISTS reads no columns, so that nothing is projected.
  const subquery = isExistence ? belowProjections(node.subquery) : node.subquery
  return isAggregable(subquery, outer) || unnestBelowAggregations(subquery, outer)
}

/** Unions have no known number of rows. @source Trino RemoveRedundantExists */
function hasKnownExistence(subquery: PlanNode): boolean {
  if (belowProjections(subquery).kind === 'setOperation') return false
  const { min, max } = cardinalityOf(subquery)
  return min > 0 || max === 0
}

/** Asynchronous calls are projections that wait. */
function belowProjections(node: PlanNode): PlanNode {
  return node.kind === 'project' || node.kind === 'asyncCall' ? belowProjections(node.source) : node
}

/** Scalar subqueries and LATERAL. */
function isJoinForm(node: CorrelatedJoinNode): boolean {
  const outer = correlationOf(node)
  const subquery = withoutNeedless(node.subquery)
  if (outer.size === 0 || isFilterable(subquery, outer)) return true
  if (node.origin?.conditional === true) return false
  return (
    isUnnestForm(subquery, outer) ||
    isGlobalUnnestForm(subquery, outer) ||
    isAggregationForm(node, subquery, outer) ||
    isScalarForm(subquery, outer) ||
    isSingleRow(subquery)
  )
}

/** @source Trino RemoveRedundantEnforceSingleRowNode, RemoveRedundantLimit, RemoveRedundantTopN, RemoveRedundantSort */
function withoutNeedless(node: PlanNode): PlanNode {
  switch (node.kind) {
    case 'project':
      return { ...node, source: withoutNeedless(node.source) }
    case 'enforceSingleRow': {
      const { min, max } = cardinalityOf(node.source)
      return min === 1 && max === 1 ? withoutNeedless(node.source) : node
    }
    case 'limit': {
      const isNeedless = node.count > 0 && cardinalityOf(node.source).max <= node.count
      return isNeedless ? withoutNeedless(node.source) : node
    }
    case 'topN':
    case 'sort': {
      const isNeedless =
        cardinalityOf(node.source).max <= 1 && (node.kind === 'sort' || node.count > 0)
      return isNeedless ? withoutNeedless(node.source) : node
    }
    default:
      return node
  }
}

/** @source Trino TransformCorrelatedScalarSubquery, then TransformCorrelatedJoinToJoin */
function isScalarForm(subquery: PlanNode, outer: ReadonlySet<string>): boolean {
  const check = belowProjections(subquery)
  if (check.kind !== 'enforceSingleRow') return false
  const unchecked = removeCheck(subquery)
  return isFilterable(unchecked, outer) || isSingleRow(unchecked)
}

function removeCheck(node: PlanNode): PlanNode {
  if (node.kind === 'project') return { ...node, source: removeCheck(node.source) }
  return node.kind === 'enforceSingleRow' ? node.source : node
}

/** Projections of a single written row. @source Trino TransformCorrelatedSingleRowSubqueryToProject */
function isSingleRow(subquery: PlanNode): boolean {
  const row = belowProjections(subquery)
  if (row.kind === 'correlatedJoin')
    return isSingleRow(removeCheck(row.subquery)) && isSingleRow(row.input)
  return row.kind === 'values' && row.rows.length === 1
}

/** @source Trino TransformCorrelatedGlobalAggregation…, …DistinctAggregation… and …GroupedAggregation… */
function isAggregationForm(
  { type }: CorrelatedJoinNode,
  subquery: PlanNode,
  outer: ReadonlySet<string>,
): boolean {
  const node = belowProjections(subquery)
  if (node.kind !== 'aggregation') return false
  if (node.groupingKeys.length === 0) return isAggregable(node.source, outer)
  if (!hasOneSet(node)) return false
  if (type === 'inner') return isAggregable(node.source, outer)
  return isDistinct(node) && isFilterable(node.source, outer)
}

const hasOneSet = (node: AggregationNode): boolean =>
  node.groupingKeys.length > 0 &&
  node.globalGroupingSets.length === 0 &&
  node.groupIdSymbol === undefined

/** A grouping without aggregates, as of DISTINCT. */
const isDistinct = (node: AggregationNode): boolean =>
  hasOneSet(node) && node.aggregations.length === 0

/** What an aggregation may be over: filters, or a DISTINCT over these. */
const isAggregable = (source: PlanNode, outer: ReadonlySet<string>): boolean =>
  isFilterable(source, outer) ||
  (source.kind === 'aggregation' && isDistinct(source) && isFilterable(source.source, outer))

/** @source Trino DecorrelateUnnest */
function isUnnestForm(subquery: PlanNode, outer: ReadonlySet<string>): boolean {
  let at = subquery.kind === 'enforceSingleRow' ? subquery.source : subquery
  while (at.kind === 'project' || ((at.kind === 'limit' || at.kind === 'topN') && at.count > 0)) {
    at = at.source
  }
  return isOuterUnnest(at, outer)
}

/** @source Trino DecorrelateInnerUnnestWithGlobalAggregation, DecorrelateLeftUnnestWithGlobalAggregation */
function isGlobalUnnestForm(subquery: PlanNode, outer: ReadonlySet<string>): boolean {
  let at = subquery
  let reducing: AggregationNode | undefined
  for (;;) {
    if (at.kind === 'aggregation' && at.groupingKeys.length === 0) reducing = at
    else if (at.kind !== 'project') break
    at = at.source
  }
  return reducing !== undefined && unnestBelowAggregations(reducing.source, outer)
}

function unnestBelowAggregations(node: PlanNode, outer: ReadonlySet<string>): boolean {
  if (node.kind === 'project' || (node.kind === 'aggregation' && hasOneSet(node))) {
    return unnestBelowAggregations(node.source, outer)
  }
  return isOuterUnnest(node, outer)
}

/** UNNEST of columns of the input, or of what is computed of these alone. */
function isOuterUnnest(node: PlanNode, outer: ReadonlySet<string>): boolean {
  if (node.kind !== 'unnest' || node.replicated.length > 0) return false
  const { source } = node
  const { min, max } = cardinalityOf(source)
  if (min !== 1 || max !== 1) return false
  return (
    node.mappings.every(({ input }) => outer.has(input.name)) ||
    (source.kind === 'values' && source.rows.flat().every((e) => readsOnly(e, outer))) ||
    (source.kind === 'project' &&
      source.assignments.every(({ expression }) => readsOnly(expression, outer)))
  )
}

/** A subquery whose correlated conditions were taken out, as far as what stands above it has to know. */
interface Filtered {
  /** Symbols of the subquery that the conditions read. */
  readonly carried: ReadonlySet<string>
  /** Those that a condition equates with something of the input. */
  readonly constants: ReadonlySet<string>
  /** Columns of the input that a condition equates with a symbol. */
  readonly replaced: ReadonlySet<string>
  readonly atMostOneRow: boolean
  readonly outputs: readonly string[]
  /** Something else than conditions reads the input. */
  readonly stillCorrelated: boolean
}

/** Whether nothing but conditions is correlated, and they can wait. @source Trino PlanNodeDecorrelator */
function isFilterable(node: PlanNode, outer: ReadonlySet<string>): boolean {
  const filtered = withoutConditions(node, outer)
  return filtered !== undefined && !filtered.stillCorrelated
}

function withoutConditions(node: PlanNode, outer: ReadonlySet<string>): Filtered | undefined {
  switch (node.kind) {
    case 'filter': {
      const source = planReadsAny(node.source, outer)
        ? withoutConditions(node.source, outer)
        : unconditional(node.source)
      if (source === undefined) return undefined
      const conditions = conjunctsOf(node.predicate).filter((e) => readsAny(e, outer))
      const carried = conditions.flatMap((e) =>
        [...symbolsOf(e)].filter((name) => !outer.has(name)),
      )
      const equal = conditions.flatMap((e) => equalities(e, outer))
      return {
        ...source,
        carried: new Set([...source.carried, ...carried]),
        constants: new Set([...source.constants, ...equal.map((e) => e.symbol)]),
        replaced: new Set([...source.replaced, ...equal.flatMap((e) => e.column ?? [])]),
      }
    }
    case 'limit': {
      if (node.count === 0 || node.tiesOrderBy !== undefined) return undefined
      const source = withoutConditions(node.source, outer)
      if (source === undefined || source.atMostOneRow) return source
      if (cardinalityOf(node.source).max <= node.count) return source
      if (node.count > 1) return isSubset(source.carried, source.constants) ? source : undefined
      const isConstant =
        source.constants.size > 0 && source.outputs.every((name) => source.constants.has(name))
      return isConstant ? { ...source, atMostOneRow: true } : undefined
    }
    case 'topN': {
      if (node.count === 0) return undefined
      const source = withoutConditions(node.source, outer)
      if (source === undefined || source.atMostOneRow) return source
      if (!isSubset(source.carried, source.constants)) return undefined
      return { ...source, atMostOneRow: node.count === 1 }
    }
    case 'aggregation':
      return ofAggregation(node, outer)
    case 'project':
      return ofProject(node, outer)
    default:
      return planReadsAny(node, outer) ? undefined : unconditional(node)
  }
}

const NONE: ReadonlySet<string> = new Set()

const unconditional = (node: PlanNode): Filtered => ({
  carried: NONE,
  constants: NONE,
  replaced: NONE,
  atMostOneRow: false,
  outputs: outputsOf(node).map((s) => s.name),
  stillCorrelated: false,
})

const isSubset = (names: ReadonlySet<string>, of: ReadonlySet<string>): boolean =>
  [...names].every((name) => of.has(name))

function ofAggregation(node: AggregationNode, outer: ReadonlySet<string>): Filtered | undefined {
  if (!hasOneSet(node)) return undefined
  const source = withoutConditions(node.source, outer)
  if (source === undefined) return undefined
  const keys = new Set(node.groupingKeys.map((s) => s.name))
  const added = [...source.carried].filter((name) => !keys.has(name))
  if (!added.every((name) => source.constants.has(name))) return undefined
  return {
    ...source,
    atMostOneRow: isSubset(keys, source.constants),
    outputs: [...outputsOf(node).map((s) => s.name), ...added],
    stillCorrelated:
      source.stillCorrelated ||
      readsOf(node).some((name) => outer.has(name) && !source.replaced.has(name)),
  }
}

function ofProject(node: ProjectNode, outer: ReadonlySet<string>): Filtered | undefined {
  const source = withoutConditions(node.source, outer)
  if (source === undefined) return undefined
  const own = node.assignments.map((a) => a.symbol.name)
  const given = new Set(own)
  return {
    ...source,
    outputs: [...own, ...[...source.carried].filter((name) => !given.has(name))],
    stillCorrelated: source.stillCorrelated || readsNames(node, outer),
  }
}

/** Symbols that a condition equates with something of the input: with a column of it, or an expression. */
function equalities(
  e: Expression,
  outer: ReadonlySet<string>,
): readonly { readonly symbol: string; readonly column?: string }[] {
  if (e.kind !== 'comparison' || e.operator !== '=') return []
  const side = (inner: Expression, other: Expression) => {
    const symbol = symbolBelowCast(inner)
    if (symbol === undefined || outer.has(symbol)) return []
    if (!isDeterministic(other) || !readsOnly(other, outer)) return []
    return inner.kind === 'symbol' && other.kind === 'symbol'
      ? [{ symbol, column: other.name }]
      : [{ symbol }]
  }
  return [...side(e.left, e.right), ...side(e.right, e.left)]
}

function symbolBelowCast(e: Expression): string | undefined {
  if (e.kind === 'symbol') return e.name
  if (e.kind !== 'cast' || e.arg.kind !== 'symbol') return undefined
  return isInjective(e.arg.type, e.type) ? e.arg.name : undefined
}

const INTEGER_DIGITS = { tinyint: 3, smallint: 5, integer: 10, bigint: 19 } as const

/** Digits that a type's values have before its scale, and its scale. */
function digitsOf(type: SqlType): { readonly whole: number; readonly scale: number } | undefined {
  if (type.kind === 'decimal') return { whole: type.precision - type.scale, scale: type.scale }
  if (!isInteger(type)) return undefined
  return { whole: INTEGER_DIGITS[type.kind as keyof typeof INTEGER_DIGITS], scale: 0 }
}

/** A coercion that keeps different values different. @source Trino TypeCoercion.isInjectiveCoercion */
function isInjective(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'unknown') return true
  const digits = digitsOf(from)
  if (digits !== undefined) {
    if (to.kind === 'double') return digits.whole + digits.scale <= 15
    if (to.kind === 'real') return digits.whole + digits.scale <= 6
    const wide = digitsOf(to)
    return wide !== undefined && wide.whole >= digits.whole && wide.scale >= digits.scale
  }
  if (from.kind === 'varchar') {
    return to.kind === 'varchar' && (to.length ?? Infinity) >= (from.length ?? Infinity)
  }
  return from.kind === 'date' && to.kind === 'timestamp'
}
