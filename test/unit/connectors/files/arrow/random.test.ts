import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ArrowIpcWriter } from '../../../../../src/arrow/ipc-writer.js'
import { heapArena, typeName } from '../../../../../src/spi/index.js'
import { pageText, randomPage, randomTypes } from '../../../../support/random-page.js'
import { SEED } from '../../../../support/seed.js'
import { createRandom } from '../../../kernel-support/cells.js'
import { readArrow } from './read-arrow.js'

const folder = mkdtempSync(join(tmpdir(), 'millrace-arrow-random-'))
afterAll(() => rmSync(folder, { recursive: true }))
const RUNS = Number(process.env.MILLRACE_FUZZ_RUNS ?? 60)

/** As {@link typeName} has it, fields of rows without a name named as Arrow names them. */
const readName = (name: string): string =>
  name.replaceAll(', array(varchar))', ', "field1" array(varchar))')

test('pages of all types come back from Arrow files as they were written', async () => {
  const random = createRandom(SEED)
  const path = join(folder, 'random.arrow')
  for (let run = 0; run < RUNS; run++) {
    const types = randomTypes(random, 1 + random.below(8))
    const arena = heapArena()
    const pages = Array.from({ length: random.below(4) }, () => {
      const { blocks, rowCount } = randomPage(random, types, random.below(300), arena)
      return { blocks, rowCount }
    })
    const chunks: Uint8Array[] = []
    const columns = types.map((type, i) => ({ name: `c${i}`, type }))
    const output = { write: async (bytes: Uint8Array) => void chunks.push(bytes) }
    const writer = new ArrowIpcWriter(columns, output, {
      kind: random.pick(['file', 'stream'] as const),
      codec: random.pick([undefined, 'LZ4_FRAME'] as const),
    })
    for (const page of pages) await writer.append(page)
    await writer.finish()
    writeFileSync(path, Buffer.concat(chunks))

    const told = `seed ${SEED}, run ${run}: ${types.map(typeName).join(', ')}`
    const rows: string[] = []
    for await (const page of readArrow(path)) {
      expect(
        page.blocks.map(({ type }) => typeName(type)),
        told,
      ).toEqual(types.map((type) => readName(typeName(type))))
      rows.push(...pageText(page))
    }
    expect(rows, told).toEqual(pages.flatMap(pageText))
  }
})
