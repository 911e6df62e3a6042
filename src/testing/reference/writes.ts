import {
  assert,
  type ColumnStatistics,
  type ComputedStatistics,
  type ConnectorMergeSink,
  type ConnectorPageSink,
  MERGE_OPERATION,
  type Page,
  readValue,
  type TableStatistics,
  type Value,
} from '../../spi/index.js'
import type { ReferenceColumn, ReferenceWrite } from './handles.js'
import {
  type CatalogState,
  changeTable,
  type StoredRow,
  type StoredTable,
  withRows,
} from './state.js'

interface Change {
  readonly operation: number
  readonly rowId: bigint
  readonly values: readonly Value[]
}
interface OpenWrite {
  readonly transaction: number
  readonly options: WriteOptions
  /** By sink, of those that have finished. */
  readonly finished: Map<
    number,
    { readonly rows: readonly (readonly Value[])[]; readonly changes: readonly Change[] }
  >
}
interface WriteOptions {
  /** The rows take the place of those that are there. */
  readonly replaces?: boolean
  readonly published?: () => void
}

/** Rows on their way: seen by nobody until they are published, forgotten where their transaction ends without. */
export class ReferenceWrites {
  readonly #open = new Map<number, OpenWrite>()
  #lastWrite = 0
  #lastSink = 0

  begin(
    transaction: number,
    { name }: Pick<StoredTable, 'name'>,
    columns: readonly ReferenceColumn[],
    options: WriteOptions = {},
  ): ReferenceWrite {
    this.#lastWrite += 1
    this.#open.set(this.#lastWrite, { transaction, options, finished: new Map() })
    return {
      id: this.#lastWrite,
      ...name,
      columns: columns.map(({ name: column, type }) => ({ name: column, type })),
    }
  }

  get openCount(): number {
    return this.#open.size
  }

  endTransaction(transaction: number): void {
    for (const [id, write] of this.#open) {
      if (write.transaction === transaction) this.#open.delete(id)
    }
  }

  sink(handle: ReferenceWrite): ConnectorPageSink {
    const rows: (readonly Value[])[] = []
    let bytes = 0
    return {
      get completedBytes() {
        return bytes
      },
      get memoryUsage() {
        return bytes
      },
      appendPage(page: Page) {
        for (let i = 0; i < page.rowCount; i++) {
          rows.push(page.blocks.map((block) => readValue(block, i)))
        }
        bytes += page.rowCount * page.blocks.length * 8
      },
      finish: () => this.#finished(handle, rows, []),
      abort() {
        rows.length = 0
      },
    }
  }

  /** Takes both paradigms: a page's operations say what its rows are. */
  mergeSink(handle: ReferenceWrite): ConnectorMergeSink {
    const count = handle.columns.length
    const rows: (readonly Value[])[] = []
    const changes: Change[] = []
    return {
      storeMergedRows({ blocks, rowCount }: Page) {
        assert(blocks.length === count + 3, 'a merge page: columns, operation, case, row id')
        for (let i = 0; i < rowCount; i++) {
          const operation = Number(readValue(blocks[count]!, i))
          const values = blocks.slice(0, count).map((block) => readValue(block, i))
          const isInsert =
            operation === MERGE_OPERATION.insert || operation === MERGE_OPERATION.updateInsert
          if (isInsert) rows.push(values)
          else
            changes.push({ operation, values, rowId: readValue(blocks[count + 2]!, i) as bigint })
        }
      },
      finish: () => this.#finished(handle, rows, changes),
      abort() {
        rows.length = 0
        changes.length = 0
      },
    }
  }

  #finished(
    { id }: ReferenceWrite,
    rows: readonly (readonly Value[])[],
    changes: readonly Change[],
  ): readonly Uint8Array[] {
    const write = this.#open.get(id)
    assert(write !== undefined, 'a sink of a write that has ended')
    this.#lastSink += 1
    write.finished.set(this.#lastSink, { rows, changes })
    return [new TextEncoder().encode(String(this.#lastSink))]
  }

  /** Puts what the sinks of the fragments took into the table. */
  publish(
    state: CatalogState,
    handle: ReferenceWrite,
    fragments: readonly Uint8Array[],
    statistics: readonly ComputedStatistics[],
  ): void {
    const write = this.#open.get(handle.id)
    assert(write !== undefined, 'a write that has ended')
    this.#open.delete(handle.id)
    const sinks = fragments.map((fragment) => {
      const sink = write.finished.get(Number(new TextDecoder().decode(fragment)))
      assert(sink !== undefined, 'a fragment of one of the sinks')
      return sink
    })
    changeTable(state, handle, (table) => {
      const kept = write.options.replaces
        ? []
        : changedRows(
            table.rows,
            sinks.flatMap((sink) => sink.changes),
          )
      const added = sinks.flatMap((sink) => sink.rows).map(placing(table, handle.columns))
      return {
        ...withRows(table, added, kept),
        ...(statistics.length === 0 ? {} : { statistics: statisticsOf(table, statistics) }),
      }
    })
    write.options.published?.()
  }
}

/** Values of the sink's columns in the order of the table's; NULL where there is none. */
function placing(
  table: StoredTable,
  columns: readonly ReferenceColumn[],
): (values: readonly Value[]) => readonly Value[] {
  const places = table.columns.map(({ name }) => columns.findIndex((c) => c.name === name))
  return (values) => places.map((place) => values[place] ?? null)
}

function changedRows(rows: readonly StoredRow[], changes: readonly Change[]): readonly StoredRow[] {
  if (changes.length === 0) return rows
  const byId = new Map(changes.map((change) => [change.rowId, change]))
  return rows.flatMap((row) => {
    const change = byId.get(row.id)
    if (change === undefined) return [row]
    return change.operation === MERGE_OPERATION.update
      ? [{ id: row.id, values: change.values }]
      : []
  })
}

/** Statistics as they were computed over all rows; of the groups of a grouping, the sums. */
export function statisticsOf(
  table: StoredTable,
  computed: readonly ComputedStatistics[],
): TableStatistics<ReferenceColumn> {
  const rowCount = computed.reduce((sum, group) => sum + Number(group.rowCount ?? 0), 0)
  const columns = table.columns.map(({ name, type }) => {
    const of = (statistic: string): readonly Value[] =>
      computed.flatMap((group) =>
        group.columnStatistics
          .filter((entry) => entry.column === name && entry.statistic === statistic)
          .map((entry) => entry.value),
      )
    const total = (statistic: string): number | undefined => {
      const values = of(statistic)
      return values.length === 0 ? undefined : values.reduce<number>((s, v) => s + Number(v), 0)
    }
    const nonNull = total('NUMBER_OF_NON_NULL_VALUES')
    const distinct = total('NUMBER_OF_DISTINCT_VALUES')
    const numbers = (statistic: string) =>
      of(statistic)
        .filter((v) => v !== null)
        .map(Number)
    const [mins, maxs] = [numbers('MIN_VALUE'), numbers('MAX_VALUE')]
    const isRanged = mins.length > 0 && maxs.length > 0 && type.kind !== 'decimal'
    const statistics: ColumnStatistics = {
      ...(nonNull === undefined || rowCount === 0 ? {} : { nullsFraction: 1 - nonNull / rowCount }),
      ...(distinct === undefined ? {} : { distinctValuesCount: distinct }),
      ...(isRanged ? { range: { min: Math.min(...mins), max: Math.max(...maxs) } } : {}),
    }
    return { column: { name, type }, statistics }
  })
  return { rowCount, columns }
}
