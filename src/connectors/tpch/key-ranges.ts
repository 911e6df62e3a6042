import type { Domain, TupleDomain } from '../../spi/index.js'
import type { TpchColumnHandle } from './columns.js'
import type { TpchTable } from './generator/generate.js'

/**
 * The rows of each table are generated in the order of one key, of which a row's place follows; so a predicate on that
 * key tells which rows need not be generated at all.
 */
const ORDERING_KEYS: Readonly<Record<TpchTable, string>> = {
  customer: 'custkey',
  lineitem: 'orderkey',
  nation: 'nationkey',
  orders: 'orderkey',
  part: 'partkey',
  partsupp: 'partkey',
  region: 'regionkey',
  supplier: 'suppkey',
}

/** Base rows [startRow, endRow). */
export interface BaseRows {
  readonly startRow: number
  readonly endRow: number
}

/** More intervals than this are taken as the one they span. */
const INTERVALS_MAX = 1000

export const orderingKey = (table: TpchTable): string => ORDERING_KEYS[table]

/** The base rows, in ascending order, of which some row may pass a predicate; all are within [0, rowCount). */
export function baseRowsOf(
  table: TpchTable,
  rowCount: number,
  predicate: TupleDomain<TpchColumnHandle>,
): readonly BaseRows[] {
  if (predicate.columnDomains === null) {
    return []
  }
  const all = [{ startRow: 0, endRow: rowCount }]
  const entry = predicate.columnDomains.find(({ column }) => column.field === ORDERING_KEYS[table])
  const rows = entry === undefined ? all : domainRows(table, rowCount, entry.domain)
  return rows.filter(({ startRow, endRow }) => startRow < endRow)
}

function domainRows(table: TpchTable, rowCount: number, domain: Domain): readonly BaseRows[] {
  const { values } = domain
  if (values.kind !== 'ranges') {
    return [{ startRow: 0, endRow: rowCount }]
  }
  const ranges = values.ranges.map(({ low, lowInclusive, high, highInclusive }) => ({
    startRow: typeof low === 'bigint' ? rowFromKey(table, lowInclusive ? low : low + 1n) : 0,
    endRow:
      typeof high === 'bigint'
        ? Math.min(rowFromKey(table, highInclusive ? high + 1n : high), rowCount)
        : rowCount,
  }))
  return ranges.length <= INTERVALS_MAX
    ? ranges
    : [{ startRow: ranges[0]!.startRow, endRow: ranges.at(-1)!.endRow }]
}

const KEY_MAX = BigInt(Number.MAX_SAFE_INTEGER)

/** The first base row whose key is at least `key`. */
function rowFromKey(table: TpchTable, key: bigint): number {
  const clamped = Number(key < 0n ? 0n : key > KEY_MAX ? KEY_MAX : key)
  if (table === 'nation' || table === 'region') {
    return clamped
  }
  // Of every 32 order keys the first 8 are used.
  const number =
    ORDERING_KEYS[table] === 'orderkey'
      ? Math.floor(clamped / 32) * 8 + Math.min(clamped % 32, 8)
      : clamped
  return Math.max(number - 1, 0)
}
