import type { Expression } from '../../../expressions/ir.js'
import type { Constraint, ConstraintApplicationResult, Domain } from '../../../spi/index.js'
import {
  columnDomainOf,
  conjunction,
  domainsEqual,
  extractConjuncts,
  intersectTuples,
  isNoTuples,
  plainKey,
  TRUE_EXPRESSION,
  TUPLE_DOMAIN_ALL,
  TUPLE_DOMAIN_NONE,
  type TupleDomain,
  tupleDomain,
  type Value,
} from '../../../spi/index.js'
import { expressionText } from '../../explain/expression-text.js'
import type { FilterNode, PlanNode, TableScanNode } from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { emptyValues, filterOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import {
  fromConnectorExpression,
  toConnectorExpression,
} from '../expression/connector-expression-translator.js'
import { extractDomains, toPredicate } from '../expression/domain-translator.js'
import { conjunctsOf, constant } from '../expression/predicates.js'
import { isDeterministic, substitute, symbolsOf } from '../expression/tree.js'

type FilterOverScan = FilterNode & { readonly source: TableScanNode }

interface Offer {
  readonly constraint: Constraint<unknown>
  readonly domains: ReturnType<typeof extractDomains>
  /** Conjuncts that are in the constraint's expression, by their translation's key. */
  readonly translated: ReadonlyMap<string, Expression>
  /** Conjuncts that no connector is offered. */
  readonly kept: readonly Expression[]
}

/**
 * Offers a filter's predicate to the connector: what restricts single columns as a TupleDomain, the rest as a
 * ConnectorExpression. What the connector doesn't take over stays in the filter.
 * @returns undefined where the connector changed nothing
 * @source Trino PushPredicateIntoTableScan
 */
export async function pushFilter(
  node: FilterOverScan,
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  const offer = makeOffer(node, context)
  if (isNoTuples(offer.constraint.summary)) return emptyValues(context, node.source.outputs)
  if (
    offer.constraint.summary.columnDomains?.length === 0 &&
    offer.constraint.expression === TRUE_EXPRESSION
  ) {
    return undefined
  }
  const result = await context.metadata.applyFilter(node.source.table, offer.constraint)
  if (result === undefined) return undefined
  const scan = node.source
  const remaining = remainingConjuncts(scan, offer, result, context)
  const enforced = await enforcedConstraint(scan, offer, result, context)
  const stays = new Set(remaining)
  const notes = conjunctsOf(node.predicate)
    .filter((e) => !stays.has(e))
    .map((e) => `pushed: ${expressionText(e)}`)
  const pushed: TableScanNode = {
    ...scan,
    table: { ...scan.table, handle: result.handle },
    enforcedConstraint: enforced,
    pushdownNotes: [...new Set([...(scan.pushdownNotes ?? []), ...notes])],
  }
  if (remaining.length === 0) return pushed
  const over = filterOver(context, pushed, remaining)
  return over.kind === 'filter' ? { ...over, id: node.id } : over
}

/** What the connector says of a conjunct that it has left; undefined where it says nothing. */
export async function refusalOf(
  node: FilterOverScan,
  conjunct: Expression,
  context: OptimizerContext,
): Promise<string | undefined> {
  const { constraint, kept } = makeOffer({ ...node, predicate: conjunct }, context)
  if (kept.length > 0) return undefined
  return context.metadata.explainRefusal(node.source.table, constraint)
}

const columnOf = (scan: TableScanNode, name: string): unknown =>
  scan.columns[scan.outputs.findIndex((s) => s.name === name)]

function makeOffer(node: FilterOverScan, context: OptimizerContext): Offer {
  const scan = node.source
  const conjuncts = conjunctsOf(node.predicate)
  const usable = conjuncts.filter(isDeterministic)
  const kept = conjuncts.filter((e) => !isDeterministic(e))
  const domains = extractDomains(usable)
  const summary = tupleDomain(
    [...domains.bySymbol.values()].map(({ symbol, domain }) => ({
      column: columnOf(scan, symbol.name),
      domain,
    })),
  )
  const translated = new Map<string, Expression>()
  const expressions = []
  for (const e of domains.rest) {
    const expression = context.session.complexExpressionPushdown
      ? toConnectorExpression(e)
      : undefined
    if (expression === undefined) kept.push(e)
    else {
      translated.set(plainKey(expression), e)
      expressions.push(expression)
    }
  }
  const assignments: Record<string, unknown> = {}
  for (const name of new Set(domains.rest.flatMap((e) => [...symbolsOf(e)]))) {
    assignments[name] = columnOf(scan, name)
  }
  const columns = [...new Set(usable.flatMap((e) => [...symbolsOf(e)]))].map((name) =>
    columnOf(scan, name),
  )
  return {
    constraint: {
      summary,
      expression: expressions.length === 0 ? TRUE_EXPRESSION : conjunction(expressions),
      assignments,
      predicate: bindingTest(scan, usable, context),
      predicateColumns: columns,
    },
    domains,
    translated,
    kept,
  }
}

/** Tests the conjuncts whose columns all have values; others, and those that fail, let the values pass. */
function bindingTest(
  scan: TableScanNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): (bindings: ReadonlyMap<unknown, Value>) => boolean {
  return (bindings) => {
    const values = new Map([...bindings].map(([column, value]) => [plainKey(column), value]))
    const bound = new Map<string, Value>()
    scan.outputs.forEach((symbol, i) => {
      const value = values.get(plainKey(scan.columns[i]))
      if (value !== undefined) bound.set(symbol.name, value)
    })
    return conjuncts.every((e) => {
      if (![...symbolsOf(e)].every((name) => bound.has(name))) return true
      const closed = substitute(e, (name, type) => constant(bound.get(name) as Value, type))
      try {
        return context.evaluate(closed) === true
      } catch {
        // An error belongs to the rows that raise it, if the query reads them.
        return true
      }
    })
  }
}

function remainingConjuncts(
  scan: TableScanNode,
  offer: Offer,
  result: ConstraintApplicationResult<unknown, unknown>,
  context: OptimizerContext,
): readonly Expression[] {
  const remaining: Expression[] = []
  for (const { symbol, domain, exact } of offer.domains.bySymbol.values()) {
    const left = remainingDomain(result.remainingFilter, columnOf(scan, symbol.name))
    if (left === undefined) continue
    // Left as it was: the conjuncts stay as they were written.
    if (domainsEqual(left, domain)) remaining.push(...exact)
    else remaining.push(...conjunctsOf(toPredicate(symbol, left)))
  }
  if (result.remainingExpression === undefined) remaining.push(...offer.translated.values())
  else {
    const symbols = new Map(scan.outputs.map((s) => [s.name, s]))
    for (const e of extractConjuncts(result.remainingExpression)) {
      const original = offer.translated.get(plainKey(e))
      const symbolOfVariable = (name: string): PlanSymbol => {
        const symbol = symbols.get(name)
        if (symbol === undefined) throw new Error(`internal error: unknown variable ${name}`)
        return symbol
      }
      remaining.push(original ?? fromConnectorExpression(e, symbolOfVariable, context.metadata))
    }
  }
  return [...remaining, ...offer.kept]
}

const remainingDomain = (remaining: TupleDomain<unknown>, column: unknown): Domain | undefined =>
  columnDomainOf(remaining, column)

/** What the scan guarantees from now on, by column name. */
async function enforcedConstraint(
  scan: TableScanNode,
  offer: Offer,
  result: ConstraintApplicationResult<unknown, unknown>,
  context: OptimizerContext,
): Promise<TupleDomain<string>> {
  const before = (scan.enforcedConstraint ?? TUPLE_DOMAIN_ALL) as TupleDomain<string>
  const { columnDomains } = offer.constraint.summary
  if (columnDomains === null) return TUPLE_DOMAIN_NONE
  const taken = []
  for (const { column, domain } of columnDomains) {
    const left = columnDomainOf(result.remainingFilter, column)
    if (left !== undefined && domainsEqual(left, domain)) continue
    const { name } = await context.metadata.columnMetadata(scan.table, column)
    taken.push({ column: name, domain })
  }
  return intersectTuples(before, tupleDomain(taken))
}
