import type { BytesBlock } from '../../../spi/index.js'
import type { DictionaryNames } from './bytes-store.js'

/** Dictionaries with more entries are not named: work done once an entry would be kept for too many. */
const NAMED_ENTRIES_MAX = 4096

/** Names a chunk's dictionary after its place, where its entries are distinct as they should be. */
export const dictionaryNames = (place: string): DictionaryNames => ({
  nameOf: (entries) =>
    entries.rowCount <= NAMED_ENTRIES_MAX && areDistinct(entries) ? place : undefined,
})

function areDistinct({ offsets, bytes, rowCount }: BytesBlock): boolean {
  let capacity = 16
  while (capacity < rowCount * 2) capacity *= 2
  const slots = new Int32Array(capacity)
  for (let i = 0; i < rowCount; i++) {
    const start = offsets[i]!
    const end = offsets[i + 1]!
    let hash = 0x811c9dc5
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
    let slot = (hash ^ (hash >>> 15)) & (capacity - 1)
    for (; slots[slot] !== 0; slot = (slot + 1) & (capacity - 1)) {
      const other = slots[slot]! - 1
      if (equalBytes(bytes, start, end, offsets[other]!, offsets[other + 1]!)) return false
    }
    slots[slot] = i + 1
  }
  return true
}

function equalBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false
  for (let i = 0; i < end - start; i++) {
    if (bytes[start + i] !== bytes[otherStart + i]) return false
  }
  return true
}
