import type { Expression } from '../expressions/ir.js'
import type { PlanNode } from '../planner/plan/node.js'
import { outputsOf, sourcesOf } from '../planner/plan/structure.js'
import type { PlanSymbol } from '../planner/plan/symbol.js'
import type { Value } from '../spi/index.js'
import type { PlanExecution, PlannedStatement } from './services.js'
import type { PlanResult } from './statements/statement.js'
import { displayTypeName } from './statements/type-display.js'

interface OperatorTotals {
  inputRows: number
  outputRows: number
  inputBytes: number
  elapsedMillis: number
}

/** The plan of a statement in the form that EXPLAIN asks for. */
export async function explainText(
  planned: PlannedStatement,
  format: 'TEXT' | 'JSON' | 'GRAPHVIZ',
): Promise<string> {
  switch (format) {
    case 'TEXT':
      return planText(planned.plan, new Map())
    case 'JSON':
      return JSON.stringify(planJson(planned.plan), null, 2)
    case 'GRAPHVIZ':
      return planGraph(planned.plan)
  }
}

/** Runs a plan to its end, throws its rows away and prints it with what its operators measured. */
export async function explainAnalyzeText(
  execution: PlanExecution,
  result: PlanResult,
  planningMillis: number,
): Promise<string> {
  const begun = performance.now()
  let rowCount = 0
  try {
    for (let page = await execution.nextPage(); page; page = await execution.nextPage()) {
      rowCount += page.rowCount
    }
  } finally {
    await execution.end()
  }
  const elapsedMillis = performance.now() - begun
  const info = execution.info()
  const summary = [
    `Planning: ${planningMillis.toFixed(2)}ms, execution: ${elapsedMillis.toFixed(2)}ms`,
    `Rows: ${rowCount}, splits: ${info.totalSplits}, peak memory: ${info.peakMemoryBytes}B`,
  ]
  return `${summary.join('\n')}\n\n${planText(result.plan, operatorTotals(info.detail))}`
}

/** Adds up what drivers report by plan node. */
function operatorTotals(detail: unknown): Map<string, OperatorTotals> {
  const totals = new Map<string, OperatorTotals>()
  const { pipelines } = detail as {
    readonly pipelines: readonly {
      readonly drivers: readonly {
        readonly operators: readonly (OperatorTotals & { readonly planNodeId: string })[]
      }[]
    }[]
  }
  for (const operator of pipelines.flatMap((p) => p.drivers).flatMap((d) => d.operators)) {
    const total = totals.get(operator.planNodeId)
    if (total === undefined) {
      totals.set(operator.planNodeId, { ...operator })
      continue
    }
    total.inputRows += operator.inputRows
    total.outputRows += operator.outputRows
    total.inputBytes += operator.inputBytes
    total.elapsedMillis += operator.elapsedMillis
  }
  return totals
}

const capitalized = (kind: string): string => kind[0]!.toUpperCase() + kind.slice(1)

const layoutText = (symbols: readonly PlanSymbol[]): string =>
  `[${symbols.map((symbol) => `${symbol.name}:${displayTypeName(symbol.type)}`).join(', ')}]`

function planText(
  root: PlanNode,
  totals: ReadonlyMap<string, OperatorTotals>,
  indent = '',
): string {
  const details = nodeDetails(root)
  const lines = [`${indent}- ${nodeTitle(root)} => ${layoutText(outputsOf(root))}`]
  const inner = `${indent}      `
  for (const detail of details) lines.push(`${inner}${detail}`)
  const total = totals.get(root.id)
  if (total !== undefined) {
    lines.push(
      `${inner}Input: ${total.inputRows} rows, output: ${total.outputRows} rows, ${total.elapsedMillis.toFixed(2)}ms`,
    )
  }
  for (const source of sourcesOf(root)) lines.push(planText(source, totals, `${indent}   `))
  return lines.join('\n')
}

const planJson = (node: PlanNode): unknown => ({
  id: node.id,
  name: capitalized(node.kind),
  descriptor: nodeDescriptor(node),
  outputs: outputsOf(node).map(({ name, type }) => ({ name, type: displayTypeName(type) })),
  details: nodeDetails(node),
  children: sourcesOf(node).map(planJson),
})

function planGraph(root: PlanNode): string {
  const lines: string[] = []
  const visit = (node: PlanNode): void => {
    const label = [nodeTitle(node), ...nodeDetails(node)].join('\\n').replaceAll('"', '\\"')
    lines.push(`  node_${node.id} [label="${label}", shape=box];`)
    for (const source of sourcesOf(node)) {
      lines.push(`  node_${node.id} -> node_${source.id};`)
      visit(source)
    }
  }
  visit(root)
  return `digraph logical_plan {\n${lines.join('\n')}\n}`
}

function nodeTitle(node: PlanNode): string {
  const descriptor = Object.entries(nodeDescriptor(node)).map(([key, value]) => `${key} = ${value}`)
  return `${capitalized(node.kind)}[${descriptor.join(', ')}]`
}

const names = (symbols: readonly PlanSymbol[]): string => symbols.map((s) => s.name).join(', ')

const orderText = (
  items: readonly {
    readonly symbol: PlanSymbol
    readonly ascending: boolean
    readonly nullsFirst: boolean
  }[],
): string =>
  items
    .map(
      (item) =>
        `${item.symbol.name} ${item.ascending ? 'ASC' : 'DESC'} NULLS ${item.nullsFirst ? 'FIRST' : 'LAST'}`,
    )
    .join(', ')

/** What tells a node from others of its kind, in a few words. */
function nodeDescriptor(node: PlanNode): Record<string, string> {
  switch (node.kind) {
    case 'tableScan':
      return { table: `${node.table.catalog}:${node.table.schema}.${node.table.table}` }
    case 'filter':
      return { filterPredicate: expressionText(node.predicate) }
    case 'aggregation':
      return { type: node.step.toUpperCase(), keys: `[${names(node.groupingKeys)}]` }
    case 'join':
      return {
        type: node.type.toUpperCase(),
        criteria: node.criteria.map((c) => `${c.left.name} = ${c.right.name}`).join(' AND '),
        ...(node.filter === undefined ? {} : { filter: expressionText(node.filter) }),
        ...(node.distribution === undefined ? {} : { distribution: node.distribution }),
      }
    case 'semiJoin':
      return {
        mode: node.mode,
        criteria: node.criteria.map((c) => `${c.left.name} = ${c.right.name}`).join(' AND '),
      }
    case 'sort':
      return { orderBy: `[${orderText(node.orderBy)}]` }
    case 'topN':
      return { count: String(node.count), orderBy: `[${orderText(node.orderBy)}]` }
    case 'limit':
    case 'offset':
      return { count: String(node.count) }
    case 'exchange':
      return { type: node.type, scope: node.scope, partitionBy: `[${names(node.partitionBy)}]` }
    case 'setOperation':
      return { operation: node.operation, distinct: String(node.distinct) }
    case 'output':
      return { columnNames: `[${node.columnNames.join(', ')}]` }
    case 'tableWriter':
    case 'tableFinish':
      return { target: node.target.name }
    default:
      return {}
  }
}

function nodeDetails(node: PlanNode): string[] {
  switch (node.kind) {
    case 'project':
      return node.assignments
        .filter(({ symbol, expression }) => expressionText(expression) !== symbol.name)
        .map(({ symbol, expression }) => `${symbol.name} := ${expressionText(expression)}`)
    case 'aggregation':
      return node.aggregations.map(
        ({ symbol, call }) =>
          `${symbol.name} := ${call.function.name}(${call.distinct ? 'DISTINCT ' : ''}${call.args.map(expressionText).join(', ')})`,
      )
    case 'tableScan':
      return [...(node.pushdownNotes ?? [])]
    case 'values':
      return node.rows.slice(0, 10).map((row) => `(${row.map(expressionText).join(', ')})`)
    case 'join':
      return (node.dynamicFilters ?? []).map((f) => `dynamic filter ${f.id} from ${f.symbol.name}`)
    default:
      return []
  }
}

function valueText(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`
  if (typeof value === 'object') {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner))
  }
  return String(value)
}

/** An expression in a form close to SQL. */
export function expressionText(expression: Expression): string {
  switch (expression.kind) {
    case 'constant':
      return `${displayTypeName(expression.type)} ${valueText(expression.value)}`
    case 'symbol':
      return expression.name
    case 'input':
      return `#${expression.channel}`
    case 'call':
      return `${expression.function.name}(${expression.args.map(expressionText).join(', ')})`
    case 'cast':
      return `${expression.safe ? 'TRY_CAST' : 'CAST'}(${expressionText(expression.arg)} AS ${displayTypeName(expression.type)})`
    case 'comparison':
      return `(${expressionText(expression.left)} ${expression.operator === 'identical' ? 'IS NOT DISTINCT FROM' : expression.operator} ${expressionText(expression.right)})`
    case 'logical':
      return `(${expression.terms.map(expressionText).join(` ${expression.operator.toUpperCase()} `)})`
    case 'not':
      return `NOT ${expressionText(expression.arg)}`
    case 'isNull':
      return `(${expressionText(expression.arg)} IS NULL)`
    case 'case':
      return `CASE ${expression.whens.map((w) => `WHEN ${expressionText(w.condition)} THEN ${expressionText(w.result)}`).join(' ')} ELSE ${expressionText(expression.otherwise)} END`
    case 'coalesce':
      return `COALESCE(${expression.args.map(expressionText).join(', ')})`
    case 'nullIf':
      return `NULLIF(${expressionText(expression.first)}, ${expressionText(expression.second)})`
    case 'in':
      return `(${expressionText(expression.value)} IN (${expression.list.map(expressionText).join(', ')}))`
    case 'between':
      return `(${expressionText(expression.value)} BETWEEN ${expressionText(expression.min)} AND ${expressionText(expression.max)})`
    case 'row':
      return `ROW(${expression.args.map(expressionText).join(', ')})`
    case 'field':
      return `${expressionText(expression.base)}.${expression.index}`
    case 'lambda':
      return `(${expression.parameters.map((p) => p.name).join(', ')}) -> ${expressionText(expression.body)}`
  }
}
