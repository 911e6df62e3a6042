import {
  type Arena,
  BIGINT,
  type Block,
  type FlatBlock,
  type IntegerBlock,
  isInteger,
  isShortDecimal,
  type SqlType,
} from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { rangeBlock } from '../keys/key-source.js'
import { sumIntegersKernel } from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { numberChecksumKernel, textChecksumKernel } from './checksum-kernels.js'
import { stateBuffer } from './counts.js'
import { bytesStates, integerStates, validityOfCounts } from './state-blocks.js'

/** Whether kernels know what values of a type add to a checksum; the accumulators of its definition know all types. */
export const hasChecksumKernel = (type: SqlType): boolean =>
  isInteger(type) ||
  type.kind === 'date' ||
  type.kind === 'double' ||
  type.kind === 'varchar' ||
  type.kind === 'varbinary' ||
  (type.kind === 'decimal' && isShortDecimal(type))

/**
 * CHECKSUM: what each value adds is computed by column, once an entry of a dictionary, and added up modulo 2^64.
 * @source Trino ChecksumAggregationFunction
 */
export function checksumAggregator(context: AggregatorContext, resultType: SqlType): Aggregator {
  const { memory } = context
  const sums = stateBuffer(context)
  /** Of values or states: a group without any is NULL. */
  const counts = stateBuffer(context)
  const addUp = (block: Block, groups: Int32Array | undefined, arena: Arena): void => {
    const integers = rangeBlock(flattenBlock(block, arena), arena)
    if (integers === undefined) return
    const { storage, validity, rowCount, values, base, factor } = integers
    const shape = { nullable: validity !== null, grouped: groups !== undefined, wide: false }
    sumIntegersKernel(memory, storage, shape)(
      validity === null ? 0 : validity.byteOffset,
      groups === undefined ? 0 : groups.byteOffset,
      rowCount,
      values.byteOffset,
      BigInt(base),
      BigInt(factor),
      sums.address,
      counts.address,
    )
  }
  return {
    reserve(groupCount) {
      sums.reserve(groupCount * 8)
      counts.reserve(groupCount * 8)
    },
    add: ([block], _rowCount, groups, arena) =>
      addUp(contributions(memory, block!, arena), groups, arena),
    merge: ([state], _rowCount, groups, arena) => addUp(state!, groups, arena),
    states(from, to, arena) {
      const validity = validityOfCounts(counts.int64(), from, to, arena)
      return [integerStates(BIGINT, sums, from, to, validity, Number.POSITIVE_INFINITY, arena)]
    },
    results(from, to, arena) {
      const validity = validityOfCounts(counts.int64(), from, to, arena)
      return bytesStates(resultType, sums, from, to, validity, arena)
    },
    close() {
      sums.close()
      counts.close()
    },
  }
}

/** What each position adds, as BIGINT; none is null. */
function contributions(memory: WebAssembly.Memory, block: Block, arena: Arena): Block {
  switch (block.encoding) {
    case 'constant': {
      const value = flatContributions(memory, block.value, arena)
      return { encoding: 'constant', type: BIGINT, rowCount: block.rowCount, value }
    }
    case 'dictionary': {
      // Entries may be many more than the page's rows, and positions null though their entries are not.
      if (block.validity !== null || block.dictionary.rowCount > block.rowCount) break
      const dictionary = flatContributions(memory, block.dictionary, arena)
      const { codes, rowCount } = block
      return { encoding: 'dictionary', type: BIGINT, rowCount, codes, dictionary, validity: null }
    }
    case 'flat':
      break
  }
  return flatContributions(memory, flattenBlock(block, arena), arena)
}

function flatContributions(
  memory: WebAssembly.Memory,
  flat: FlatBlock,
  arena: Arena,
): IntegerBlock {
  const { rowCount } = flat
  const bytes = arena.allocate(rowCount * 8)
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  const out = values.byteOffset
  const nullable = flat.validity !== null
  const validity = flat.validity === null ? 0 : flat.validity.byteOffset
  if (flat.storage === 'bytes') {
    const { offsets, bytes: text } = flat
    const kernel = textChecksumKernel(memory, nullable)
    kernel(validity, rowCount, offsets.byteOffset, text.byteOffset, out)
  } else if (flat.storage === 'f64') {
    const kernel = numberChecksumKernel(memory, 'double', nullable)
    kernel(validity, rowCount, flat.values.byteOffset, 0n, 1n, out)
  } else {
    const integers = rangeBlock(flat, arena)
    if (integers === undefined) values.fill(NULL_CONTRIBUTION)
    else {
      const { storage, base, factor } = integers
      const kernel = numberChecksumKernel(memory, storage, nullable)
      kernel(validity, rowCount, integers.values.byteOffset, BigInt(base), BigInt(factor), out)
    }
  }
  const shared = { encoding: 'flat', storage: 'i64', type: BIGINT, rowCount } as const
  return { ...shared, validity: null, values, base: 0, factor: 1 }
}

/** A hash of 1, times the prime. */
const NULL_CONTRIBUTION = BigInt.asIntN(64, 0x9e3779b185ebca87n)
