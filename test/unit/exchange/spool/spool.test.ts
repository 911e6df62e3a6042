import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ExchangeClient } from '../../../../src/exchange/exchange-client.js'
import type { OutputBufferKind } from '../../../../src/exchange/output-buffer.js'
import { spoolAddress, spoolChannels } from '../../../../src/exchange/spool/spool-channel.js'
import { SpoolDirectory } from '../../../../src/exchange/spool/spool-directory.js'
import {
  SpooledOutputBuffer,
  spoolFile,
} from '../../../../src/exchange/spool/spooled-output-buffer.js'
import { heapArena } from '../../../../src/spi/index.js'
import { eventually, takeAll } from '../../../support/exchange-node.js'
import { pageText, randomPage, randomTypes } from '../../../support/random-page.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const seed = SEED
let base: string
let directory: SpoolDirectory
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'millrace-spool-'))
  directory = new SpoolDirectory([base])
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const attemptOf = async (attempt: number, kind: OutputBufferKind = 'partitioned') => {
  await directory.createQuery('q1')
  return SpooledOutputBuffer.create({
    kind,
    partitionCount: 3,
    directory,
    queryId: 'q1',
    task: 'q1.2.0',
    attempt,
    bufferBytesMax: 50_000,
  })
}

async function fill(output: SpooledOutputBuffer, ofSeed: number): Promise<string[][]> {
  const random = createRandom(ofSeed)
  const types = randomTypes(random, 5)
  const rows: string[][] = [[], [], []]
  for (let i = 0; i < 40; i++) {
    const page = randomPage(random, types, random.pick([1, 30, 500]), heapArena())
    const partition = random.below(3)
    rows[partition]!.push(...pageText(page))
    if (!output.add(page, partition)) await output.ready()
  }
  output.finish()
  await eventually(() => output.status().state === 'finished')
  return rows
}

async function read(partition: number, bufferBytesMax = 10_000): Promise<string[]> {
  const client = new ExchangeClient({ channels: spoolChannels, bufferBytesMax })
  client.addSource(spoolAddress(directory.taskPath('q1', 'q1.2.0'), 'q1.2.0', partition))
  client.noMoreSources()
  const rows: string[] = []
  await takeAll(client, (page) => {
    rows.push(...pageText(page))
  })
  return rows
}

test(`what was written is read, as often as one likes; seed ${seed}`, async () => {
  const output = await attemptOf(0)
  const rows = await fill(output, seed)
  expect(output.isCommitted).toBe(true)
  for (const partition of [0, 1, 2, 0, 1]) expect(await read(partition)).toEqual(rows[partition])
  expect(output.status().bufferedBytes).toBe(0)
})

test('of several attempts one is read', async () => {
  const attempts = await Promise.all([attemptOf(0), attemptOf(1), attemptOf(2)])
  const written = await Promise.all(attempts.map((output, i) => fill(output, seed + i)))
  const committed = attempts.findIndex((output) => output.isCommitted)
  expect(attempts.filter((output) => output.isCommitted).length).toBe(1)
  for (const partition of [0, 1, 2]) {
    expect(await read(partition)).toEqual(written[committed]![partition])
  }
  expect(readdirSync(join(base, 'q1'))).toEqual(['q1.2.0'])
})

test('an attempt that fails leaves nothing', async () => {
  const output = await attemptOf(0)
  output.add(randomPage(createRandom(seed), [], 5, heapArena()), 0)
  output.destroy()
  await eventually(() => readdirSync(join(base, 'q1')).length === 0)
  await expect(read(0)).rejects.toMatchObject({ code: 'REMOTE_TASK_MISMATCH' })
})

test('broadcast is one file, arbitrary spreads its pages', async () => {
  const output = await attemptOf(0, 'broadcast')
  const rows = (await fill(output, seed)).flat()
  expect((await read(0)).sort()).toEqual(rows.sort())
  await directory.deleteQuery('q1')
  const spread = await attemptOf(0, 'arbitrary')
  const all = (await fill(spread, seed)).flat()
  const parts = await Promise.all([read(0), read(1), read(2)])
  expect(parts.flat().sort()).toEqual(all.sort())
  expect(parts.every((part) => part.length > 0)).toBe(true)
})

test('the end of a query deletes its files', async () => {
  await fill(await attemptOf(0), seed)
  expect(await directory.queries()).toEqual(['q1'])
  await directory.deleteQuery('q1')
  expect(await directory.queries()).toEqual([])
})

test('an attempt that comes or ends after its query leaves nothing', async () => {
  const output = await attemptOf(0)
  output.add(randomPage(createRandom(seed), [], 5, heapArena()), 0)
  await directory.deleteQuery('q1')
  output.finish()
  await eventually(() => output.status().state === 'failed')
  await expect(
    SpooledOutputBuffer.create({
      kind: 'partitioned',
      partitionCount: 3,
      directory,
      queryId: 'q1',
      task: 'q1.2.0',
      attempt: 1,
    }),
  ).rejects.toMatchObject({ code: 'GENERIC_INTERNAL_ERROR' })
  expect(readdirSync(base)).toEqual([])
})

test('a damaged or cut file is an error', async () => {
  const output = await attemptOf(0)
  await fill(output, seed)
  const file = spoolFile(directory.taskPath('q1', 'q1.2.0'), 0)
  const bytes = readFileSync(file)
  truncateSync(file, bytes.length - 41)
  await expect(read(0)).rejects.toMatchObject({ code: 'CORRUPT_PAGE' })
  const random = createRandom(seed)
  for (let i = 0; i < 20; i++) {
    const damaged = Buffer.from(bytes)
    damaged[random.below(damaged.length)]! ^= 1 << random.below(8)
    writeFileSync(file, damaged)
    await expect(read(0)).rejects.toMatchObject({ code: 'CORRUPT_PAGE' })
  }
})

test('no directory is said so', () => {
  expect(() => new SpoolDirectory([])).toThrow(
    expect.objectContaining({ code: 'EXCHANGE_MANAGER_NOT_CONFIGURED' }),
  )
})
