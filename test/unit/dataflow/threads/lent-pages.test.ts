import { describe, expect, it } from 'vitest'
import { readPageWords } from '../../../../src/dataflow/memory/page-words.js'
import type { ChunkArena } from '../../../../src/dataflow/memory/query-memory.js'
import { CHUNK_BYTES } from '../../../../src/dataflow/memory/shared-memory.js'
import { LentPages } from '../../../../src/dataflow/threads/lent-pages.js'
import { TakenPages } from '../../../../src/dataflow/threads/taken-pages.js'
import { connectorArena } from '../../../../src/engine/threads/thread.js'
import { type PlacedPage, RING_PAGES } from '../../../../src/exchange/threads/page-ring.js'
import { BIGINT, blockOf, type Page, readValue, VARCHAR } from '../../../../src/spi/index.js'
import { testMemory } from '../../../support/memory.js'
import { createRandom } from '../../kernel-support/cells.js'

const THREAD_OWNER = 5000
const ROWS = 200

function lending() {
  const memory = testMemory()
  const { allocator } = memory
  const { buffer } = allocator.memory
  const pages = new LentPages({
    memory: buffer,
    queryRuns: memory.runs,
    connectorRuns: allocator.connectorRuns,
    createArena: () => memory.createArena(),
    freeBytes: () => memory.freeBytes,
    taken: new TakenPages(() => {}),
    checks: true,
  })
  const read = ({ address, wordCount }: PlacedPage): Page =>
    readPageWords(new Float64Array(buffer, address, wordCount), buffer, [0], [BIGINT])
  return { memory, allocator, buffer, pages, read }
}

/** As an operator makes a page: in an arena that it has reset, which is full of what it computed. */
function writePage(arena: ChunkArena, value: number): Page {
  arena.reset()
  const bytes = arena.allocate(ROWS * 8)
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, ROWS).fill(BigInt(value))
  const block = { encoding: 'flat', storage: 'i64', type: BIGINT, rowCount: ROWS } as const
  const blocks = [{ ...block, validity: null, values, base: 0, factor: 1 }]
  return { rowCount: ROWS, blocks }
}

const valuesOf = (page: Page): ReadonlySet<unknown> =>
  new Set(Array.from({ length: page.rowCount }, (_, row) => readValue(page.blocks[0]!, row)))

describe('pages that other threads read where they lie', () => {
  it('stay as they are while their arena goes on, and cost no copy; its memory is bounded', () => {
    const random = createRandom(11)
    const { memory, pages, read } = lending()
    const arena = memory.createArena()
    const held = new Map<number, { readonly page: Page; readonly value: number }>()
    for (let value = 0; value < 300; value++) {
      const place = random.below(RING_PAGES)
      if (held.has(place)) pages.giveBack(place)
      held.set(place, { page: read(pages.place(writePage(arena, value), place, 1)), value })
      for (const { page, value: written } of held.values()) {
        expect(valuesOf(page)).toEqual(new Set([BigInt(written)]))
      }
    }
    expect(pages.copiedBytes).toBe(0)
    // A chunk a page of the ring, one that is written to, one given back a page ago; and one a place for descriptions.
    expect(memory.usedBytes).toBeLessThanOrEqual((2 * RING_PAGES + 3) * CHUNK_BYTES)
  })

  it('keep their memory when their operator closes, until they are given back', () => {
    const { memory, pages, read } = lending()
    const before = memory.usedBytes
    const arena = memory.createArena()
    const page = read(pages.place(writePage(arena, 7), 0, 1))
    const whileOpen = memory.usedBytes
    arena.close()
    expect(memory.usedBytes).toBe(whileOpen)
    for (let value = 0; value < 4; value++) writePage(memory.createArena(), 8)
    expect(valuesOf(page)).toEqual(new Set([7n]))
    pages.giveBack(0)
    expect(memory.usedBytes).toBe(before + 5 * CHUNK_BYTES)
  })

  it('keep the memory of a scope that is given back as a whole', () => {
    const { memory, pages, read } = lending()
    const scope = memory.createScope()
    const page = read(pages.place(writePage(scope.createArena(), 3), 0, 1))
    scope.close()
    writePage(memory.createArena(), 4)
    expect(valuesOf(page)).toEqual(new Set([3n]))
  })

  it('are made one at a time where memory is scarce', () => {
    const { memory, pages } = lending()
    expect(pages.pagesMax).toBe(RING_PAGES)
    const arena = memory.createArena()
    arena.allocate(memory.freeBytes - 2 ** 20)
    expect(pages.pagesMax).toBe(1)
    arena.close()
    expect(pages.pagesMax).toBe(RING_PAGES)
  })

  it('are copied where they are not in the shared memory', () => {
    const { buffer, pages, read } = lending()
    const placed = pages.place({ rowCount: 2, blocks: [blockOf(BIGINT, [1, 2])] }, 0, 1)
    const page = read(placed)
    expect(page.blocks[0]).toHaveProperty('values.buffer', buffer)
    expect(valuesOf(page)).toEqual(new Set([1n, 2n]))
    expect(pages.copiedBytes).toBeGreaterThan(0)
  })

  it('give the memory of connectors back when their task ends', () => {
    const { allocator, memory, pages } = lending()
    const arena = connectorArena(allocator, THREAD_OWNER) as ChunkArena
    const before = allocator.usedBytes
    pages.place(writePage(arena, 1), 0, 1)
    const ofQuery = memory.usedBytes
    arena.close()
    expect(allocator.usedBytes).toBe(before + ofQuery + CHUNK_BYTES)
    pages.close()
    expect(allocator.usedBytes).toBe(before + ofQuery)
  })

  it('must not be written to: the check of tests says so', () => {
    const { memory, pages } = lending()
    const page = writePage(memory.createArena(), 1)
    pages.place(page, 0, 1)
    const [block] = page.blocks
    if (block?.encoding !== 'flat' || block.storage !== 'i64') throw new Error('another block')
    block.values[5] = 2n
    expect(() => pages.giveBack(0)).toThrow('a page changed while another thread read it')
  })

  it('share one copy of a dictionary that has an id', () => {
    const { pages } = lending()
    const dictionary = blockOf(VARCHAR, ['a', 'b'])
    if (dictionary.encoding !== 'flat') throw new Error('another block')
    const codes = new Uint8Array(ROWS)
    const block = {
      encoding: 'dictionary',
      type: VARCHAR,
      rowCount: ROWS,
      codes,
      dictionary,
      dictionaryId: 'd',
      validity: null,
    } as const
    pages.place({ rowCount: ROWS, blocks: [block] }, 0, 1)
    const first = pages.copiedBytes
    pages.place({ rowCount: ROWS, blocks: [block] }, 1, 1)
    expect(pages.copiedBytes - first).toBeLessThan(first)
  })
})
