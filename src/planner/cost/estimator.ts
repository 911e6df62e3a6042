import type {
  AggregationNode,
  JoinNode,
  PlanNode,
  SemiJoinNode,
  TableScanNode,
  ValuesNode,
} from '../plan/node.js'
import { outputsOf, sourcesOf } from '../plan/structure.js'
import { expressionStatistics, filterStatistics } from './filter-statistics.js'
import { joinPairs, joinStatistics, semiJoinStatistics } from './join-statistics.js'
import type { PlanStatistics, SymbolStatistics } from './statistics.js'
import {
  defaultSize,
  orElse,
  scaleRows,
  statsValue,
  symbolStatistics,
  UNKNOWN_ROW_COUNT,
  UNKNOWN_SYMBOL,
} from './statistics.js'
import type { TableStatisticsCache } from './table-statistics.js'

/**
 * Estimates rows and value distributions of plan nodes from the statistics of the tables. Answers are kept per node
 * object, which never changes.
 * @source Trino StatsCalculator and its rules
 */
export class Estimator {
  readonly #tables: TableStatisticsCache
  readonly #known = new WeakMap<PlanNode, PlanStatistics>()

  constructor(tables: TableStatisticsCache) {
    this.#tables = tables
  }

  /** Estimates a node. O(nodes not seen before). */
  of(node: PlanNode): PlanStatistics {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    const computed = this.#compute(node)
    this.#known.set(node, computed)
    return computed
  }

  /** Pairs that the condition beyond a join's keys looks at; undefined where they would be a guess. */
  pairs(node: JoinNode | SemiJoinNode): number | undefined {
    const [left, right] = sourcesOf(node) as [PlanNode, PlanNode]
    const keys = node.criteria.map((c) => ({ left: c.left.name, right: c.right.name }))
    return joinPairs(this.of(left), this.of(right), keys)
  }

  /** Bytes of a node's rows. */
  outputBytes(node: PlanNode): number {
    const stats = this.of(node)
    let width = 0
    for (const symbol of outputsOf(node)) {
      width += orElse(symbolStatistics(stats, symbol.name).averageSize, defaultSize(symbol.type))
    }
    return stats.rowCount * Math.max(1, width)
  }

  /** Rows that a scan reads: fewer than those of its table where it leaves out what was pushed down. */
  scannedRows(scan: TableScanNode): number {
    return this.#tables.scannedRowCount(scan.table) ?? UNKNOWN_ROW_COUNT
  }

  /** Bytes of the rows that a scan reads. */
  scannedBytes(scan: TableScanNode): number {
    const { rowCount } = this.of(scan)
    const bytes = this.outputBytes(scan)
    return rowCount > 0 ? (bytes * this.scannedRows(scan)) / rowCount : bytes
  }

  #compute(node: PlanNode): PlanStatistics {
    switch (node.kind) {
      case 'tableScan':
        return this.#scan(node)
      case 'values':
        return valuesStatistics(node)
      case 'filter':
        return filterStatistics(this.of(node.source), node.predicate)
      case 'project': {
        const source = this.of(node.source)
        const symbols = new Map(
          node.assignments.map(({ symbol, expression }) => [
            symbol.name,
            expressionStatistics(source, expression),
          ]),
        )
        return { ...source, symbols }
      }
      case 'aggregation':
        return aggregationStatistics(node, this.of(node.source))
      case 'join':
        return joinStatistics(
          node.type,
          this.of(node.left),
          this.of(node.right),
          node.criteria.map((c) => ({ left: c.left.name, right: c.right.name })),
          node.filter,
        )
      case 'semiJoin':
        return semiJoinStatistics(node, this.of(node.source), this.of(node.filteringSource))
      case 'limit':
      case 'topN': {
        const source = this.of(node.source)
        return scaleRows(source, Math.min(source.rowCount, node.count))
      }
      case 'offset': {
        const source = this.of(node.source)
        return scaleRows(source, Math.max(0, source.rowCount - node.count))
      }
      case 'sample': {
        const source = this.of(node.source)
        return scaleRows(source, source.rowCount * node.ratio)
      }
      case 'enforceSingleRow':
        return scaleRows(this.of(node.source), 1)
      case 'setOperation':
        return this.#setOperation(node)
      case 'unnest': {
        const source = this.of(node.source)
        return { ...source, rowCount: source.rowCount * ELEMENTS_A_COLLECTION }
      }
      case 'groupId': {
        const source = this.of(node.source)
        const symbols = new Map(source.symbols)
        for (const { output, input } of node.groupingColumns) {
          symbols.set(output.name, symbolStatistics(source, input.name))
        }
        return { ...source, symbols, rowCount: source.rowCount * node.groupingSets.length }
      }
      case 'rowNumber':
      case 'topNRanking': {
        const source = this.of(node.source)
        const max = node.kind === 'rowNumber' ? node.maxRowsPerPartition : node.maxRanking
        if (max === undefined) return source
        const partitions = groupCount(
          node.partitionBy.map((s) => s.name),
          source,
        )
        return scaleRows(source, Math.min(source.rowCount, partitions * max))
      }
      case 'with':
        return this.of(node.main)
      case 'sharedScan': {
        const definition = this.of(node.definition)
        // Two readers' rows are as independent of each other as those of two scans.
        const relation = { id: node, rowCount: definition.rowCount }
        const symbols = new Map(
          node.outputs.map(({ name }, i) => [
            name,
            { ...symbolStatistics(definition, node.columns[i]?.name ?? ''), relation },
          ]),
        )
        return { ...definition, symbols }
      }
      case 'tableFinish':
      case 'tableWriter':
        return { rowCount: 1, known: true, symbols: new Map() }
      case 'tableFunction':
      case 'remoteSource':
        return { rowCount: UNKNOWN_ROW_COUNT, known: false, symbols: new Map() }
      case 'correlatedJoin':
      case 'apply':
        return this.of(node.input)
      case 'sort':
      case 'markDistinct':
      case 'assignUniqueId':
      case 'asyncCall':
      case 'window':
      case 'patternRecognition':
      case 'exchange':
      case 'output':
        return this.of(sourcesOf(node)[0] as PlanNode)
    }
  }

  #scan(node: TableScanNode): PlanStatistics {
    const rowCount = this.#tables.rowCount(node.table)
    const rows = rowCount ?? UNKNOWN_ROW_COUNT
    const relation = { id: node, rowCount: rows }
    const symbols = new Map<string, SymbolStatistics>()
    node.outputs.forEach((symbol, i) => {
      const column = this.#tables.column(node.table, node.columns[i])
      if (column === undefined) return
      const { nullsFraction, distinctValuesCount, dataSize, range, unique } = column
      symbols.set(symbol.name, {
        low: range?.min ?? UNKNOWN_SYMBOL.low,
        high: range?.max ?? UNKNOWN_SYMBOL.high,
        nullsFraction: nullsFraction ?? Number.NaN,
        distinct: distinctValuesCount ?? (unique === true ? rows : Number.NaN),
        averageSize: dataSize === undefined || rows === 0 ? Number.NaN : dataSize / rows,
        relation,
      })
    })
    return { rowCount: rows, known: rowCount !== undefined, symbols }
  }

  #setOperation(node: Extract<PlanNode, { kind: 'setOperation' }>): PlanStatistics {
    const sources = node.sources.map((source) => this.of(source))
    const known = sources.every((s) => s.known)
    const rows = sources.reduce((sum, s) => sum + s.rowCount, 0)
    const symbols = new Map(
      node.outputs.map((symbol, i) => [
        symbol.name,
        unionSymbol(
          sources.map((s, n) => symbolStatistics(s, node.inputs[n]?.[i]?.name ?? '')),
          sources.map((s) => s.rowCount),
        ),
      ]),
    )
    const union = { rowCount: rows, known, symbols }
    if (node.operation === 'union') return union
    const counts = sources.map((s) => s.rowCount)
    return scaleRows(union, node.operation === 'intersect' ? Math.min(...counts) : (counts[0] ?? 0))
  }
}

const ELEMENTS_A_COLLECTION = 5

function unionSymbol(
  parts: readonly SymbolStatistics[],
  rows: readonly number[],
): SymbolStatistics {
  const total = rows.reduce((sum, n) => sum + n, 0)
  const weighted = (of: (s: SymbolStatistics) => number) =>
    total === 0 ? Number.NaN : parts.reduce((sum, s, i) => sum + of(s) * (rows[i] ?? 0), 0) / total
  return {
    low: Math.min(...parts.map((s) => s.low)),
    high: Math.max(...parts.map((s) => s.high)),
    nullsFraction: weighted((s) => s.nullsFraction),
    distinct: Math.max(...parts.map((s) => s.distinct)),
    averageSize: weighted((s) => s.averageSize),
  }
}

function valuesStatistics(node: ValuesNode): PlanStatistics {
  const symbols = new Map<string, SymbolStatistics>()
  node.outputs.forEach((symbol, i) => {
    const seen = new Set<unknown>()
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let nulls = 0
    for (const row of node.rows) {
      const e = row[i]
      if (e?.kind !== 'constant') return
      if (e.value === null) {
        nulls++
        continue
      }
      seen.add(typeof e.value === 'object' ? e : e.value)
      const value = statsValue(e.type, e.value)
      low = Number.isNaN(value) ? Number.NEGATIVE_INFINITY : Math.min(low, value)
      high = Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.max(high, value)
    }
    const nullsFraction = node.rows.length === 0 ? 0 : nulls / node.rows.length
    symbols.set(symbol.name, {
      ...UNKNOWN_SYMBOL,
      low,
      high,
      nullsFraction,
      distinct: seen.size,
    })
  })
  return { rowCount: node.rows.length, known: true, symbols }
}

/** Number of combinations of some symbols: the product of their distinct values, at most the rows of each relation and of all. */
export function groupCount(names: readonly string[], stats: PlanStatistics): number {
  const ofRelations = new Map<object, { groups: number; rowCount: number }>()
  for (const name of names) {
    const symbol = symbolStatistics(stats, name)
    const nulls = orElse(symbol.nullsFraction, 0) > 0 ? 1 : 0
    // A key of unknown distribution: one in ten rows differs, as for an equality.
    const values = Math.max(1, orElse(symbol.distinct, stats.rowCount / 10) + nulls)
    // What is of no relation is one of its own.
    const { id, rowCount } = symbol.relation ?? { id: symbol, rowCount: stats.rowCount }
    const known = ofRelations.get(id) ?? { groups: 1, rowCount }
    ofRelations.set(id, {
      groups: known.groups * values,
      rowCount: Math.min(known.rowCount, rowCount),
    })
  }
  let groups = 1
  for (const relation of ofRelations.values()) {
    groups *= Math.max(1, Math.min(relation.groups, relation.rowCount))
  }
  return Math.min(groups, stats.rowCount)
}

/** @source Trino AggregationStatsRule */
function aggregationStatistics(node: AggregationNode, source: PlanStatistics): PlanStatistics {
  const keys = node.groupingKeys.map((key) => key.name)
  const rowCount =
    keys.length === 0 ? 1 : Math.max(groupCount(keys, source), node.globalGroupingSets.length)
  const symbols = new Map<string, SymbolStatistics>()
  for (const name of keys) {
    const symbol = symbolStatistics(source, name)
    // Groups of one key have as many values of it, known or not.
    const values = keys.length === 1 ? orElse(symbol.distinct, rowCount) : symbol.distinct
    symbols.set(name, { ...symbol, distinct: Math.min(values, rowCount) })
  }
  for (const { symbol, call } of node.aggregations) {
    const [arg] = call.args
    const passes = PASSES_VALUES.has(call.function.name) && arg !== undefined
    if (passes) symbols.set(symbol.name, expressionStatistics(source, arg))
  }
  return { rowCount, known: source.known, symbols }
}

/** Aggregates whose result is one of their inputs. */
const PASSES_VALUES = new Set(['min', 'max', 'any_value', 'arbitrary'])
