import { expect, test } from 'vitest'
import { KernelMemory } from '../../../../../src/connectors/files/parquet/kernels/kernel-memory.js'
import { SEED } from '../../../../support/seed.js'
import { randomGenerator } from '../random.js'

const RUNS = 300
const ROWS_MAX = 400

test(`masks of rows are counted and listed, seed ${SEED}`, () => {
  const next = randomGenerator(SEED)
  const memory = new KernelMemory()
  const mask = memory.allocate(ROWS_MAX)
  const positions = memory.allocate((ROWS_MAX + 1) * 4)
  for (let run = 0; run < RUNS; run++) {
    const share = next() ** 2
    const rowCount = Math.floor(next() * ROWS_MAX)
    // What lies behind is not zeroed, as in a buffer that was used before.
    const bytes = memory.bytes(mask.address, ROWS_MAX).fill(1)
    const wanted: number[] = []
    for (let i = 0; i < rowCount; i++) {
      bytes[i] = next() < share ? 1 : 0
      if (bytes[i] === 1) wanted.push(i)
    }
    expect(memory.kernels.count_mask(mask.address, rowCount), `run ${run}`).toBe(wanted.length)
    memory.kernels.positions(mask.address, rowCount, positions.address)
    expect([...memory.words(positions.address, wanted.length)], `run ${run}`).toEqual(wanted)
  }
})

const LANES = [
  { kernel: 'keep_few_codes', entries: 64, Lane: Uint8Array },
  { kernel: 'keep_codes8', entries: 256, Lane: Uint8Array },
  { kernel: 'keep_codes16', entries: 4000, Lane: Uint16Array },
  { kernel: 'keep_codes32', entries: 4000, Lane: Int32Array },
] as const

test.each(LANES)(`rows are kept by their codes: $kernel, seed ${SEED}`, ({
  kernel,
  entries,
  Lane,
}) => {
  const next = randomGenerator(SEED)
  const memory = new KernelMemory()
  const mask = memory.allocate(ROWS_MAX)
  const codes = memory.allocate(ROWS_MAX * 4)
  const table = memory.allocate(entries)
  for (let run = 0; run < RUNS; run++) {
    const share = next()
    const size = 1 + Math.floor(next() * entries)
    const rowCount = Math.floor(next() * ROWS_MAX)
    const passes = memory.bytes(table.address, entries).fill(1)
    for (let i = 0; i < size; i++) passes[i] = next() < share ? 1 : 0
    const lane = new Lane(memory.buffer, codes.address, rowCount)
    for (let i = 0; i < rowCount; i++) lane[i] = Math.floor(next() * size)
    const rows = memory.bytes(mask.address, rowCount)
    for (let i = 0; i < rowCount; i++) rows[i] = next() < 0.7 ? 1 : 0
    const wanted = Array.from(rows, (row, i) => row & passes[lane[i]!]!)
    memory.kernels[kernel](codes.address, mask.address, rowCount, table.address)
    expect([...memory.bytes(mask.address, rowCount)], `run ${run}`).toEqual(wanted)
  }
})
