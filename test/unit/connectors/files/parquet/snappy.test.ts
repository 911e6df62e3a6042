import { snappyUncompress } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { decompress } from '../../../../../src/connectors/files/parquet/decompress.js'
import { ParquetFormatError } from '../../../../../src/connectors/files/parquet/format-error.js'
import { KernelMemory } from '../../../../../src/connectors/files/parquet/kernels/kernel-memory.js'
import { SEED } from '../../../../support/seed.js'
import { randomGenerator } from '../random.js'

const memory = new KernelMemory()

/** Numbers below a limit, the same ones for a seed. */
function randomOf(seed: number): (limit: number) => number {
  const next = randomGenerator(seed)
  return (limit) => Math.floor(next() * limit)
}

interface Stream {
  readonly compressed: Uint8Array
  readonly byteLength: number
}

/** Elements of all kinds, lengths and distances, most of them short as in columns of numbers. */
function randomStream(random: (limit: number) => number): Stream {
  const bytes: number[] = []
  let length = 0
  const literal = (count: number): void => {
    if (count <= 60) bytes.push((count - 1) << 2)
    else if (count <= 256) bytes.push(60 << 2, count - 1)
    else bytes.push(61 << 2, (count - 1) & 255, (count - 1) >> 8)
    for (let i = 0; i < count; i++) bytes.push(random(256))
    length += count
  }
  literal(1 + random(20))
  for (let left = random(400); left > 0; left--) {
    const kind = random(8)
    const near = 1 + random(Math.min(length, random(2) === 0 ? 40 : 60_000))
    if (kind < 3) literal(1 + random(random(20) === 0 ? 2000 : 20))
    else if (kind < 6 && near < 2048) {
      const count = 4 + random(8)
      bytes.push(1 | ((count - 4) << 2) | ((near >> 8) << 5), near & 255)
      length += count
    } else {
      const count = 1 + random(64)
      if (random(10) === 0) bytes.push(3 | ((count - 1) << 2), near & 255, near >> 8, 0, 0)
      else bytes.push(2 | ((count - 1) << 2), near & 255, near >> 8)
      length += count
    }
  }
  const head: number[] = []
  for (let rest = length; ; rest >>= 7) {
    head.push(rest < 128 ? rest : (rest & 127) | 128)
    if (rest < 128) break
  }
  return { compressed: Uint8Array.from([...head, ...bytes]), byteLength: length }
}

function inflated({ compressed, byteLength }: Stream): Uint8Array {
  const buffer = memory.allocate(byteLength)
  try {
    decompress(memory, 'SNAPPY', compressed, buffer.address, byteLength)
    return memory.bytes(buffer.address, byteLength).slice()
  } finally {
    memory.free(buffer)
  }
}

describe('Snappy', () => {
  test(`elements of all kinds, seed ${SEED}`, () => {
    const random = randomOf(SEED)
    for (let run = 0; run < 2000; run++) {
      const stream = randomStream(random)
      const wanted = new Uint8Array(stream.byteLength)
      snappyUncompress(stream.compressed, wanted)
      expect(Buffer.compare(inflated(stream), wanted), `seed ${SEED}, run ${run}`).toBe(0)
    }
  })

  test(`damaged streams are refused or give as many bytes, and nothing around them is written, seed ${SEED}`, () => {
    const random = randomOf(SEED ^ 0x5eed)
    for (let run = 0; run < 2000; run++) {
      const { compressed, byteLength } = randomStream(random)
      const damaged = compressed.slice(0, compressed.length - random(3))
      for (let i = 1 + random(4); i > 0; i--) damaged[2 + random(damaged.length - 2)] = random(256)
      const before = memory.allocate(64)
      const target = memory.allocate(byteLength)
      const after = memory.allocate(64)
      memory.bytes(before.address, 64).fill(7)
      memory.bytes(after.address, 64).fill(7)
      try {
        decompress(memory, 'SNAPPY', damaged, target.address, byteLength)
      } catch (error) {
        expect(error, `seed ${SEED}, run ${run}`).toBeInstanceOf(ParquetFormatError)
      }
      for (const guard of [before, after]) {
        expect(memory.bytes(guard.address, 64).every((byte) => byte === 7)).toBe(true)
      }
      for (const buffer of [after, target, before]) memory.free(buffer)
    }
  })
})
