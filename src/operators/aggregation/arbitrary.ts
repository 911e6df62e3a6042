import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { type Arena, type Block, isNull, mayHaveNulls, type SqlType } from '../../spi/index.js'
import { ColumnStore } from '../kernels/column-store.js'
import { gatherNullableBlock, nullBlock } from '../kernels/gather.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { stateBuffer } from './counts.js'
import { rowChoiceKernels } from './row-choice-kernels.js'

/** ARBITRARY and ANY_VALUE of any type: the first value of each group that is not null is copied, the others never read. */
export function arbitraryAggregator(context: AggregatorContext, type: SqlType): Aggregator {
  const kept = context.createArena()
  const joined = context.createArena()
  const store = new ColumnStore([type], kept)
  /** Row in the store + 1 of each group; 0: none yet. */
  const rows = stateBuffer(context)
  let values: Block | undefined

  const kernels = rowChoiceKernels(context.memory)

  const add = (
    block: Block,
    rowCount: number,
    groups: Int32Array | undefined,
    arena: Arena,
  ): void => {
    if (groups !== undefined && !mayHaveNulls(block)) {
      const positions = allocateInt32(arena, rowCount)
      const [from, to] = [groups.byteOffset, positions.byteOffset]
      const count = kernels.unseen(from, rowCount, rows.address, store.rowCount, to)
      store.append({ rowCount, blocks: [block] }, positions, count)
      return
    }
    const found = rows.int32()
    const checked = mayHaveNulls(block)
    let positions: Int32Array | undefined
    let count = 0
    for (let i = 0; i < rowCount; i++) {
      const group = groups === undefined ? 0 : groups[i]!
      if (group < 0 || found[group] !== 0 || (checked && isNull(block, i))) continue
      positions ??= allocateInt32(arena, rowCount)
      positions[count] = i
      count += 1
      found[group] = store.rowCount + count
      if (groups === undefined) break
    }
    if (positions !== undefined) store.append({ rowCount, blocks: [block] }, positions, count)
  }
  const results = (from: number, to: number, arena: Arena): Block => {
    if (store.rowCount === 0) return nullBlock(type, to - from)
    values ??= store.finish(joined)[0]!
    const positions = allocateInt32(arena, to - from)
    kernels.before(rows.address + from * 4, to - from, positions.byteOffset)
    return gatherNullableBlock(values, positions, to - from, arena)
  }
  return {
    reserve: (groupCount) => rows.reserve(groupCount * 4),
    add: (args, rowCount, groups, arena) => add(args[0]!, rowCount, groups, arena),
    merge: (states, rowCount, groups, arena) => add(states[0]!, rowCount, groups, arena),
    states: (from, to, arena) => [results(from, to, arena)],
    results,
    close() {
      kept.close()
      joined.close()
      rows.close()
    },
  }
}
