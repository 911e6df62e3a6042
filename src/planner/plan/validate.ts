import type { Expression } from '../../expressions/ir.js'
import { childrenOf } from '../../expressions/ir-walk.js'
import { assert, typeName, typesEqual } from '../../spi/index.js'
import type { PlanNode, SetExpression, WithNode } from './node.js'
import { outputsOf, readsOfTable, sharedScansOf, sourcesOf } from './structure.js'
import type { PlanSymbol } from './symbol.js'
import { visitPlan } from './visit.js'

/**
 * Checks what every plan must satisfy: node ids are unique, no node outputs a name twice, every symbol read is an output
 * of a source (or of an outer query below Apply) with the same type, and nodes agree with themselves (the sides of join
 * criteria, the widths of VALUES and set operations). O(plan).
 * @param stage names the pass that made the plan, for the message
 * @throws an internal error naming the node, on the first violation
 * @source Trino PlanSanityChecker: ValidateDependenciesChecker, TypeValidator, NoDuplicatePlanNodeIdsChecker
 */
export function validatePlan(plan: PlanNode, stage: string): void {
  validate(plan, new Map(), new Set(), stage)
}

type Scope = ReadonlyMap<string, PlanSymbol>

function validate(node: PlanNode, outer: Scope, ids: Set<string>, stage: string): void {
  const where = `${stage}: node ${node.id} (${node.kind})`
  assert(!ids.has(node.id), `${where}: duplicate node id`)
  ids.add(node.id)
  const [first, second] = sourcesOf(node)
  if ((node.kind === 'apply' || node.kind === 'correlatedJoin') && first && second) {
    validate(first, outer, ids, stage)
    const inner = new Map(outer)
    const given = scopeOf([first])
    for (const symbol of node.correlation) {
      const found = given.get(symbol.name) ?? outer.get(symbol.name)
      assert(found !== undefined, `${where}: correlation with unknown symbol ${symbol.name}`)
      inner.set(symbol.name, symbol)
    }
    validate(second, inner, ids, stage)
  } else {
    for (const source of sourcesOf(node)) validate(source, outer, ids, stage)
  }
  checkOutputs(node, where)
  checkNode(node, outer, where)
}

const scopeOf = (sources: readonly PlanNode[]): Map<string, PlanSymbol> =>
  new Map(sources.flatMap((source) => outputsOf(source).map((s) => [s.name, s] as const)))

function checkOutputs(node: PlanNode, where: string): void {
  if (node.kind === 'output') return
  const seen = new Set<string>()
  for (const { name } of outputsOf(node)) {
    assert(!seen.has(name), `${where}: outputs ${name} twice`)
    seen.add(name)
  }
}

interface Check {
  /** The symbol is in scope with this type. */
  readonly symbol: (symbol: PlanSymbol | undefined, scope?: Scope) => void
  readonly symbols: (symbols: readonly PlanSymbol[], scope?: Scope) => void
  readonly expression: (e: Expression | undefined, scope?: Scope) => void
  readonly boolean: (e: Expression | undefined) => void
  readonly same: (a: PlanSymbol, b: PlanSymbol) => void
  readonly that: (condition: boolean, message: string) => void
}

function checks(node: PlanNode, outer: Scope, where: string): Check {
  const own = scopeOf(sourcesOf(node))
  const find = (name: string, scope: Scope) => scope.get(name) ?? outer.get(name)
  const symbol = (s: PlanSymbol | undefined, scope: Scope = own): void => {
    if (s === undefined) return
    const found = find(s.name, scope)
    assert(found !== undefined, `${where}: reads unknown symbol ${s.name}`)
    assert(
      typesEqual(found.type, s.type),
      `${where}: reads ${s.name} ${typeName(found.type)} as ${typeName(s.type)}`,
    )
  }
  const expression = (e: Expression | undefined, scope: Scope = own): void => {
    if (e === undefined) return
    assert(e.kind !== 'input', `${where}: has an input channel`)
    if (e.kind === 'symbol') symbol({ name: e.name, type: e.type }, scope)
    const inner =
      e.kind === 'lambda'
        ? new Map([...scope, ...e.parameters.map((p) => [p.name, p] as const)])
        : scope
    if (e.kind === 'comparison') {
      assert(
        typesEqual(e.left.type, e.right.type),
        `${where}: compares ${typeName(e.left.type)} with ${typeName(e.right.type)}`,
      )
    }
    for (const child of childrenOf(e)) expression(child, inner)
  }
  return {
    symbol,
    symbols: (list, scope) => {
      for (const s of list) symbol(s, scope)
    },
    expression,
    boolean: (e) => {
      expression(e)
      assert(e === undefined || e.type.kind === 'boolean', `${where}: a condition is not boolean`)
    },
    same: (a, b) =>
      assert(typesEqual(a.type, b.type), `${where}: ${a.name} and ${b.name} differ in type`),
    that: (condition, message) => assert(condition, `${where}: ${message}`),
  }
}

function checkNode(node: PlanNode, outer: Scope, where: string): void {
  const check = checks(node, outer, where)
  const ordered = (n: { readonly orderBy: readonly { readonly symbol: PlanSymbol }[] }): void =>
    check.symbols(n.orderBy.map((item) => item.symbol))
  const nothing = (): void => {}
  visitPlan<void>(node, {
    tableScan: (n) => {
      check.that(n.outputs.length === n.columns.length, 'a column for each output')
      check.symbols(
        (n.dynamicFilters ?? []).map((f) => f.symbol),
        scopeOf([n]),
      )
    },
    values: (n) => {
      for (const row of n.rows) {
        check.that(row.length === n.outputs.length, 'rows as wide as the outputs')
        row.forEach((e, i) => {
          check.expression(e)
          const type = (n.outputs[i] as PlanSymbol).type
          check.that(typesEqual(e.type, type), `${typeName(e.type)} in column ${typeName(type)}`)
        })
      }
    },
    filter: (n) => check.boolean(n.predicate),
    project: (n) => {
      for (const { symbol, expression } of n.assignments) {
        check.expression(expression)
        check.that(
          typesEqual(symbol.type, expression.type),
          `assigns ${typeName(expression.type)} to ${symbol.name} ${typeName(symbol.type)}`,
        )
      }
    },
    aggregation: (n) => {
      check.symbols([...n.groupingKeys, ...(n.preGroupedSymbols ?? [])])
      check.symbol(n.groupIdSymbol)
      check.that((n.states === undefined) === (n.step === 'single'), 'a step has states')
      if (n.step === 'final' || n.step === 'intermediate') {
        check.symbols((n.states ?? []).flat())
        return
      }
      for (const { call } of n.aggregations) {
        for (const arg of call.args) check.expression(arg)
        check.symbols([call.filter, call.mask].flatMap((s) => s ?? []))
        check.symbols((call.orderBy ?? []).map((item) => item.symbol))
      }
    },
    join: (n) => {
      const left = scopeOf([n.left])
      const right = scopeOf([n.right])
      for (const name of left.keys()) check.that(!right.has(name), `both sides have ${name}`)
      checkCriteria(n.criteria, left, right, check)
      check.boolean(n.filter)
      check.symbols(n.leftOutputs, left)
      check.symbols(n.rightOutputs, right)
      check.symbols(
        (n.dynamicFilters ?? []).map((f) => f.symbol),
        right,
      )
      check.symbols(
        (n.probeFilters ?? []).map((f) => f.symbol),
        left,
      )
    },
    semiJoin: (n) => {
      checkCriteria(n.criteria, scopeOf([n.source]), scopeOf([n.filteringSource]), check)
      check.boolean(n.filter)
      check.that((n.mode === 'mark') === (n.output !== undefined), 'an output with mode mark only')
      check.that(!n.nullAware || n.criteria.length === 1, 'one criterion with nullAware')
      check.that(!n.nullAware || n.filter === undefined, 'no filter with nullAware')
      check.symbols([...(n.dynamicFilters ?? []), ...(n.probeFilters ?? [])].map((f) => f.symbol))
    },
    sort: ordered,
    topN: ordered,
    limit: (n) => check.symbols((n.tiesOrderBy ?? []).map((item) => item.symbol)),
    setOperation: (n) => {
      check.that(n.sources.length === n.inputs.length, 'inputs for each source')
      n.sources.forEach((source, s) => {
        const inputs = n.inputs[s] as readonly PlanSymbol[]
        check.that(inputs.length === n.outputs.length, 'an input for each output')
        check.symbols(inputs, scopeOf([source]))
        inputs.forEach((input, i) => {
          check.same(input, n.outputs[i] as PlanSymbol)
        })
      })
    },
    markDistinct: (n) => check.symbols(n.distinctSymbols),
    groupId: (n) => {
      check.symbols(n.groupingColumns.map((c) => c.input))
      check.symbols(n.aggregationArguments)
    },
    patternRecognition: (n) => {
      check.symbols(n.partitionBy)
      ordered(n)
      check.symbols(n.inputs)
      check.symbols(n.columns)
      check.symbol(n.frame?.end.value)
    },
    tableFunction: (n) => {
      check.that(n.sources.length === n.tables.length, 'a source for each table argument')
      n.tables.forEach((table, i) => {
        const scope = scopeOf([n.sources[i] as PlanNode])
        check.symbols(readsOfTable(table), scope)
        check.symbols(table.passed, scope)
      })
    },
    window: (n) => {
      check.symbols(n.partitionBy)
      ordered(n)
      for (const f of n.functions) {
        for (const arg of f.args) check.expression(arg)
        for (const item of f.orderBy ?? []) check.symbol(item.symbol)
        const { start, end } = f.frame
        for (const s of [f.filter, start.value, start.sortKey, end.value, end.sortKey]) {
          check.symbol(s)
        }
      }
    },
    rowNumber: (n) => check.symbols(n.partitionBy),
    topNRanking: (n) => {
      check.symbols(n.partitionBy)
      ordered(n)
    },
    asyncCall: (n) => {
      for (const call of n.calls) {
        check.symbols(call.args)
        check.that(
          call.args.length === call.function.argumentTypes.length,
          'an argument for each of the function',
        )
      }
    },
    unnest: (n) => {
      check.symbols(n.replicated)
      check.symbols(n.mappings.map((m) => m.input))
    },
    apply: (n) => {
      for (const { set } of n.assignments) checkSet(set, n.input, n.subquery, check)
    },
    correlatedJoin: (n) => check.boolean(n.filter),
    tableWriter: (n) => check.symbols(n.columns),
    exchange: (n) => {
      check.symbols(n.partitionBy)
      check.symbols((n.orderBy ?? []).map((item) => item.symbol))
    },
    output: (n) => {
      check.symbols(n.outputs)
      check.that(n.outputs.length === n.columnNames.length, 'a name for each output')
    },
    with: (n) => checkShared(n, check),
    sharedScan: (n) =>
      check.that(n.outputs.length === n.columns.length, 'a column for each output'),
    remoteSource: nothing,
    offset: nothing,
    enforceSingleRow: nothing,
    assignUniqueId: nothing,
    sample: nothing,
    tableFinish: nothing,
  })
}

/** What is read of a shared plan is an output of it, and its readers come after it. */
function checkShared(node: WithNode, check: Check): void {
  const known = new Map<string, Scope>()
  const readsKnown = (plan: PlanNode): void => {
    for (const { name, columns } of sharedScansOf(plan)) {
      check.that(known.has(name), `reads unknown shared plan ${name}`)
      check.symbols(columns, known.get(name))
    }
  }
  for (const { name, plan } of node.shared) {
    readsKnown(plan)
    check.that(!known.has(name), `shares ${name} twice`)
    known.set(name, scopeOf([plan]))
  }
  readsKnown(node.main)
}

function checkCriteria(
  criteria: readonly { readonly left: PlanSymbol; readonly right: PlanSymbol }[],
  left: Scope,
  right: Scope,
  check: Check,
): void {
  for (const c of criteria) {
    check.that(left.has(c.left.name), `criterion's ${c.left.name} is not of the left side`)
    check.that(right.has(c.right.name), `criterion's ${c.right.name} is not of the right side`)
    check.symbol(c.left, left)
    check.symbol(c.right, right)
    check.same(c.left, c.right)
  }
}

function checkSet(set: SetExpression, input: PlanNode, subquery: PlanNode, check: Check): void {
  if (set.kind === 'exists') return
  check.symbol(set.value, scopeOf([input]))
  check.symbol(set.reference, scopeOf([subquery]))
  check.same(set.value, set.reference)
}
