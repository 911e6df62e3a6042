import {
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PageFile } from '../../../../src/dataflow/spill/page-file.js'
import { removeQuerySpill } from '../../../../src/dataflow/spill/query-spill.js'
import { SpillAccount } from '../../../../src/dataflow/spill/spill-account.js'
import { readSpilled } from '../../../../src/operators/spill/spill-space.js'
import { BIGINT, blockOf, type Page } from '../../../../src/spi/index.js'
import { queryMemory } from '../../../support/operator-environment.js'
import { pageText, randomPage, randomTypes } from '../../../support/random-page.js'
import { temporaryFolder, testSpill } from '../../../support/spill.js'
import { createRandom } from '../../kernel-support/cells.js'

const folder = temporaryFolder()

const numbers = (count: number, memory = queryMemory()): Page => ({
  rowCount: count,
  blocks: [
    blockOf(
      BIGINT,
      Array.from({ length: count }, (_, i) => BigInt(i) * 3_000_000_001n),
      memory.createArena(),
    ),
  ],
})

describe('pages on disk', () => {
  test('come back as they were, of all types and encodings, also those that are cut', () => {
    const seed = Date.now() % 1e9
    for (let round = 0; round < 60; round++) {
      const random = createRandom(seed + round)
      const memory = queryMemory()
      const arena = memory.createArena()
      const spill = testSpill(folder, memory)
      const types = randomTypes(random, 1 + random.below(5))
      const sizes = [random.below(40), 1, round % 10 === 0 ? 9000 : 3]
      const pages = sizes.map((size) => randomPage(random, types, size, arena))
      const file = spill.createFile()
      for (const page of pages) file.append(page)
      const sealed = file.seal()
      const back = memory.createArena()
      const rows: string[] = []
      for (const page of readSpilled(spill, sealed, types, back)) rows.push(...pageText(page))
      expect(rows, `seed ${seed + round}`).toEqual(pages.flatMap(pageText))
      spill.delete(sealed)
      memory.releaseAll()
    }
  })

  test('are refused when the disk has changed a byte, or lost some', () => {
    const memory = queryMemory()
    const spill = testSpill(folder, memory)
    const file = spill.createFile()
    file.append(numbers(1000, memory))
    const sealed = file.seal()
    const read = () => [...readSpilled(spill, sealed, [BIGINT], memory.createArena())]
    const bytes = readFileSync(sealed.path)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(sealed.path, bytes)
    const damaged = expect.objectContaining({ message: 'Spilled pages are damaged on disk' })
    expect(read).toThrow(damaged)
    truncateSync(sealed.path, bytes.length - 8)
    expect(read).toThrow(damaged)
    spill.delete(sealed)
    expect(read).toThrow(expect.objectContaining({ message: 'Spilled pages are gone' }))
    memory.releaseAll()
  })

  test.skipIf(!existsSync('/dev/full'))('a full disk is OUT_OF_SPILL_SPACE, midway too', () => {
    const memory = queryMemory()
    const account = new SpillAccount(memory)
    account.setLimits({ maxSpillBytes: 1e9, queryMaxSpillBytes: 1e9 })
    const path = join(folder, 'full')
    symlinkSync('/dev/full', path)
    const file = new PageFile(path, () => {}, account, memory.createArena())
    expect(() => file.append(numbers(10, memory))).toThrow(
      expect.objectContaining({ code: 'OUT_OF_SPILL_SPACE' }),
    )
    file.close()
    expect(account.spilledBytes).toBe(0)
    memory.releaseAll()
  })

  test('are counted against the limits of the query and the node, and given back', async () => {
    const memory = queryMemory()
    const spill = testSpill(folder, memory, 64 * 1024)
    const account = new SpillAccount(memory)
    const file = spill.createFile()
    file.append(numbers(1000, memory))
    expect(account.spilledBytes).toBeGreaterThanOrEqual(file.byteLength)
    expect(account.spilledBytes).toBeLessThan(file.byteLength + 4096)
    const fill = () => {
      for (let i = 0; i < 100; i++) file.append(numbers(1000, memory))
    }
    expect(fill).toThrow(
      expect.objectContaining({
        code: 'EXCEEDED_SPILL_LIMIT',
        message: 'Query exceeded per-query local spill limit of 64kB',
      }),
    )
    const node = { maxSpillBytes: account.spilledBytes, queryMaxSpillBytes: 1e9 }
    account.setLimits(node)
    expect(fill).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^Query exceeded local spill limit of \d+kB$/),
      }),
    )
    await removeQuerySpill(join(folder, 'query'), memory)
    expect(account.spilledBytes).toBe(0)
    expect(readdirSync(folder)).not.toContain('query')
    memory.releaseAll()
  })
})
