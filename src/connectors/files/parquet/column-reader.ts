import type { Arena, Block } from '../../../spi/index.js'
import { assembleColumn } from './assemble.js'
import type { HeldCodes, LeafReader, NestedValues } from './leaf-reader.js'
import type { Selection } from './placement.js'
import type { ColumnShape, Leaf } from './schema.js'

/** Reads one column of one row group: a primitive one as it is, a nested one from its leaves. */
export class ColumnReader {
  readonly #shape: ColumnShape
  readonly #leaves: readonly LeafReader[]

  constructor(shape: ColumnShape, leaves: readonly LeafReader[]) {
    this.#shape = shape
    this.#leaves = leaves
  }

  /** The next rows. @param selection of a primitive column only: the rows of the batch that are wanted */
  async read(rowCount: number, arena: Arena, selection?: Selection): Promise<Block> {
    if (this.#shape.kind === 'leaf') return this.#leaves[0]!.read(rowCount, arena, selection)
    const read = new Map<Leaf, NestedValues>()
    for (const leaf of this.#leaves) {
      read.set(leaf.leaf, await leaf.readNested(rowCount, arena))
    }
    return assembleColumn(this.#shape, read, arena)
  }

  /** The next rows of a primitive column, for a filter. */
  async readHeld(rowCount: number, arena: Arena): Promise<Block | HeldCodes> {
    return this.#leaves[0]!.readHeld(rowCount, arena)
  }

  /** @param stepRows of a nested column that are held at a time */
  async skip(rowCount: number, stepRows: number, arena: Arena): Promise<void> {
    if (this.#shape.kind === 'leaf') return this.#leaves[0]!.skip(rowCount)
    for (const leaf of this.#leaves) {
      for (let rest = rowCount; rest > 0; rest -= stepRows) {
        await leaf.readNested(Math.min(rest, stepRows), arena)
        arena.reset()
      }
    }
  }

  get isNested(): boolean {
    return this.#shape.kind !== 'leaf'
  }

  close(): void {
    for (const leaf of this.#leaves) leaf.close()
  }
}
