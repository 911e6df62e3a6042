import type { Accumulator } from '../../src/expressions/function-definition.js'
import { builtinRegistry } from '../../src/expressions/functions/index.js'
import type { Expression } from '../../src/expressions/ir.js'
import { DEFAULT_SESSION } from '../../src/expressions/session-context.js'
import type { WindowBoundSpec, WindowFunctionSpec, WindowSpec } from '../../src/operators/spec.js'
import { compareValues, type SqlType, type Value, valueKey } from '../../src/spi/index.js'
import type { Row } from './page-literal.js'
import { compareRowsBy } from './reference-order.js'

const registry = builtinRegistry()

/** Window functions by the book: every frame is found by looking at every row, and every aggregate added up anew. */
export function referenceWindow(spec: WindowSpec): (rows: readonly Row[]) => Row[] {
  const compare = compareRowsBy(spec.orderBy, spec.types)
  return (rows) => {
    const partitions = new Map<string, Row[]>()
    for (const row of rows) {
      const key = JSON.stringify(spec.partitionBy.map((c) => valueKey(spec.types[c]!, row[c]!)))
      partitions.set(key, [...(partitions.get(key) ?? []), row])
    }
    return [...partitions.values()].flatMap((partition) => {
      const sorted = [...partition].sort(compare)
      const groups = groupNumbers(sorted, spec)
      const frames = new Map<string, readonly number[][]>()
      const columns = spec.functions.map((call) => {
        const key = JSON.stringify(call.frame)
        const found = frames.get(key) ?? framesOf(call, sorted, groups, spec)
        frames.set(key, found)
        return evaluate(call, sorted, groups, found)
      })
      return sorted.map((row, i) => [...row, ...columns.map((column) => column[i]!)])
    })
  }
}

/** Numbers of the peer groups: keys that are identical. */
function groupNumbers(rows: readonly Row[], { orderBy, types }: WindowSpec): number[] {
  const keyOf = (row: Row) =>
    JSON.stringify(orderBy.map(({ channel }) => valueKey(types[channel]!, row[channel]!)))
  let group = -1
  return rows.map((row, i) => {
    if (i === 0 || keyOf(row) !== keyOf(rows[i - 1]!)) group += 1
    return group
  })
}

/** The rows in each row's frame. */
const framesOf = (
  call: WindowFunctionSpec,
  rows: readonly Row[],
  groups: readonly number[],
  spec: WindowSpec,
): readonly number[][] =>
  rows.map((_, i) => rows.flatMap((_row, j) => (inFrame(call, rows, groups, spec, i, j) ? j : [])))

function evaluate(
  call: WindowFunctionSpec,
  rows: readonly Row[],
  groups: readonly number[],
  frames: readonly number[][],
): Value[] {
  const overload = registry.find(call.function.id)
  const argumentOf = (index: number, row: number): Value => valueIn(call.args[index]!, rows[row]!)
  const binding = {
    argumentTypes: call.function.argumentTypes,
    returnType: call.function.returnType,
    session: DEFAULT_SESSION,
  }
  if (overload.kind === 'window') {
    const bound = overload.overload.bind(binding, call.ignoreNulls)
    const run = bound({ rowCount: rows.length, argument: argumentOf })
    return rows.map((_, i) => {
      const frame = frames[i]!
      const start = frame[0] ?? 0
      return run({
        position: i,
        peerStart: groups.indexOf(groups[i]!),
        peerEnd: groups.lastIndexOf(groups[i]!) + 1,
        frameStart: start,
        frameEnd: frame.length === 0 ? start : frame.at(-1)! + 1,
      })
    })
  }
  if (overload.kind !== 'aggregate') throw new Error('an aggregate or window function')
  const accumulator = overload.overload.bind({
    ...binding,
    intermediateType: registry.intermediateType(call.function),
    lambdas: [],
  }) as Accumulator<unknown>
  return rows.map((_, i) => {
    let state = accumulator.create()
    const seen = new Set<string>()
    for (const j of frames[i]!) {
      if (call.filterChannel !== undefined && rows[j]![call.filterChannel] !== true) continue
      const args = call.args.map((_arg, index) => argumentOf(index, j))
      const key = JSON.stringify(args.map((v, a) => valueKey(call.function.argumentTypes[a]!, v)))
      if (call.distinct === true && seen.has(key)) continue
      seen.add(key)
      if (overload.overload.nulls !== 'called' && args.includes(null)) continue
      state = accumulator.add(state, ...args)
    }
    const result = accumulator.finish(state)
    // Trino adds to 0: a sum of -0 only is 0.
    return call.function.name === 'sum' && typeof result === 'number' ? result + 0 : result
  })
}

const valueIn = (expression: Expression, row: Row): Value => {
  if (expression.kind === 'input') return row[expression.channel]!
  if (expression.kind === 'constant') return expression.value
  throw new Error('arguments are channels and constants')
}

function inFrame(
  { frame }: WindowFunctionSpec,
  rows: readonly Row[],
  groups: readonly number[],
  spec: WindowSpec,
  i: number,
  j: number,
): boolean {
  const within = (bound: WindowBoundSpec, isStart: boolean): boolean => {
    if (bound.kind === 'unbounded preceding' || bound.kind === 'unbounded following') {
      return isStart === (bound.kind === 'unbounded preceding')
    }
    const place = frame.unit === 'rows' ? (row: number) => row : (row: number) => groups[row]!
    if (bound.channel === undefined) return isStart ? place(j) >= place(i) : place(j) <= place(i)
    const value = rows[i]![bound.channel]!
    if (frame.unit === 'range') return inRange(bound, isStart, rows, groups, spec, i, j)
    const target = place(i) + (bound.kind === 'preceding' ? -1 : 1) * Number(value)
    return isStart ? place(j) >= target : place(j) <= target
  }
  return within(frame.start, true) && within(frame.end, false)
}

function inRange(
  bound: WindowBoundSpec,
  isStart: boolean,
  rows: readonly Row[],
  groups: readonly number[],
  spec: WindowSpec,
  i: number,
  j: number,
): boolean {
  const channel = bound.sortKeyChannel!
  const type: SqlType = spec.types[channel]!
  const own = rows[i]![channel]!
  const other = rows[j]![channel]!
  if (own === null) return isStart ? groups[j]! >= groups[i]! : groups[j]! <= groups[i]!
  if (other === null) return isStart ? j > i : j < i
  const boundary = rows[i]![bound.channel!]!
  const { ascending, nullsFirst } = spec.orderBy[0]!
  const order = compareValues(type, other, boundary, nullsFirst ? 'first' : 'last')
  const sign = order * (ascending ? 1 : -1)
  return isStart ? sign >= 0 : sign <= 0
}
