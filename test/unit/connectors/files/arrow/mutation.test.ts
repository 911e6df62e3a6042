import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { ArrowIpcWriter } from '../../../../../src/arrow/ipc-writer.js'
import { heapArena, MillraceError, readValue } from '../../../../../src/spi/index.js'
import { randomPage, VALUE_TYPES } from '../../../../support/random-page.js'
import { SEED } from '../../../../support/seed.js'
import { createRandom } from '../../../kernel-support/cells.js'
import { randomGenerator } from '../random.js'
import { readArrow } from './read-arrow.js'

const fixtures = join(import.meta.dirname, 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'millrace-arrow-mutation-'))
afterAll(() => rmSync(folder, { recursive: true }))

const seed = SEED
const runs = Number(process.env.MILLRACE_FUZZ_RUNS ?? 2000)
const random = randomGenerator(seed)
const below = (n: number): number => Math.floor(random() * n)

/** Half of the hits go to the footer, whose bytes matter most. */
function mutated(source: Uint8Array): Uint8Array {
  if (below(8) === 0) return source.slice(0, below(source.length))
  const bytes = source.slice()
  for (let i = 1 + below(4); i > 0; i--) {
    const at = below(2) === 0 ? below(bytes.length) : Math.max(0, bytes.length - 1 - below(6000))
    if (below(4) === 0 && at + 8 <= bytes.length) {
      const large = [2n ** 31n - 1n, 2n ** 32n, 2n ** 40n, 2n ** 53n, -1n, 0n][below(6)]!
      new DataView(bytes.buffer).setBigInt64(at, large, true)
    } else bytes[at] = [0, 0xff, 0x7f, 0x80, below(256), bytes[at]! ^ (1 << below(8))][below(6)]!
  }
  return bytes
}

/** Values looked at in a page: what a block says of one is checked when the block is made. */
const VALUES_MAX = 40
const PAGES_MAX = 20

async function read(path: string): Promise<void> {
  let pages = 0
  for await (const { blocks } of readArrow(path)) {
    for (const block of blocks) {
      for (let i = 0; i < Math.min(block.rowCount, VALUES_MAX); i++) readValue(block, i)
    }
    if (++pages === PAGES_MAX) break
  }
}

const files = readdirSync(fixtures)
  .filter((name) => /\.arrows?$/.test(name))
  .map((name) => ({ name, bytes: readFileSync(join(fixtures, name)) }))
const BYTES_MAX = 512 << 20

/** A file of types that Arrow has not, as the writer makes it. */
async function ownFile(): Promise<Uint8Array> {
  const own = createRandom(seed)
  const types = VALUE_TYPES.filter(({ kind }) => kind !== 'unknown')
  const chunks: Uint8Array[] = []
  const output = { write: async (bytes: Uint8Array) => void chunks.push(bytes) }
  const columns = types.map((type, i) => ({ name: `c${i}`, type }))
  const writer = new ArrowIpcWriter(columns, output, { kind: 'file' })
  const { blocks, rowCount } = randomPage(own, types, 60, heapArena())
  await writer.append({ blocks, rowCount })
  await writer.finish()
  return Buffer.concat(chunks)
}

it('damaged files end in coded errors or in rows, soon and within memory', async () => {
  let refused = 0
  const path = join(folder, 'damaged.arrow')
  const sources = [...files, { name: 'own types', bytes: await ownFile() }]
  for (let run = 0; run < runs; run++) {
    const { name, bytes } = sources[below(sources.length)]!
    writeFileSync(path, mutated(bytes))
    const told = `seed ${seed}, run ${run}, ${name}`
    const error = await read(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    expect(heapUsed + arrayBuffers, told).toBeLessThan(BYTES_MAX)
    if (error === undefined) continue
    refused++
    expect(error, `${told}: ${(error as Error).stack}`).toBeInstanceOf(MillraceError)
    const { code, message } = error as MillraceError
    expect(['HIVE_BAD_DATA', 'NOT_SUPPORTED'], `${told}: ${message}`).toContain(code)
    expect(message, told).toContain(path)
  }
  expect(refused).toBeGreaterThan(runs / 10)
}, 300_000)
