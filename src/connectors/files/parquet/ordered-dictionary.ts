import { createHash } from 'node:crypto'
import { type Arena, type BytesBlock, displayTypeName } from '../../../spi/index.js'

/** Codes of dictionaries with more entries are left as they are in the file. */
const ORDERED_ENTRIES_MAX = 256
/** Of SHA-256, as ids of dictionaries have them. */
const DIGEST_DIGITS = 36

/**
 * A chunk's dictionary in the order of its entries' bytes. Chunks with the same values in another order, as those of one column have
 * where values are few, are the same dictionary then, by the same id: rows of several need not be decoded to be told apart.
 */
export interface OrderedDictionary {
  readonly entries: BytesBlock
  /** What the codes of the file become; undefined where they stay. */
  readonly ranks: Uint8Array | undefined
  readonly dictionaryId: string
}

/** Orders entries, none null, into new memory of `arena`; undefined where they are many, or not distinct as they should be. */
export function orderedDictionary(
  entries: BytesBlock,
  arena: Arena,
): OrderedDictionary | undefined {
  const { rowCount, offsets, bytes } = entries
  if (rowCount > ORDERED_ENTRIES_MAX) return undefined
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // One character a byte: their order is that of the bytes.
  const texts: string[] = []
  for (let i = 0; i < rowCount; i++) texts.push(all.toString('latin1', offsets[i], offsets[i + 1]))
  const order = texts.map((_, i) => i).sort((a, b) => (texts[a]! < texts[b]! ? -1 : 1))
  for (let i = 1; i < rowCount; i++) {
    if (texts[order[i]!] === texts[order[i - 1]!]) return undefined
  }
  const dictionaryId = digest(entries, order, texts)
  if (order.every((code, rank) => code === rank)) return { entries, ranks: undefined, dictionaryId }
  const ranks = new Uint8Array(rowCount)
  for (let rank = 0; rank < rowCount; rank++) ranks[order[rank]!] = rank
  return { entries: reordered(entries, order, arena), ranks, dictionaryId }
}

/** Of the type, and of the entries with their lengths. */
function digest({ type }: BytesBlock, order: readonly number[], texts: readonly string[]): string {
  const hash = createHash('sha256')
  hash.update(`${displayTypeName(type)}\n`)
  hash.update(order.map((code) => texts[code]!.length).join())
  hash.update(`\n${order.map((code) => texts[code]!).join('')}`, 'latin1')
  return `sha256:${hash.digest('hex').slice(0, DIGEST_DIGITS)}`
}

function reordered(entries: BytesBlock, order: readonly number[], arena: Arena): BytesBlock {
  const { rowCount, offsets, bytes } = entries
  const ends = arena.allocate((rowCount + 1) * 4)
  const target = arena.allocate(offsets[rowCount]! - offsets[0]!)
  const newOffsets = new Int32Array(ends.buffer, ends.byteOffset, rowCount + 1)
  let at = 0
  newOffsets[0] = 0
  order.forEach((code, rank) => {
    const from = offsets[code]!
    const to = offsets[code + 1]!
    target.set(bytes.subarray(from, to), at)
    at += to - from
    newOffsets[rank + 1] = at
  })
  return { ...entries, offsets: newOffsets, bytes: target }
}
