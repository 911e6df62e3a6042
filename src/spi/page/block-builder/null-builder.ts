import { assert } from '../../assert.js'
import type { SqlType } from '../../type/type.js'
import type { Value } from '../../type/value.js'
import type { Block, FlatBlock } from '../block.js'
import type { BlockBuilder } from './flat-builder.js'

/** Builds blocks of type UNKNOWN, which has no value but NULL. */
export class NullBuilder implements BlockBuilder {
  readonly type: SqlType
  #rowCount = 0

  constructor(type: SqlType) {
    this.type = type
  }
  get rowCount(): number {
    return this.#rowCount
  }
  get byteLength(): number {
    return 0
  }
  append(value: Value): void {
    assert(value === null, 'a value of type unknown')
    this.#rowCount++
  }
  appendNull(): void {
    this.#rowCount++
  }
  appendRange(_block: Block, start: number, end: number): void {
    this.#rowCount += end - start
  }
  build(): FlatBlock {
    const rowCount = this.#rowCount
    this.#rowCount = 0
    return { type: this.type, rowCount, encoding: 'flat', storage: 'null', validity: null }
  }
}
