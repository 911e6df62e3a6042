import type { Arena, Block } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { rangeBlock } from '../keys/key-source.js'
import type { FloatSource, IntegerSource, KernelShape } from './aggregate-kernels.js'

/** A column of floats, or of integers of at most 64 bits, as kernels read it: base + factor * raw. */
export interface NumberSource {
  readonly storage: IntegerSource | FloatSource
  readonly rowCount: number
  /** Address of the bitmap; 0: no nulls. */
  readonly validity: number
  readonly values: number
  readonly base: bigint
  readonly factor: bigint
}

/** @returns undefined where all is null */
export function numberSource(block: Block, arena: Arena): NumberSource | undefined {
  const flat = flattenBlock(block, arena)
  const isFloat = flat.storage === 'f64' || flat.storage === 'f32'
  const numbers = isFloat ? flat : rangeBlock(flat, arena)
  if (numbers === undefined) return undefined
  return {
    storage: numbers.storage,
    rowCount: numbers.rowCount,
    validity: numbers.validity?.byteOffset ?? 0,
    values: numbers.values.byteOffset,
    base: 'base' in numbers ? BigInt(numbers.base) : 0n,
    factor: 'factor' in numbers ? BigInt(numbers.factor) : 1n,
  }
}

type Groups = Int32Array | undefined

/** What a kernel has to look at for each row of a column. */
export const shapeOf = ({ validity }: NumberSource, groups: Groups): KernelShape => ({
  nullable: validity !== 0,
  grouped: groups !== undefined,
})

/** Rows as kernels take them: null bits, groups, how many, and the column with its base and factor. */
export const rowArguments = (source: NumberSource, groups: Groups) =>
  [
    source.validity,
    groups?.byteOffset ?? 0,
    source.rowCount,
    source.values,
    source.base,
    source.factor,
  ] as const
