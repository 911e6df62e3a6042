import type { ColumnStatistics, TableStatistics } from '../../spi/index.js'
import { plainKey } from '../../spi/index.js'
import type { PlanNode, TableReference, TableScanNode } from '../plan/node.js'
import { sourcesOf } from '../plan/structure.js'

type Awaitable<T> = T | Promise<T>
type Fetch = (
  table: TableReference,
  columns: readonly unknown[],
) => Awaitable<TableStatistics<unknown>>

/**
 * Statistics of the scans of one query, fetched before the passes that need them, so that estimates and rules
 * are synchronous. A table whose handle a pushdown changed is another table.
 */
export class TableStatisticsCache {
  readonly #fetch: Fetch
  readonly #byTable = new Map<string, LoadedTable>()

  constructor(fetch: Fetch) {
    this.#fetch = fetch
  }

  /** Fetches what the scans of a plan need and is not there yet. */
  async load(plan: PlanNode): Promise<void> {
    for (const scan of scansOf(plan)) {
      const key = tableKey(scan.table)
      const loaded = this.#byTable.get(key)
      const missing = scan.columns.some((column) => !loaded?.asked.has(plainKey(column)))
      if (loaded !== undefined && !missing) continue
      const pending = this.#fetch(scan.table, scan.columns)
      const statistics = pending instanceof Promise ? await pending : pending
      this.#byTable.set(key, merge(loaded, statistics, scan.columns))
    }
  }

  rowCount(table: TableReference): number | undefined {
    return this.#byTable.get(tableKey(table))?.rowCount
  }

  /** Rows that a scan of the table reads, at most {@link rowCount}. */
  scannedRowCount(table: TableReference): number | undefined {
    const loaded = this.#byTable.get(tableKey(table))
    return loaded?.scannedRowCount ?? loaded?.rowCount
  }

  column(table: TableReference, column: unknown): ColumnStatistics | undefined {
    return this.#byTable.get(tableKey(table))?.columns.get(plainKey(column))
  }
}

interface LoadedTable {
  readonly rowCount: number | undefined
  readonly scannedRowCount: number | undefined
  readonly asked: ReadonlySet<string>
  readonly columns: ReadonlyMap<string, ColumnStatistics>
}

function merge(
  loaded: LoadedTable | undefined,
  statistics: TableStatistics<unknown>,
  columns: readonly unknown[],
): LoadedTable {
  const entries = statistics.columns.map((e) => [plainKey(e.column), e.statistics] as const)
  return {
    rowCount: statistics.rowCount ?? loaded?.rowCount,
    scannedRowCount: statistics.scannedRowCount ?? loaded?.scannedRowCount,
    asked: new Set([...(loaded?.asked ?? []), ...columns.map(plainKey)]),
    columns: new Map([...(loaded?.columns ?? []), ...entries]),
  }
}

const keys = new WeakMap<TableReference, string>()

/** A text that equal table references share. */
export function tableKey(table: TableReference): string {
  const known = keys.get(table)
  if (known !== undefined) return known
  const key = plainKey([table.catalog, table.schema, table.table, table.handle])
  keys.set(table, key)
  return key
}

export function scansOf(plan: PlanNode): readonly TableScanNode[] {
  if (plan.kind === 'tableScan') return [plan]
  return sourcesOf(plan).flatMap(scansOf)
}
