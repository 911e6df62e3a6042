import type { Arena, Block, FloatBlock, SqlType } from '../../../spi/index.js'
import type { FixedEmitter } from './fixed-store.js'
import { copyOut, type Placement, placedRows, placeLane, placeValidity } from './placement.js'
import type { Scratch } from './scratch.js'

/** REAL and DOUBLE as they are. */
export class FloatEmitter implements FixedEmitter {
  readonly #scratch: Scratch
  readonly #type: SqlType
  readonly #byteLength: 4 | 8
  #entries = 0

  constructor(scratch: Scratch, type: SqlType, byteLength: 4 | 8) {
    this.#scratch = scratch
    this.#type = type
    this.#byteLength = byteLength
  }

  emit(values: number, placement: Placement, arena: Arena): Block {
    const rowCount = placedRows(placement)
    const validity = placeValidity(this.#scratch, placement, arena)
    const at = placeLane(this.#scratch, values, this.#byteLength, placement)
    const { buffer, byteOffset } = copyOut(this.#scratch, at, rowCount * this.#byteLength, arena)
    const shared = { encoding: 'flat', type: this.#type, rowCount, validity } as const
    const block: FloatBlock =
      this.#byteLength === 4
        ? { storage: 'f32', values: new Float32Array(buffer, byteOffset, rowCount), ...shared }
        : { storage: 'f64', values: new Float64Array(buffer, byteOffset, rowCount), ...shared }
    return block
  }

  setDictionary(values: number): void {
    this.#entries = values
  }

  emitCodes(codes: number, placement: Placement, arena: Arena): Block {
    const { valueCount } = placement
    const { kernels } = this.#scratch.memory
    const to = this.#scratch.take('narrow', valueCount * this.#byteLength)
    if (this.#byteLength === 4) kernels.gather32(codes, this.#entries, to, valueCount)
    else kernels.gather64(codes, this.#entries, to, valueCount)
    return this.emit(to, placement, arena)
  }

  close(): void {}
}
