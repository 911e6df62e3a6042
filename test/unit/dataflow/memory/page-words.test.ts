import { describe, expect, test } from 'vitest'
import { readPageWords, writePageWords } from '../../../../src/dataflow/memory/page-words.js'
import {
  type BytesBlock,
  blockOf,
  type DictionaryBlock,
  heapArena,
  type Page,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { readCells } from '../../kernel-support/cells.js'

const memory = new SharedArrayBuffer(65_536)

/** Copies a page's buffers to given addresses, in the order in which they are written. */
function placedAt(page: Page, addresses: readonly number[]): Float64Array {
  const left = [...addresses]
  return writePageWords(page, (buffer) => {
    const address = left.shift()!
    new Uint8Array(memory, address, buffer.byteLength).set(
      new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
    )
    return address
  })
}

function namedPage(
  texts: readonly (string | null)[],
  codes: readonly number[],
  dictionaryId = 'names',
): Page {
  const dictionary = blockOf(VARCHAR, texts, heapArena()) as BytesBlock
  const block: DictionaryBlock = {
    encoding: 'dictionary',
    type: VARCHAR,
    rowCount: codes.length,
    codes: Uint8Array.from(codes),
    dictionary,
    dictionaryId,
    validity: null,
  }
  return { rowCount: codes.length, blocks: [block] }
}

const read = (words: Float64Array) =>
  readPageWords(words, memory, [0], [VARCHAR]).blocks[0] as DictionaryBlock

describe('named dictionaries in page words', () => {
  const page = namedPage(['apple', 'pear', 'fig'], [2, 0, 1])
  const answer = ['fig', 'apple', 'pear']

  test('give one object while they stay where they are', () => {
    const words = placedAt(page, [1024, 2048, 4096])
    expect(readCells(read(words))).toEqual(answer)
    expect(read(words).dictionary).toBe(read(words).dictionary)
  })

  test('are read anew where one of their buffers lies elsewhere', () => {
    const before = read(placedAt(page, [1024, 2048, 4096]))
    expect(readCells(before)).toEqual(answer)
    // The copy of another query: its offsets lie where the first copy's did, its bytes do not.
    const words = placedAt(page, [1024, 2048, 8192])
    new Uint8Array(memory, 4096, 64).fill(0)
    expect(readCells(read(words))).toEqual(answer)
  })

  test('are read anew where they have nulls elsewhere', () => {
    const nullable = namedPage(['apple', null, 'fig'], [2, 0, 1])
    const words = placedAt(nullable, [1024, 512, 2048, 4096])
    expect(readCells(read(words))).toEqual(['fig', 'apple', null])
    const moved = placedAt(nullable, [1024, 768, 2048, 4096])
    new Uint8Array(memory, 512, 8).fill(0)
    expect(readCells(read(moved))).toEqual(['fig', 'apple', null])
  })

  test('have another id in other threads, but for digests of their entries', () => {
    const idOf = (dictionaryId: string): string | undefined =>
      read(placedAt(namedPage(['fig'], [0], dictionaryId), [1024, 2048, 4096])).dictionaryId
    for (const digits of ['0'.repeat(36), 'f'.repeat(36), '0123456789ab00000000000000000000ffff']) {
      expect(idOf(`sha256:${digits}`)).toBe(`sha256:${digits}`)
    }
    const serial = idOf('sha256:short')!
    expect(serial).toMatch(/^#[0-9]+$/)
    expect(idOf('sha256:short')).toBe(serial)
    expect(idOf(serial)).toBe(serial)
    expect(idOf('names')).not.toBe(serial)
  })
})
