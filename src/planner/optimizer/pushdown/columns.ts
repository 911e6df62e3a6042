import type { Expression } from '../../../expressions/ir.js'
import type {
  AggregateFunction,
  ConnectorAssignment,
  ConnectorExpression,
} from '../../../spi/index.js'
import { assert, plainEquals, plainKey } from '../../../spi/index.js'
import type {
  AggregationNode,
  Assignment,
  PlanNode,
  ProjectNode,
  TableScanNode,
} from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import {
  fromConnectorExpression,
  toConnectorExpression,
} from '../expression/connector-expression-translator.js'
import { symbolOf } from '../expression/predicates.js'
import { substitute, symbolsOf } from '../expression/tree.js'
import { scanAssignments } from './rows.js'

/** A scan of a derived table whose columns are the result's variables. */
function scanOf(
  scan: TableScanNode,
  handle: unknown,
  assignments: readonly ConnectorAssignment<unknown>[],
  note: string,
  context: OptimizerContext,
): { readonly scan: TableScanNode; readonly symbol: (variable: string) => PlanSymbol } {
  const symbols = new Map<string, PlanSymbol>()
  for (const { variable, type } of assignments) {
    symbols.set(variable, newSymbol(context, variable, type))
  }
  const symbol = (variable: string): PlanSymbol => {
    const found = symbols.get(variable)
    assert(found !== undefined, `a connector's expression reads an unknown variable: ${variable}`)
    return found
  }
  return {
    scan: {
      kind: 'tableScan',
      id: scan.id,
      table: { ...scan.table, handle },
      outputs: assignments.map((a) => symbol(a.variable)),
      columns: assignments.map((a) => a.column),
      ...(scan.enforcedConstraint === undefined
        ? {}
        : { enforcedConstraint: scan.enforcedConstraint }),
      pushdownNotes: [...new Set([...(scan.pushdownNotes ?? []), note])],
    },
    symbol,
  }
}

/**
 * Offers what a projection computes, and the columns that the rest of it reads.
 * @source Trino PushProjectionIntoTableScan
 */
export async function pushProjection(
  node: ProjectNode & { readonly source: TableScanNode },
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  const offered: ConnectorExpression[] = []
  const place = new Map<string, number>()
  const offer = (e: ConnectorExpression): number => {
    const key = plainKey(e)
    const known = place.get(key)
    if (known !== undefined) return known
    place.set(key, offered.length)
    return offered.push(e) - 1
  }
  const types = new Map(node.source.outputs.map((s) => [s.name, s]))
  const plan = node.assignments.map(({ symbol, expression }) => {
    const whole = toConnectorExpression(expression)
    if (whole !== undefined) return { symbol, expression, whole: offer(whole) }
    const parts = [...symbolsOf(expression)].map((name) => {
      const { type } = types.get(name) as PlanSymbol
      return [name, offer({ kind: 'variable', name, type })] as const
    })
    return { symbol, expression, parts: new Map(parts) }
  })
  const { table } = node.source
  const result = await context.metadata.applyProjection(
    table,
    offered,
    scanAssignments(node.source),
  )
  if (result === undefined) return undefined
  const derived = scanOf(
    node.source,
    result.handle,
    result.assignments,
    'pushed: projection',
    context,
  )
  const back = result.projections.map((e) =>
    fromConnectorExpression(e, derived.symbol, context.metadata),
  )
  const assignments = plan.map(({ symbol, expression, whole, parts }): Assignment => {
    if (whole !== undefined) return { symbol, expression: back[whole] as Expression }
    return { symbol, expression: replaceParts(expression, parts ?? new Map(), back) }
  })
  return renamedScan(derived.scan, assignments) ?? { ...node, source: derived.scan, assignments }
}

/** The scan alone where a projection only names its columns, so that what stands over both is offered next. */
function renamedScan(
  scan: TableScanNode,
  assignments: readonly Assignment[],
): TableScanNode | undefined {
  const channels = assignments.map(({ expression }) =>
    expression.kind === 'symbol'
      ? scan.outputs.findIndex(({ name }) => name === expression.name)
      : -1,
  )
  if (channels.includes(-1) || new Set(channels).size < channels.length) return undefined
  return {
    ...scan,
    outputs: assignments.map(({ symbol }) => symbol),
    columns: channels.map((channel) => scan.columns[channel]),
  }
}

function replaceParts(
  e: Expression,
  parts: ReadonlyMap<string, number>,
  back: readonly Expression[],
): Expression {
  return substitute(e, (name) => {
    const index = parts.get(name)
    return index === undefined ? undefined : back[index]
  })
}

type AggregationOverScan = AggregationNode & { readonly source: TableScanNode }

const columnOf = ({ outputs, columns }: TableScanNode, symbol: PlanSymbol): unknown =>
  columns[outputs.findIndex((s) => s.name === symbol.name)]

/** What a connector is told of an aggregation, or why none is. */
export function aggregationOffer(node: AggregationOverScan) {
  if (node.step !== 'single') return 'it is done in parts'
  const hasOneSet =
    node.groupIdSymbol === undefined &&
    node.globalGroupingSets.length <= (node.groupingKeys.length > 0 ? 0 : 1)
  if (!hasOneSet) return 'it has several grouping sets'
  const aggregates: AggregateFunction[] = []
  for (const { call } of node.aggregations) {
    const args = call.args.map(toConnectorExpression)
    if (call.mask !== undefined) return 'it has several DISTINCT'
    if (!args.every((arg) => arg !== undefined)) return 'connectors are not offered such arguments'
    aggregates.push({
      function: call.function.name,
      outputType: call.function.returnType,
      args,
      orderBy: (call.orderBy ?? []).map(({ symbol, ascending, nullsFirst }) => ({
        name: symbol.name,
        ascending,
        nullsFirst,
      })),
      distinct: call.distinct,
      ...(call.filter === undefined
        ? {}
        : { filter: { kind: 'variable', name: call.filter.name, type: call.filter.type } }),
    })
  }
  return {
    aggregates,
    assignments: scanAssignments(node.source),
    groupingSets: [node.groupingKeys.map((key) => columnOf(node.source, key))],
  }
}

/**
 * Offers an aggregation over columns.
 * @source Trino PushAggregationIntoTableScan
 */
export async function pushAggregation(
  node: AggregationOverScan,
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  const offer = aggregationOffer(node)
  if (typeof offer === 'string') return undefined
  const scan = node.source
  const result = await context.metadata.applyAggregation(
    scan.table,
    offer.aggregates,
    offer.assignments,
    offer.groupingSets,
  )
  if (result === undefined) return undefined
  const mapped = node.groupingKeys.map((key) => {
    const mapping = result.groupingColumnMapping.find((m) =>
      plainEquals(m.from, columnOf(scan, key)),
    )
    return { key, column: mapping?.to ?? columnOf(scan, key) }
  })
  const known = new Set(result.assignments.map((a) => plainKey(a.column)))
  const keyAssignments = mapped.flatMap(({ key, column }, i): ConnectorAssignment<unknown>[] =>
    known.has(plainKey(column))
      ? []
      : [{ variable: `${key.name}$key${i}`, column, type: key.type }],
  )
  const derived = scanOf(
    scan,
    result.handle,
    [...result.assignments, ...keyAssignments],
    'pushed: aggregation',
    context,
  )
  const symbolOfColumn = (column: unknown): PlanSymbol => {
    const index = derived.scan.columns.findIndex((c) => plainEquals(c, column))
    assert(index >= 0, 'a grouping column of the derived table')
    return derived.scan.outputs[index] as PlanSymbol
  }
  return projectOver(context, derived.scan, [
    ...mapped.map(({ key, column }) => ({
      symbol: key,
      expression: symbolOf(symbolOfColumn(column)),
    })),
    ...node.aggregations.map(({ symbol }, i) => ({
      symbol,
      expression: fromConnectorExpression(
        result.projections[i] as ConnectorExpression,
        derived.symbol,
        context.metadata,
      ),
    })),
  ])
}
