import { covarianceStates } from '../../expressions/functions/aggregate/covariances.js'
import { momentStates } from '../../expressions/functions/aggregate/moments.js'
import type { ResolvedFunction } from '../../expressions/ir.js'
import {
  type Arena,
  assert,
  BIGINT,
  type Block,
  BOOLEAN,
  DOUBLE,
  type FlatBlock,
  isInteger,
  type SqlType,
} from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { keyKind } from '../keys/key-kind.js'
import { extremeKernel } from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext, NativeAggregate } from './aggregator.js'
import { arbitraryAggregator } from './arbitrary.js'
import { checksumAggregator, hasChecksumKernel } from './checksums.js'
import { countAggregator, stateBuffer } from './counts.js'
import { doubleStateAggregator } from './double-state-aggregator.js'
import { exactSumAggregator, exactSumStates } from './exact-sums.js'
import { extremeByAggregator } from './extremes-by.js'
import { floatSumAggregator, floatSumStates } from './float-sums.js'
import {
  type BitwiseFold,
  bitwiseAggregator,
  booleanAggregator,
  countIfAggregator,
} from './folds.js'
import { numberSource, rowArguments, shapeOf } from './number-source.js'
import { numberStates } from './state-blocks.js'
import { textExtremeAggregator } from './text-extremes.js'

const isFloat = (type: SqlType): boolean => type.kind === 'double' || type.kind === 'real'

/** The kernels of an aggregate; undefined: the generic accumulators of its definition run it. */
export function nativeAggregate(fn: ResolvedFunction): NativeAggregate | undefined {
  const [type] = fn.argumentTypes
  const result = fn.returnType
  const doubles = momentStates.get(fn.name) ?? covarianceStates.get(fn.name)
  if (doubles !== undefined) {
    return {
      stateTypes: new Array<SqlType>(doubles.size).fill(DOUBLE),
      create: (c) => doubleStateAggregator(c, doubles, result),
    }
  }
  if (fn.name === 'count') return { stateTypes: [BIGINT], create: (c) => countAggregator(c) }
  if (fn.name === 'min_by' || fn.name === 'max_by') return extremeBy(fn)
  if (type === undefined || fn.argumentTypes.length !== 1) return undefined
  const fold = FOLDS.get(fn.name)
  if (fold !== undefined) return { stateTypes: [BIGINT], create: (c) => bitwiseAggregator(c, fold) }
  if (fn.name === 'count_if') return { stateTypes: [BIGINT], create: (c) => countIfAggregator(c) }
  if (fn.name === 'bool_and' || fn.name === 'every' || fn.name === 'bool_or') {
    return booleans(fn.name === 'bool_or' ? 'or' : 'and')
  }
  if (fn.name === 'arbitrary' || fn.name === 'any_value') {
    return { stateTypes: [type], create: (c) => arbitraryAggregator(c, type) }
  }
  if (fn.name === 'checksum' && hasChecksumKernel(type)) {
    return { stateTypes: [BIGINT], create: (c) => checksumAggregator(c, result) }
  }
  if (fn.name === 'sum' || fn.name === 'avg') {
    const isAverage = fn.name === 'avg'
    if (isFloat(type)) {
      return {
        stateTypes: floatSumStates(isAverage),
        create: (c) => floatSumAggregator(c, result, isAverage),
      }
    }
    if (isInteger(type) || type.kind === 'decimal') {
      return {
        stateTypes: exactSumStates(type, isAverage),
        create: (c) => exactSumAggregator(c, type, result, isAverage),
      }
    }
    return undefined
  }
  if (fn.name === 'min' || fn.name === 'max') {
    const largest = fn.name === 'max'
    if (type.kind === 'boolean') return booleans(largest ? 'or' : 'and')
    if (type.kind === 'varchar' || type.kind === 'varbinary') {
      return { stateTypes: [type], create: (c) => textExtremeAggregator(c, type, largest) }
    }
    if (!isWord(type)) return undefined
    return { stateTypes: [type], create: (c) => extremeAggregator(c, type, largest) }
  }
  return undefined
}

const FOLDS: ReadonlyMap<string, BitwiseFold> = new Map([
  ['bitwise_and_agg', 'and'],
  ['bitwise_or_agg', 'or'],
  ['bitwise_xor_agg', 'xor'],
])

/** Whether a type's values are floats, or integers of at most 64 bits that order as they do and are no BOOLEANs. */
const isWord = (type: SqlType): boolean =>
  isFloat(type) || (keyKind(type) === 'range' && type.kind !== 'boolean' && type.kind !== 'unknown')

const booleans = (fold: 'and' | 'or'): NativeAggregate => ({
  stateTypes: [BOOLEAN],
  create: (c) => booleanAggregator(c, fold),
})

function extremeBy(fn: ResolvedFunction): NativeAggregate | undefined {
  const [valueType, keyType, size] = fn.argumentTypes
  if (valueType === undefined || keyType === undefined || size !== undefined) return undefined
  if (!isWord(keyType)) return undefined
  return {
    stateTypes: [valueType, keyType],
    create: (c) => extremeByAggregator(c, valueType, keyType, fn.name === 'max_by'),
  }
}

function extremeAggregator(
  context: AggregatorContext,
  type: SqlType,
  largest: boolean,
): Aggregator {
  const values = stateBuffer(context)
  const counts = stateBuffer(context)
  /** Whether bounds tell that none of a block's values is better than the state of group 0. */
  const cannotImprove = (block: FlatBlock): boolean => {
    if (!('bounds' in block) || block.bounds === undefined) return false
    if (counts.int64()[0] === 0n) return false
    const best = values.int64()[0]!
    return largest ? BigInt(block.bounds.max) <= best : BigInt(block.bounds.min) >= best
  }
  const add = (block: Block, groups: Int32Array | undefined, arena: Arena): void => {
    const flat = flattenBlock(block, arena)
    const source = numberSource(flat, arena)
    if (source === undefined || (groups === undefined && cannotImprove(flat))) return
    assert(source.factor > 0n, 'stored integers ascend as their values do')
    const shape = shapeOf(source, groups)
    extremeKernel(
      context.memory,
      source.storage,
      largest,
      shape,
    )(...rowArguments(source, groups), values.address, counts.address)
  }
  const results = (from: number, to: number, arena: Arena): Block =>
    numberStates(type, values, counts, from, to, arena)
  return {
    reserve(groupCount) {
      values.reserve(groupCount * 8)
      counts.reserve(groupCount * 8)
    },
    add: (args, _rowCount, groups, arena) => add(args[0]!, groups, arena),
    merge: (states, _rowCount, groups, arena) => add(states[0]!, groups, arena),
    states: (from, to, arena) => [results(from, to, arena)],
    results,
    close() {
      values.close()
      counts.close()
    },
  }
}
