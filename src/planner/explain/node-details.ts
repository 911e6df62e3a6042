import type {
  AggregateCall,
  FrameBound,
  PlanNode,
  SortItem,
  TableArgument,
  TableFunctionNode,
  WindowFunctionCall,
} from '../plan/node.js'
import type { PlanSymbol } from '../plan/symbol.js'
import { visitPlan } from '../plan/visit.js'
import type { WriterTarget } from '../plan/writer-target.js'
import { expressionText } from './expression-text.js'
import { isTrueExpression } from './predicate-text.js'

/** What EXPLAIN says of one node, apart from its sources, layout and estimates. */
export interface NodeDetails {
  /** As in Trino: `InnerJoin`, `ScanFilter`, `TopN`. */
  readonly name: string
  /** In brackets behind the name. */
  readonly descriptor: readonly (readonly [string, string])[]
  /** Lines below it. */
  readonly lines: readonly string[]
}

export const namesText = (symbols: readonly PlanSymbol[]): string =>
  `[${symbols.map((s) => s.name).join(', ')}]`

export const orderText = (items: readonly SortItem[]): string =>
  `[${items
    .map(
      (i) =>
        `${i.symbol.name} ${i.ascending ? 'ASC' : 'DESC'} NULLS ${i.nullsFirst ? 'FIRST' : 'LAST'}`,
    )
    .join(', ')}]`

export function callText(call: AggregateCall): string {
  const args = call.args.map(expressionText).join(', ')
  const order =
    call.orderBy === undefined ? '' : ` ORDER BY ${orderText(call.orderBy).slice(1, -1)}`
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${call.filter.name})`
  const mask = call.mask === undefined ? '' : ` (mask = ${call.mask.name})`
  const inner = `${call.distinct ? 'DISTINCT ' : ''}${args || (call.function.name === 'count' ? '*' : '')}`
  return `${call.function.name}(${inner}${order})${filter}${mask}`
}

function boundText(bound: FrameBound): string {
  const value = bound.value === undefined ? '' : `${bound.value.name} `
  return `${value}${bound.kind.toUpperCase()}`
}

function windowText(f: WindowFunctionCall): string {
  const args = f.args.map(expressionText).join(', ')
  const frame = `${f.frame.unit.toUpperCase()} BETWEEN ${boundText(f.frame.start)} AND ${boundText(f.frame.end)}`
  const filter = f.filter === undefined ? '' : ` FILTER (WHERE ${f.filter.name})`
  const order = f.orderBy === undefined ? '' : ` ORDER BY ${orderText(f.orderBy)}`
  return `${f.symbol.name} := ${f.function.name}(${f.distinct === true ? 'DISTINCT ' : ''}${args}${order})${filter}${f.ignoreNulls ? ' IGNORE NULLS' : ''} ${frame}`
}

const JOIN_NAMES = { inner: 'InnerJoin', left: 'LeftJoin', right: 'RightJoin', full: 'FullJoin' }
const SEMI_NAMES = { mark: 'SemiJoin', semi: 'FilteringSemiJoin', anti: 'AntiJoin' }

const details = (
  name: string,
  descriptor: readonly (readonly [string, string | undefined])[] = [],
  lines: readonly string[] = [],
): NodeDetails => ({
  name,
  descriptor: descriptor.flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  ),
  lines,
})

const criteriaText = (
  criteria: readonly { readonly left: PlanSymbol; readonly right: PlanSymbol }[],
): string | undefined =>
  criteria.length === 0
    ? undefined
    : criteria.map((c) => `(${c.left.name} = ${c.right.name})`).join(' AND ')

const filtersText = (
  filters: readonly { readonly id: string; readonly symbol: PlanSymbol }[] | undefined,
  direction: '->' | '<-',
): string | undefined =>
  filters === undefined || filters.length === 0
    ? undefined
    : `{${filters.map((f) => (direction === '->' ? `${f.symbol.name} -> #${f.id}` : `${f.symbol.name} = #${f.id}`)).join(', ')}}`

const assignmentLines = (
  assignments: readonly {
    readonly symbol: PlanSymbol
    readonly expression: Parameters<typeof expressionText>[0]
  }[],
): string[] =>
  assignments
    .filter((a) => a.expression.kind !== 'symbol' || a.expression.name !== a.symbol.name)
    .map((a) => `${a.symbol.name} := ${expressionText(a.expression)}`)

/** Describes a node. */
export const nodeDetails = (node: PlanNode): NodeDetails =>
  visitPlan<NodeDetails>(node, {
    tableScan: (n) =>
      details(
        'TableScan',
        [
          ['table', `${n.table.catalog}:${n.table.schema}.${n.table.table}`],
          ['dynamicFilters', filtersText(n.dynamicFilters, '<-')],
        ],
        n.pushdownNotes ?? [],
      ),
    values: (n) =>
      details(
        'Values',
        [],
        n.rows.length <= ROWS_SHOWN
          ? n.rows.map((row) => `(${row.map(expressionText).join(', ')})`)
          : [`${n.rows.length} rows`],
      ),
    filter: (n) => details('Filter', [['filterPredicate', expressionText(n.predicate)]]),
    project: (n) => details('Project', [], assignmentLines(n.assignments)),
    aggregation: (n) =>
      details(
        n.aggregations.length === 0 ? 'Aggregate' : 'Aggregate',
        [
          ['type', n.step === 'single' ? undefined : n.step.toUpperCase()],
          ['keys', n.groupingKeys.length === 0 ? undefined : namesText(n.groupingKeys)],
          ['groupId', n.groupIdSymbol?.name],
        ],
        n.aggregations.map((a) => `${a.symbol.name} := ${callText(a.call)}`),
      ),
    join: (n) => {
      const cross = n.criteria.length === 0 && n.type === 'inner' && isTrueExpression(n.filter)
      return details(cross ? 'CrossJoin' : JOIN_NAMES[n.type], [
        ['criteria', criteriaText(n.criteria)],
        ['filter', n.filter === undefined ? undefined : expressionText(n.filter)],
        ['distribution', n.distribution?.toUpperCase()],
        ['dynamicFilterAssignments', filtersText(n.dynamicFilters, '->')],
        ['probeFilterAssignments', filtersText(n.probeFilters, '->')],
      ])
    },
    semiJoin: (n) =>
      details(SEMI_NAMES[n.mode], [
        ['criteria', criteriaText(n.criteria)],
        ['filter', n.filter === undefined ? undefined : expressionText(n.filter)],
        ['nullAware', n.nullAware ? 'true' : undefined],
        ['output', n.output?.name],
        ['dynamicFilterAssignments', filtersText(n.dynamicFilters, '->')],
        ['probeFilterAssignments', filtersText(n.probeFilters, '->')],
      ]),
    sort: (n) => details('Sort', [['orderBy', orderText(n.orderBy)]]),
    topN: (n) =>
      details(n.step === 'partial' ? 'TopNPartial' : 'TopN', [
        ['count', String(n.count)],
        ['orderBy', orderText(n.orderBy)],
      ]),
    limit: (n) =>
      details(n.partial === true ? 'LimitPartial' : 'Limit', [
        ['count', String(n.count)],
        ['withTies', n.tiesOrderBy === undefined ? undefined : orderText(n.tiesOrderBy)],
      ]),
    offset: (n) => details('Offset', [['count', String(n.count)]]),
    setOperation: (n) =>
      details(`${n.operation[0]?.toUpperCase()}${n.operation.slice(1)}`, [
        ['distinct', n.distinct ? 'true' : undefined],
      ]),
    enforceSingleRow: () => details('EnforceSingleRow'),
    asyncCall: (n) =>
      details(
        'AsyncCall',
        [],
        n.calls.map(
          (c) => `${c.symbol.name} := ${c.function.name}(${namesText(c.args).slice(1, -1)})`,
        ),
      ),
    assignUniqueId: () => details('AssignUniqueId'),
    markDistinct: (n) =>
      details('MarkDistinct', [
        ['distinct', namesText(n.distinctSymbols)],
        ['marker', n.marker.name],
      ]),
    groupId: (n) =>
      details(
        'GroupId',
        [['symbols', `[${n.groupingSets.map(namesText).join(', ')}]`]],
        [...n.groupingColumns.map((c) => `${c.output.name} := ${c.input.name}`)],
      ),
    window: (n) =>
      details(
        'Window',
        [
          ['partitionBy', n.partitionBy.length === 0 ? undefined : namesText(n.partitionBy)],
          ['orderBy', n.orderBy.length === 0 ? undefined : orderText(n.orderBy)],
        ],
        n.functions.map(windowText),
      ),
    patternRecognition: (n) =>
      details(
        'PatternRecognition',
        [
          ['partitionBy', n.partitionBy.length === 0 ? undefined : namesText(n.partitionBy)],
          ['orderBy', n.orderBy.length === 0 ? undefined : orderText(n.orderBy)],
        ],
        [
          `labels: ${n.spec.labels.join(', ')}`,
          `rows per match: ${n.spec.rowsPerMatch}`,
          `measures: ${namesText(n.measures)}`,
        ],
      ),
    tableFunction: (n) =>
      details(
        'TableFunction',
        [
          ['name', `${n.function.catalog}.${n.function.schema}.${n.function.name}`],
          ['copartition', copartitionText(n)],
        ],
        n.tables.map(tableArgumentText),
      ),
    rowNumber: (n) =>
      details('RowNumber', [
        ['partitionBy', namesText(n.partitionBy)],
        ['limit', n.maxRowsPerPartition === undefined ? undefined : String(n.maxRowsPerPartition)],
      ]),
    topNRanking: (n) =>
      details('TopNRanking', [
        ['ranking', n.ranking],
        ['partitionBy', namesText(n.partitionBy)],
        ['orderBy', orderText(n.orderBy)],
        ['limit', String(n.maxRanking)],
      ]),
    unnest: (n) =>
      details(
        n.replicated.length === 0 ? 'Unnest' : 'CrossJoinUnnest',
        [
          ['replicate', namesText(n.replicated)],
          ['type', n.type === 'left' ? 'LEFT' : undefined],
        ],
        n.mappings.map((m) => `${namesText(m.outputs)} := ${m.input.name}`),
      ),
    sample: (n) =>
      details('Sample', [
        ['type', n.type.toUpperCase()],
        ['ratio', String(n.ratio)],
      ]),
    apply: (n) =>
      details('Apply', [['correlation', namesText(n.correlation)]], n.assignments.map(setText)),
    correlatedJoin: (n) =>
      details('CorrelatedJoin', [
        ['type', n.type.toUpperCase()],
        ['correlation', namesText(n.correlation)],
        ['filter', expressionText(n.filter)],
      ]),
    tableWriter: (n) =>
      details(
        writerName(n.target),
        [['table', n.target.name]],
        n.columns.map((c, i) => `${n.columnNames[i]} := ${c.name}`),
      ),
    tableFinish: (n) => details('TableCommit', [['target', n.target.name]]),
    exchange: (n) =>
      details(`${n.scope === 'local' ? 'Local' : 'Remote'}Exchange`, [
        ['type', n.type.toUpperCase()],
        ['partitionBy', n.partitionBy.length === 0 ? undefined : namesText(n.partitionBy)],
        ['orderBy', n.orderBy === undefined ? undefined : orderText(n.orderBy)],
      ]),
    remoteSource: (n) =>
      details(n.orderBy === undefined ? 'RemoteSource' : 'RemoteMerge', [
        ['sourceFragmentIds', `[${n.fragments.join(', ')}]`],
        ['orderBy', n.orderBy === undefined ? undefined : orderText(n.orderBy)],
        ['tasks', n.concatenates ? 'IN_ORDER' : undefined],
      ]),
    with: (n) => details('With', [['shared', `[${n.shared.map(({ name }) => name).join(', ')}]`]]),
    sharedScan: (n) =>
      details(
        'SharedScan',
        [['shared', n.name]],
        n.outputs
          .map((s, i) => [s.name, n.columns[i]?.name] as const)
          .filter(([name, column]) => name !== column)
          .map(([name, column]) => `${name} := ${column}`),
      ),
    output: (n) =>
      details(
        'Output',
        [['columnNames', `[${n.columnNames.join(', ')}]`]],
        n.outputs
          .map((s, i) => [n.columnNames[i], s.name] as const)
          .filter(([column, name]) => column !== name)
          .map(([column, name]) => `${column} := ${name}`),
      ),
  })

const ROWS_SHOWN = 10

function tableArgumentText(table: TableArgument): string {
  const order = table.orderBy.length === 0 ? '' : ` ORDER BY ${orderText(table.orderBy)}`
  const semantics = table.rowSemantics
    ? 'row semantics'
    : `${table.pruneWhenEmpty ? 'PRUNE' : 'KEEP'} WHEN EMPTY PARTITION BY ${namesText(table.partitionBy)}${order}`
  return `${table.name} => ${semantics}, reads ${namesText(table.required)}`
}

const copartitionText = (n: TableFunctionNode): string | undefined =>
  n.copartitions.length === 0
    ? undefined
    : n.copartitions.map((list) => `(${list.map((i) => n.tables[i]?.name).join(', ')})`).join(', ')

const setText = ({
  symbol,
  set,
}: Extract<PlanNode, { kind: 'apply' }>['assignments'][0]): string => {
  switch (set.kind) {
    case 'exists':
      return `${symbol.name} := EXISTS`
    case 'in':
      return `${symbol.name} := ${set.value.name} IN ${set.reference.name}`
    case 'quantified':
      return `${symbol.name} := ${set.value.name} ${set.operator} ${set.quantifier.toUpperCase()} ${set.reference.name}`
  }
}

function writerName(target: WriterTarget): string {
  if (target.kind === 'statistics') return 'StatisticsWriter'
  if (target.kind !== 'merge') return 'TableWriter'
  if (target.pushed === undefined) return 'MergeWriter'
  return target.operation === 'DELETE' ? 'TableDelete' : 'TableUpdate'
}
