import { orderOf } from '../../src/expressions/value/comparison.js'
import type {
  FrameBound,
  SortItem,
  WindowFunctionCall,
  WindowNode,
} from '../../src/planner/plan/node.js'
import { MillraceError, type Value } from '../../src/spi/index.js'

/** A row by symbol name; what is around a subquery is in it too. */
export type Row = ReadonlyMap<string, Value>

export const comparatorOf = (items: readonly SortItem[]): ((a: Row, b: Row) => number) => {
  const orders = items.map((item) => orderOf(item.symbol.type))
  return (a, b) => {
    for (const [i, item] of items.entries()) {
      const left = a.get(item.symbol.name) as Value
      const right = b.get(item.symbol.name) as Value
      if (left === null && right === null) continue
      if (left === null) return item.nullsFirst ? -1 : 1
      if (right === null) return item.nullsFirst ? 1 : -1
      const order = orders[i]!(left, right)
      if (order !== 0) return item.ascending ? order : -order
    }
    return 0
  }
}

/** The frame of a row as positions, the end exclusive. */
export function frameOf(
  f: WindowFunctionCall,
  rows: readonly Row[],
  position: number,
  n: WindowNode,
  compare: (a: Row, b: Row) => number,
): { readonly start: number; readonly end: number } {
  const row = rows[position]!
  const peerStart = rows.findIndex((r) => compare(r, row) === 0)
  let peerEnd = peerStart
  while (peerEnd < rows.length && compare(rows[peerEnd]!, row) === 0) peerEnd++
  const groups = groupStarts(rows, compare)
  const group = groups.filter((g) => g <= position).length - 1
  const edge = (bound: FrameBound, isStart: boolean): number => {
    if (bound.kind === 'unbounded preceding') return 0
    if (bound.kind === 'unbounded following') return rows.length
    if (bound.kind === 'current row') {
      if (f.frame.unit === 'rows') return isStart ? position : position + 1
      return isStart ? peerStart : peerEnd
    }
    const raw = row.get(bound.value!.name) as Value
    if (f.frame.unit === 'range')
      return rangeEdge(bound, rows, row, n, raw, isStart, peerStart, peerEnd)
    if (raw === null || (raw as number | bigint) < 0) {
      throw new MillraceError(
        'INVALID_WINDOW_FRAME',
        'Window frame offset value must not be negative or null',
      )
    }
    const offset = bound.kind === 'preceding' ? -Number(raw) : Number(raw)
    if (f.frame.unit === 'rows') {
      return Math.max(0, Math.min(rows.length, position + offset + (isStart ? 0 : 1)))
    }
    const target = group + offset + (isStart ? 0 : 1)
    return target < 0 ? 0 : (groups[target] ?? rows.length)
  }
  return { start: edge(f.frame.start, true), end: edge(f.frame.end, false) }
}

function groupStarts(rows: readonly Row[], compare: (a: Row, b: Row) => number): number[] {
  return rows.flatMap((row, i) => (i === 0 || compare(rows[i - 1]!, row) !== 0 ? [i] : []))
}

/** Rows whose key is on the right side of the boundary; the frame of a NULL key is its peers. */
function rangeEdge(
  bound: FrameBound,
  rows: readonly Row[],
  row: Row,
  n: WindowNode,
  boundary: Value,
  isStart: boolean,
  peerStart: number,
  peerEnd: number,
): number {
  const item = n.orderBy[0]!
  if (row.get(item.symbol.name) === null) return isStart ? peerStart : peerEnd
  const order = orderOf(bound.sortKey!.type)
  const isInside = (r: Row): boolean => {
    const key = r.get(bound.sortKey!.name) as Value
    if (key === null) return item.nullsFirst !== isStart
    const compared = item.ascending ? order(key, boundary) : -order(key, boundary)
    return isStart ? compared >= 0 : compared <= 0
  }
  if (isStart) {
    const first = rows.findIndex(isInside)
    return first < 0 ? rows.length : first
  }
  return rows.findLastIndex(isInside) + 1
}
