import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import type { Arena, Block, SqlType } from '../../spi/index.js'
import { ColumnStore } from '../kernels/column-store.js'
import { gatherNullableBlock, nullBlock } from '../kernels/gather.js'
import { at, loadKey } from '../keys/key-kernels.js'
import {
  eachRow,
  type FloatSource,
  type IntegerSource,
  type KernelShape,
  ROW_PARAMS,
  shapeName,
} from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { stateBuffer } from './counts.js'
import { numberSource, rowArguments, shapeOf } from './number-source.js'
import { numberStates } from './state-blocks.js'
import { floatAt } from './ungrouped-kernels.js'

interface WinnerKernel {
  /**
   * keys[g] = the best key so far, winners[g] = 1 + the row that has it where one of these rows is better; groups with
   * such a row are listed. counts[g] += 1. @returns how many are listed
   */
  winners(
    validity: number,
    groups: number,
    count: number,
    values: number,
    base: bigint,
    factor: bigint,
    keys: number,
    counts: number,
    winners: number,
    list: number,
  ): number
}

/** Of equal keys the first row wins; NaN gives way to numbers. */
function winnerKernel(
  memory: WebAssembly.Memory,
  source: IntegerSource | FloatSource,
  largest: boolean,
  shape: KernelShape,
): WinnerKernel['winners'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'winners',
      {
        ...ROW_PARAMS,
        values: 'i32',
        base: 'i64',
        factor: 'i64',
        keys: 'i32',
        counts: 'i32',
        winners: 'i32',
        list: 'i32',
      },
      'i32',
      (f, p) => {
        const listed = f.local('i32')
        const float = f.local('f64')
        const integer = f.local('i64')
        const isFloat = source === 'f32' || source === 'f64'
        const better = (key: Expr<'i32'>): Expr<'i32'> => {
          if (!isFloat) {
            const best = i64.load(key)
            return largest ? i64.gt_s(integer, best) : i64.lt_s(integer, best)
          }
          const best = f.let(f64.load(key))
          const beats = largest ? f64.gt(float, best) : f64.lt(float, best)
          return i32.or(beats, i32.and(f64.ne(best, best), f64.eq(float, float)))
        }
        eachRow(f, p, shape, (row, ofRow) => {
          const group = shape.grouped ? ofRow : i32.const(0)
          if (isFloat) f.set(float, floatAt(source, p.values, row))
          else f.set(integer, i64.add(p.base, i64.mul(p.factor, loadKey(source, p.values, row))))
          const key = f.let(at(p.keys, group, 3))
          const counted = f.let(at(p.counts, group, 3))
          f.if(i32.or(i64.eqz(i64.load(counted)), better(key)), () => {
            if (isFloat) f.storeF64(key, float)
            else f.store64(key, integer)
            const winner = f.let(at(p.winners, group, 2))
            f.if(i32.eqz(i32.load(winner)), () => {
              f.store32(at(p.list, listed, 2), group)
              f.set(listed, i32.add(listed, 1))
            })
            f.store32(winner, i32.add(row, 1))
          })
          f.store64(counted, i64.add(i64.load(counted), 1n))
        })
        f.return(listed)
      },
    )
  }
  const name = `aggregate ${largest ? 'max' : 'min'} by ${source}`
  const key = `${name}${shapeName(shape)}`
  return kernel<WinnerKernel>(memory, key, build).winners
}

/** Values of rows that have been beaten since are dropped once they are this many, and more than the others. */
const BEATEN_ROWS_MAX = 65_536

/** A value a group, of any type, each of which may take another's place. */
class ChosenValues {
  readonly #context: AggregatorContext
  readonly #type: SqlType
  /** Row in the store + 1 of each group; 0: none yet. */
  readonly #rows
  #arena: Arena
  #store: ColumnStore
  /** All that is stored as one block, until more is. */
  #whole: { readonly block: Block; readonly arena: Arena } | undefined
  #groupCount = 0

  constructor(context: AggregatorContext, type: SqlType) {
    this.#context = context
    this.#type = type
    this.#rows = stateBuffer(context)
    this.#arena = context.createArena()
    this.#store = new ColumnStore([type], this.#arena)
  }

  reserve(groupCount: number): void {
    this.#groupCount = groupCount
    this.#rows.reserve(groupCount * 4)
  }

  /** Keeps for each of these groups the value at 1 + its winner's position, and takes the winners back. */
  choose(block: Block, groups: Int32Array, winners: Int32Array, arena: Arena): void {
    const positions = allocateInt32(arena, groups.length)
    const rows = this.#rows.int32()
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      positions[i] = winners[group]! - 1
      winners[group] = 0
      rows[group] = this.#store.rowCount + i + 1
    }
    const page = { rowCount: block.rowCount, blocks: [block] }
    this.#forgetWhole()
    this.#store.append(page, positions, groups.length)
    if (this.#store.rowCount > BEATEN_ROWS_MAX + 2 * this.#groupCount) this.#dropBeaten()
  }

  #dropBeaten(): void {
    const scratch = this.#context.createArena()
    const kept = this.block(0, this.#groupCount, scratch)
    const arena = this.#context.createArena()
    this.#store = new ColumnStore([this.#type], arena)
    this.#store.append({ rowCount: this.#groupCount, blocks: [kept] })
    scratch.close()
    this.#forgetWhole()
    this.#arena.close()
    this.#arena = arena
    const rows = this.#rows.int32()
    for (let group = 0; group < this.#groupCount; group++) {
      if (rows[group] !== 0) rows[group] = group + 1
    }
  }

  /** The values of groups [from, to). */
  block(from: number, to: number, arena: Arena): Block {
    if (this.#store.rowCount === 0) return nullBlock(this.#type, to - from)
    const rows = this.#rows.int32()
    const positions = allocateInt32(arena, to - from)
    for (let group = from; group < to; group++) positions[group - from] = rows[group]! - 1
    if (this.#whole === undefined) {
      const joined = this.#context.createArena()
      this.#whole = { block: this.#store.finish(joined)[0]!, arena: joined }
    }
    return gatherNullableBlock(this.#whole.block, positions, to - from, arena)
  }

  #forgetWhole(): void {
    this.#whole?.arena.close()
    this.#whole = undefined
  }

  close(): void {
    this.#forgetWhole()
    this.#rows.close()
    this.#arena.close()
  }
}

/** MIN_BY and MAX_BY over keys that are integers of at most 64 bits, or floats: of values only winners are copied. */
export function extremeByAggregator(
  context: AggregatorContext,
  valueType: SqlType,
  keyType: SqlType,
  largest: boolean,
): Aggregator {
  const keys = stateBuffer(context)
  const counts = stateBuffer(context)
  const winners = stateBuffer(context)
  const values = new ChosenValues(context, valueType)
  let groupCount = 0
  const add = (
    [value, key]: readonly Block[],
    groups: Int32Array | undefined,
    arena: Arena,
  ): void => {
    const source = numberSource(key!, arena)
    if (source === undefined) return
    const shape = shapeOf(source, groups)
    const list = allocateInt32(arena, Math.min(groupCount, source.rowCount))
    const listed = winnerKernel(context.memory, source.storage, largest, shape)(
      ...rowArguments(source, groups),
      keys.address,
      counts.address,
      winners.address,
      list.byteOffset,
    )
    if (listed > 0) values.choose(value!, list.subarray(0, listed), winners.int32(), arena)
  }
  return {
    reserve(count) {
      groupCount = count
      keys.reserve(count * 8)
      counts.reserve(count * 8)
      winners.reserve(count * 4)
      values.reserve(count)
    },
    add: (args, _rowCount, groups, arena) => add(args, groups, arena),
    merge: (columns, _rowCount, groups, arena) => add(columns, groups, arena),
    states: (from, to, arena) => [
      values.block(from, to, arena),
      numberStates(keyType, keys, counts, from, to, arena),
    ],
    results: (from, to, arena) => values.block(from, to, arena),
    close() {
      for (const buffer of [keys, counts, winners]) buffer.close()
      values.close()
    },
  }
}
