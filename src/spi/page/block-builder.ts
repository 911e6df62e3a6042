import { assert } from '../assert.js'
import { type Arena, heapArena } from '../connector/memory.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import type { Block, ConstantBlock, FlatBlock } from './block.js'
import { BytesBuilder } from './block-builder/bytes-builder.js'
import { BooleanBuilder, Fixed16Builder, FloatBuilder } from './block-builder/fixed-builder.js'
import type { BlockBuilder } from './block-builder/flat-builder.js'
import { IntegerBuilder, logicalInteger } from './block-builder/integer-builder.js'
import { LongDecimalBuilder } from './block-builder/long-decimal-builder.js'
import { ArrayBuilder, MapBuilder, RowBuilder } from './block-builder/nested-builder.js'
import { NullBuilder } from './block-builder/null-builder.js'
import { storageClass } from './block-value.js'

export { type BlockBuilder, logicalInteger }

/**
 * Makes a builder of flat blocks of a type. Integers get the narrowest storage that their values allow.
 * @param arena where blocks are allocated; the garbage-collected heap by default. What is being built is kept on
 * the heap and reused from block to block.
 * @source Trino Type.createBlockBuilder
 */
export function createBlockBuilder(type: SqlType, arena: Arena = heapArena()): BlockBuilder {
  switch (storageClass(type)) {
    case 'integer':
      return new IntegerBuilder(type, arena)
    case 'f32':
    case 'f64':
      return new FloatBuilder(type, arena)
    case 'bool':
      return new BooleanBuilder(type, arena)
    case 'fixed16':
      return type.kind === 'decimal'
        ? new LongDecimalBuilder(type, arena)
        : new Fixed16Builder(type, arena)
    case 'bytes':
      return new BytesBuilder(type, arena)
    case 'null':
      return new NullBuilder(type)
    case 'array':
      assert(type.kind === 'array')
      return new ArrayBuilder(type, createBlockBuilder(type.element, arena), arena)
    case 'map':
      assert(type.kind === 'map')
      return new MapBuilder(
        type,
        createBlockBuilder(type.key, arena),
        createBlockBuilder(type.value, arena),
        arena,
      )
    case 'row':
      assert(type.kind === 'row')
      return new RowBuilder(
        type,
        type.fields.map((field) => createBlockBuilder(field.type, arena)),
        arena,
      )
  }
}

/** A flat block of the given values (carriers, or null). */
export function blockOf(type: SqlType, values: Iterable<Value>, arena?: Arena): FlatBlock {
  const builder = createBlockBuilder(type, arena)
  for (const value of values) builder.append(value)
  return builder.build()
}

/** The positions of a block as a flat block of its own, in the narrowest storage. */
export function flatten(block: Block, arena?: Arena): FlatBlock {
  const builder = createBlockBuilder(block.type, arena)
  builder.appendRange(block, 0, block.rowCount)
  return builder.build()
}

/** A value repeated `rowCount` times. */
export const constantOf = (
  type: SqlType,
  value: Value,
  rowCount: number,
  arena?: Arena,
): ConstantBlock => ({
  type,
  rowCount,
  encoding: 'constant',
  value: blockOf(type, [value], arena),
})
