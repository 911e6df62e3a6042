import { assert } from '../../assert.js'
import type { Arena } from '../../connector/memory.js'
import type { SqlType } from '../../type/type.js'
import type { Value } from '../../type/value.js'
import { type Block, type FlatBlock, flatBlockOf, isValid, type Validity } from '../block.js'

/** Collects the values of one block after another. @source Trino BlockBuilder */
export interface BlockBuilder {
  readonly type: SqlType
  /** Positions appended since the last build. */
  readonly rowCount: number
  /** About what the values so far take in memory. */
  readonly byteLength: number
  /** Appends a carrier (value.ts), or a null for null. */
  append(value: Value): void
  appendNull(): void
  /** Appends positions start to end (exclusive) of a block of the same type. */
  appendRange(block: Block, start: number, end: number): void
  /** The block of all that was appended; the builder is empty again and may be used on. */
  build(): FlatBlock
}

/** Positions in a flat block; -1 stands for a null. */
export type FlatPositions = Int32Array

/** What all builders do alike: counting rows and keeping their validity. */
export abstract class FlatBuilder implements BlockBuilder {
  readonly type: SqlType
  protected readonly arena: Arena
  #rowCount = 0
  #nullCount = 0
  #bits = new Uint8Array(64)

  constructor(type: SqlType, arena: Arena) {
    this.type = type
    this.arena = arena
  }

  get rowCount(): number {
    return this.#rowCount
  }
  get nullCount(): number {
    return this.#nullCount
  }
  abstract get byteLength(): number

  append(value: Value): void {
    if (value === null) {
      this.appendNull()
      return
    }
    this.appendValue(value)
    this.markValid()
  }

  appendNull(): void {
    this.appendNullValue()
    this.#grow()
    this.#bits[this.#rowCount >> 3]! &= ~(1 << (this.#rowCount & 7))
    this.#rowCount++
    this.#nullCount++
  }

  appendRange(block: Block, start: number, end: number): void {
    assert(start >= 0 && start <= end && end <= block.rowCount, 'range outside of the block')
    if (block.encoding === 'flat' && block.storage !== 'null' && block.validity === null) {
      if (this.appendDense(block, start, end)) {
        this.#markAllValid(end - start)
        return
      }
    }
    const flat = flatBlockOf(block)
    this.appendFlat(flat, flatPositions(block, start, end))
  }

  build(): FlatBlock {
    const block = this.buildFlat(this.#rowCount, this.#takeValidity())
    this.#rowCount = 0
    this.#nullCount = 0
    return block
  }

  /** Stores a value at position rowCount; the caller marks it. */
  protected abstract appendValue(value: Value): void
  /** Stores something at position rowCount, which becomes null. */
  protected abstract appendNullValue(): void
  /** Appends positions of a flat block of the builder's type, marking each. */
  protected abstract appendFlat(flat: FlatBlock, positions: FlatPositions): void
  /**
   * Stores positions start to end of a flat block without nulls from position rowCount on, without marking them; false where
   * there is no quicker way than {@link appendFlat}.
   */
  protected appendDense(_flat: FlatBlock, _start: number, _end: number): boolean {
    return false
  }
  /** Makes the block and forgets the values. */
  protected abstract buildFlat(rowCount: number, validity: Validity): FlatBlock

  protected markValid(): void {
    this.#grow()
    this.#bits[this.#rowCount >> 3]! |= 1 << (this.#rowCount & 7)
    this.#rowCount++
  }

  #markAllValid(count: number): void {
    const end = this.#rowCount + count
    while (end >> 3 >= this.#bits.length) this.#double()
    while (this.#rowCount < end && (this.#rowCount & 7) !== 0) this.markValid()
    const wholeBytes = (end - this.#rowCount) >> 3
    const firstByte = this.#rowCount >> 3
    this.#bits.fill(0xff, firstByte, firstByte + wholeBytes)
    this.#rowCount += wholeBytes * 8
    while (this.#rowCount < end) this.markValid()
  }

  #grow(): void {
    if (this.#rowCount >> 3 >= this.#bits.length) this.#double()
  }

  #double(): void {
    const grown = new Uint8Array(this.#bits.length * 2)
    grown.set(this.#bits)
    this.#bits = grown
  }

  #takeValidity(): Validity {
    if (this.#nullCount === 0) return null
    const byteLength = (this.#rowCount + 7) >> 3
    const validity = this.arena.allocate(byteLength)
    validity.set(this.#bits.subarray(0, byteLength))
    const rest = this.#rowCount & 7
    if (rest !== 0) validity[byteLength - 1]! &= (1 << rest) - 1
    return validity
  }
}

/** Where positions start to end of a block are in its flat block. O(end - start). */
function flatPositions(block: Block, start: number, end: number): FlatPositions {
  const positions = new Int32Array(end - start)
  if (block.encoding === 'constant') {
    return isFlatNull(block.value, 0) ? positions.fill(-1) : positions
  }
  if (block.encoding === 'flat') {
    for (let i = start; i < end; i++) positions[i - start] = isFlatNull(block, i) ? -1 : i
    return positions
  }
  const { codes, dictionary, validity } = block
  for (let i = start; i < end; i++) {
    const code = codes[i]!
    positions[i - start] = isValid(validity, i) && !isFlatNull(dictionary, code) ? code : -1
  }
  return positions
}

export const isFlatNull = (block: FlatBlock, position: number): boolean =>
  block.storage === 'null' || !isValid(block.validity, position)

/** At least `needed` elements, growing by doubling. */
export function grownLength(length: number, needed: number): number {
  let grown = Math.max(length, 64)
  while (grown < needed) grown *= 2
  return grown
}
