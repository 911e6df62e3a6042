import type { SqlType, Value } from '../../spi/index.js'
import type { BytesTable } from './bytes-table.js'
import type { IntegerTable } from './integer-table.js'
import { type KeyKind, keyKind } from './key-kind.js'
import { FOLD_SIZE } from './key-layout.js'
import { NamedEntries } from './named-entries.js'

const FIRST_IDS = 256n

/** How the values of a key's column are numbered, and what was seen of them. */
export interface KeyColumn {
  readonly type: SqlType
  kind: KeyKind
  /** Of a `range` column; min > max: no value yet. */
  min: bigint
  max: bigint
  int64: IntegerTable | undefined
  bytes: BytesTable | undefined
  generic: { readonly ids: Map<string, number>; readonly values: Value[] } | undefined
  readonly entryIds: NamedEntries
}

export const keyColumn = (type: SqlType): KeyColumn => ({
  type,
  kind: keyKind(type),
  min: 1n,
  max: 0n,
  int64: undefined,
  bytes: undefined,
  generic: undefined,
  entryIds: new NamedEntries(),
})

/** What a column needs: its layout now where that holds its values, else one with room to grow. */
export function columnSize(
  column: KeyColumn,
  current: { readonly size: bigint; readonly min: bigint } | undefined,
  rangeMax: bigint,
): { readonly size: bigint; readonly min: bigint } {
  if (column.kind === 'range') {
    if (column.min > column.max) return current ?? { size: 2n, min: 0n }
    if (current === undefined) {
      return { size: column.max - column.min + 2n, min: column.min }
    }
    const currentMax = current.min + current.size - 2n
    if (column.min >= current.min && column.max <= currentMax) return current
    // Room towards the side that grew bounds the work of recoding by the number of keys. No more than that: a map of
    // the codes takes memory for all of it.
    const span = current.size / 2n
    const min = column.min < current.min ? minOf(column.min, current.min - span) : current.min
    const max = column.max > currentMax ? maxOf(column.max, currentMax + span) : currentMax
    return max - min < rangeMax
      ? { size: max - min + 2n, min }
      : { size: column.max - column.min + 2n, min: column.min }
  }
  const count = BigInt(
    column.int64?.count ?? column.bytes?.count ?? column.generic?.values.length ?? 0,
  )
  if (current !== undefined && count < current.size) return current
  let size = FIRST_IDS
  while (size <= count) size *= 4n
  return { size: minOf(size, FOLD_SIZE), min: 0n }
}

const minOf = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const maxOf = (a: bigint, b: bigint): bigint => (a > b ? a : b)
