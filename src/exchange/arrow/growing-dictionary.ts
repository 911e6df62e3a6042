import { type BytesBlock, type SqlType, typeName } from '../../spi/index.js'

/** A dictionary of a stream whose entries come in parts. */
export class GrowingDictionary {
  readonly id: string
  #offsets = new Int32Array(256)
  #bytes = new Uint8Array(1024)
  #rowCount = 0
  #ascii = true
  /** By type, one object until entries are added, so that what is computed once an entry can be kept. */
  readonly #blocks = new Map<string, BytesBlock>()

  constructor(id: string) {
    this.id = id
  }

  append(entries: BytesBlock): void {
    const { rowCount, offsets, bytes } = entries
    const start = this.#offsets[this.#rowCount]!
    const end = start + offsets[rowCount]!
    // Blocks that were made before keep the arrays they have: what lies in them never changes.
    if (this.#rowCount + rowCount + 1 > this.#offsets.length) {
      const grown = new Int32Array((this.#rowCount + rowCount + 1) * 2)
      grown.set(this.#offsets.subarray(0, this.#rowCount + 1))
      this.#offsets = grown
    }
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(end * 2)
      grown.set(this.#bytes.subarray(0, start))
      this.#bytes = grown
    }
    for (let i = 1; i <= rowCount; i++) this.#offsets[this.#rowCount + i] = start + offsets[i]!
    this.#bytes.set(bytes.subarray(0, end - start), start)
    this.#rowCount += rowCount
    this.#ascii = this.#ascii && entries.ascii === true
    this.#blocks.clear()
  }

  block(type: SqlType): BytesBlock {
    const name = typeName(type)
    let block = this.#blocks.get(name)
    if (block === undefined) {
      block = {
        encoding: 'flat',
        storage: 'bytes',
        type,
        rowCount: this.#rowCount,
        validity: null,
        offsets: this.#offsets.subarray(0, this.#rowCount + 1),
        bytes: this.#bytes.subarray(0, this.#offsets[this.#rowCount]!),
        ...(this.#ascii ? { ascii: true } : {}),
      }
      this.#blocks.set(name, block)
    }
    return block
  }
}
