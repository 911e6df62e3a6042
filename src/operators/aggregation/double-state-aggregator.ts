import type { DoubleStates } from '../../expressions/functions/aggregate/double-states.js'
import { type Arena, assert, type Block, DOUBLE, type SqlType } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import type { FloatSource } from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { stateBuffer } from './counts.js'
import { doubleStateKernel } from './double-state-kernels.js'
import { type NumberSource, numberSource, rowArguments, shapeOf } from './number-source.js'

/** Aggregates whose states are some doubles a group, one group after another; states travel as a column a double. */
export function doubleStateAggregator(
  context: AggregatorContext,
  states: DoubleStates,
  resultType: SqlType,
): Aggregator {
  const { size } = states
  const buffer = stateBuffer(context)
  const words = () => new Float64Array(buffer.bytes.buffer, buffer.address, buffer.byteLength >> 3)
  return {
    reserve: (groupCount) => buffer.reserve(groupCount * size * 8),
    add(args, _rowCount, groups, arena) {
      const first = numberSource(args[0]!, arena)
      const second = args.length > 1 ? numberSource(args[1]!, arena) : undefined
      if (first === undefined || (args.length > 1 && second === undefined)) return
      const shape = {
        source: first.storage,
        ...shapeOf(first, groups),
        second: second && { source: floatStorage(second), nullable: second.validity !== 0 },
      }
      doubleStateKernel(context.memory, states, shape)(
        ...rowArguments(first, groups),
        second?.validity ?? 0,
        second?.values ?? 0,
        buffer.address,
      )
    },
    merge(columns, rowCount, groups, arena) {
      const own = words()
      const other = new Float64Array(size)
      const read = columns.map((column) => {
        const flat = flattenBlock(column, arena)
        assert(flat.storage === 'f64', 'states are doubles')
        return flat.values
      })
      for (let i = 0; i < rowCount; i++) {
        for (let word = 0; word < size; word++) other[word] = read[word]![i]!
        states.combine(own, groups[i]! * size, other, 0)
      }
    },
    states(from, to, arena) {
      const own = words()
      return Array.from({ length: size }, (_, word) =>
        doubleColumn(DOUBLE, to - from, (i) => own[(from + i) * size + word]!, arena),
      )
    },
    results(from, to, arena) {
      const own = words()
      return doubleColumn(
        resultType,
        to - from,
        (i) => states.finish(own, (from + i) * size),
        arena,
      )
    },
    close: () => buffer.close(),
  }
}

function floatStorage({ storage }: NumberSource): FloatSource {
  assert(storage === 'f32' || storage === 'f64', 'pairs are of floats')
  return storage
}

function doubleColumn(
  type: SqlType,
  rowCount: number,
  value: (i: number) => number | null,
  arena: Arena,
): Block {
  const isReal = type.kind === 'real'
  const bytes = arena.allocate(rowCount * (isReal ? 4 : 8))
  const values = isReal
    ? new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
    : new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
  let validity: Uint8Array | null = null
  for (let i = 0; i < rowCount; i++) {
    const number = value(i)
    if (number === null) {
      validity ??= arena.allocate((rowCount + 7) >> 3).fill(0xff)
      validity[i >> 3]! &= ~(1 << (i & 7))
    }
    values[i] = number ?? 0
  }
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  return values instanceof Float32Array
    ? { storage: 'f32', values, ...flat }
    : { storage: 'f64', values, ...flat }
}
