import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import {
  type Arena,
  assert,
  BIGINT,
  type Block,
  BOOLEAN,
  type IntegerBlock,
  type Validity,
} from '../../spi/index.js'
import { at, loadKey } from '../keys/key-kernels.js'
import {
  type ExtremeKernel,
  eachRow,
  type IntegerSource,
  type KernelShape,
  ROW_PARAMS,
  shapeName,
} from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { countAggregator, stateBuffer } from './counts.js'
import { numberSource, rowArguments, shapeOf } from './number-source.js'
import { filteredGroups } from './row-choice-kernels.js'
import { integerStates, validityOfCounts } from './state-blocks.js'

/** Aggregates that fold integers of at most 64 bits into one. */

export type BitwiseFold = 'and' | 'or' | 'xor'

interface FoldKernel {
  readonly fold: ExtremeKernel['extreme']
}

/** states[g] = the bits of it and a value, of the value alone where counts[g] is 0; counts[g] += 1. */
function foldKernel(
  memory: WebAssembly.Memory,
  fold: BitwiseFold,
  source: IntegerSource,
  shape: KernelShape,
): FoldKernel['fold'] {
  const build = (m: ModuleBuilder) => {
    const columns = { values: 'i32', base: 'i64', factor: 'i64' } as const
    m.function(
      'fold',
      { ...ROW_PARAMS, ...columns, states: 'i32', counts: 'i32' },
      null,
      (f, p) => {
        const value = f.local('i64')
        eachRow(f, p, shape, (row, group) => {
          f.set(value, i64.add(p.base, i64.mul(p.factor, loadKey(source, p.values, row))))
          const target = shape.grouped ? group : i32.const(0)
          const state = at(p.states, target, 3)
          const counted = at(p.counts, target, 3)
          const isFirst = i64.eqz(i64.load(counted))
          f.store64(state, i64.select(isFirst, value, i64[fold](i64.load(state), value)))
          f.store64(counted, i64.add(i64.load(counted), 1n))
        })
      },
    )
  }
  const key = `aggregate bits ${fold} ${source}${shapeName(shape)}`
  return kernel<FoldKernel>(memory, key, build).fold
}

/** Folds the bits of integers; what states become is for `toBlock` to say. */
function foldAggregator(
  context: AggregatorContext,
  fold: BitwiseFold,
  toBlock: (states: IntegerBlock, arena: Arena) => Block,
): Aggregator {
  const states = stateBuffer(context)
  const counts = stateBuffer(context)
  const add = (block: Block, groups: Int32Array | undefined, arena: Arena): void => {
    const source = numberSource(block, arena)
    if (source === undefined) return
    assert(source.storage !== 'f32' && source.storage !== 'f64', 'integers to fold')
    const shape = shapeOf(source, groups)
    foldKernel(
      context.memory,
      fold,
      source.storage,
      shape,
    )(...rowArguments(source, groups), states.address, counts.address)
  }
  const results = (from: number, to: number, arena: Arena): Block => {
    const validity: Validity = validityOfCounts(counts.int64(), from, to, arena)
    const unbounded = Number.POSITIVE_INFINITY
    return toBlock(integerStates(BIGINT, states, from, to, validity, unbounded, arena), arena)
  }
  return {
    reserve(groupCount) {
      states.reserve(groupCount * 8)
      counts.reserve(groupCount * 8)
    },
    add: (args, _rowCount, groups, arena) => add(args[0]!, groups, arena),
    merge: (columns, _rowCount, groups, arena) => add(columns[0]!, groups, arena),
    states: (from, to, arena) => [results(from, to, arena)],
    results,
    close() {
      states.close()
      counts.close()
    },
  }
}

export const bitwiseAggregator = (context: AggregatorContext, fold: BitwiseFold): Aggregator =>
  foldAggregator(context, fold, (states) => states)

/** BOOL_AND and BOOL_OR, and so MIN and MAX of BOOLEAN. */
export const booleanAggregator = (context: AggregatorContext, fold: 'and' | 'or'): Aggregator =>
  foldAggregator(context, fold, ({ values, rowCount, validity }, arena) => {
    const bytes = arena.allocate(rowCount)
    const words = new Int32Array(values.buffer, values.byteOffset, rowCount * 2)
    for (let i = 0; i < rowCount; i++) bytes[i] = words[2 * i]!
    return { encoding: 'flat', storage: 'bool', type: BOOLEAN, rowCount, validity, values: bytes }
  })

/** COUNT_IF: rows that are not true have no group. */
export function countIfAggregator(context: AggregatorContext): Aggregator {
  const counts = countAggregator(context)
  const { reserve, merge, states, results, close } = counts
  return {
    reserve,
    add: ([condition], rowCount, groups, arena) =>
      counts.add([], rowCount, filteredGroups(context.memory, condition!, groups, arena), arena),
    merge,
    states,
    results,
    close,
  }
}
