import type { Arena } from '../../connector/memory.js'
import type { SqlType } from '../../type/type.js'
import type { Value } from '../../type/value.js'
import { type Block, type FlatBlock, flatBlockOf } from '../block.js'
import { Fixed16Builder } from './fixed-builder.js'
import type { BlockBuilder } from './flat-builder.js'
import { IntegerBuilder } from './integer-builder.js'

/** Builds blocks of DECIMAL(19 and more): integers while all values fit 64 bits, 16 bytes a value otherwise. */
export class LongDecimalBuilder implements BlockBuilder {
  readonly type: SqlType
  readonly #narrow: IntegerBuilder
  readonly #wide: Fixed16Builder
  #current: BlockBuilder

  constructor(type: SqlType, arena: Arena) {
    this.type = type
    this.#narrow = new IntegerBuilder(type, arena)
    this.#wide = new Fixed16Builder(type, arena)
    this.#current = this.#narrow
  }

  get rowCount(): number {
    return this.#current.rowCount
  }
  get byteLength(): number {
    return this.#current.byteLength
  }

  append(value: Value): void {
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) this.#widen()
    this.#current.append(value)
  }
  appendNull(): void {
    this.#current.appendNull()
  }
  appendRange(block: Block, start: number, end: number): void {
    const flat = flatBlockOf(block)
    if (flat.storage === 'fixed16' && end > start) this.#widen()
    this.#current.appendRange(block, start, end)
  }
  build(): FlatBlock {
    const block = this.#current.build()
    this.#current = this.#narrow
    return block
  }

  #widen(): void {
    if (this.#current === this.#wide) return
    const sofar = this.#narrow.build()
    this.#wide.appendRange(sofar, 0, sofar.rowCount)
    this.#current = this.#wide
  }
}
