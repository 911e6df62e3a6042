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
  readonly elements: readonly number[]
  /** That they give. */
  readonly byteLength: number
}

/** A block that says of itself that it gives so many bytes. */
function blockOf({ elements }: Stream, byteLength: number): Uint8Array {
  const head: number[] = []
  for (let rest = byteLength; ; rest >>= 7) {
    head.push(rest < 128 ? rest : (rest & 127) | 128)
    if (rest < 128) break
  }
  return Uint8Array.from([...head, ...elements])
}

/** Writes the elements of a block. */
class StreamWriter {
  readonly #random: (limit: number) => number
  readonly #bytes: number[] = []
  length = 0

  constructor(random: (limit: number) => number) {
    this.#random = random
  }

  literal(count: number): void {
    if (count <= 60) this.#bytes.push((count - 1) << 2)
    else if (count <= 256) this.#bytes.push(60 << 2, count - 1)
    else this.#bytes.push(61 << 2, (count - 1) & 255, (count - 1) >> 8)
    for (let i = 0; i < count; i++) this.#bytes.push(this.#random(256))
    this.length += count
  }

  /** With a distance of 11 bits where there is such a form of it, of 16 or of 32. */
  copy(count: number, distance: number, form: 1 | 2 | 3): void {
    if (form === 1 && distance < 2048 && count >= 4 && count < 12) {
      this.#bytes.push(1 | ((count - 4) << 2) | ((distance >> 8) << 5), distance & 255)
    } else if (form === 3) {
      this.#bytes.push(3 | ((count - 1) << 2), distance & 255, distance >> 8, 0, 0)
    } else this.#bytes.push(2 | ((count - 1) << 2), distance & 255, distance >> 8)
    this.length += count
  }

  end(): Stream {
    return { elements: this.#bytes, byteLength: this.length }
  }
}

/** Elements of all kinds, lengths and distances, most of them short as in columns of numbers. */
function randomStream(random: (limit: number) => number): Stream {
  const writer = new StreamWriter(random)
  writer.literal(1 + random(20))
  for (let left = random(400); left > 0; left--) {
    const kind = random(8)
    const near = 1 + random(Math.min(writer.length, random(2) === 0 ? 40 : 60_000))
    if (kind < 3) writer.literal(1 + random(random(20) === 0 ? 2000 : 20))
    else if (kind < 6 && near < 2048) writer.copy(4 + random(8), near, 1)
    else writer.copy(1 + random(64), near, random(10) === 0 ? 3 : 2)
  }
  return writer.end()
}

/** Most elements are a literal of a number's low bytes and a copy of the others, or repeat a number. */
function streamOfNumbers(random: (limit: number) => number): Stream {
  const writer = new StreamWriter(random)
  const strays = 3 + random(200)
  const runs = 2 + random(10)
  writer.literal(1 + random(20))
  for (let left = random(4000); left > 0; left--) {
    const low = 1 + random(3)
    const isStray = random(strays) === 0
    const far = Math.min(writer.length, random(2) === 0 ? 64 : 60_000)
    const distance = isStray || far < 8 ? 1 + random(far) : 8 * (1 + random(far >> 3))
    const form = random(2) === 0 ? 1 : 2
    while (random(runs) === 0) writer.copy(1 + random(64), far < 8 ? 1 : 8, 2)
    writer.literal(isStray ? 1 + random(70) : low)
    writer.copy(isStray ? 1 + random(64) : 8 - low, distance, form)
  }
  return writer.end()
}

const KINDS = [
  { name: 'all kinds', type: 'BYTE_ARRAY', stream: randomStream },
  { name: 'all kinds, as if of 64-bit integers', type: 'INT64', stream: randomStream },
  { name: '64-bit integers', type: 'INT64', stream: streamOfNumbers },
] as const

describe.each(KINDS)('Snappy of $name', ({ type, stream: streamOf }) => {
  const chunk = { codec: 'SNAPPY', type } as const

  test(`gives what another implementation gives, seed ${SEED}`, () => {
    const random = randomOf(SEED)
    for (let run = 0; run < 2000; run++) {
      const stream = streamOf(random)
      const { byteLength } = stream
      const compressed = blockOf(stream, byteLength)
      const wanted = new Uint8Array(byteLength)
      snappyUncompress(compressed, wanted)
      const buffer = memory.allocate(byteLength)
      decompress(memory, chunk, compressed, buffer.address, byteLength)
      const inflated = memory.bytes(buffer.address, byteLength)
      expect(Buffer.compare(inflated, wanted), `seed ${SEED}, run ${run}`).toBe(0)
      memory.free(buffer)
    }
  })

  test(`damaged streams are refused or give as many bytes, and nothing around them is written, seed ${SEED}`, () => {
    const random = randomOf(SEED ^ 0x5eed)
    for (let run = 0; run < 2000; run++) {
      const stream = streamOf(random)
      const byteLength = random(4) === 0 ? 1 + random(stream.byteLength) : stream.byteLength
      const compressed = blockOf(stream, byteLength)
      const damaged = compressed.slice(0, compressed.length - random(3))
      for (let i = 1 + random(4); i > 0; i--) damaged[2 + random(damaged.length - 2)] = random(256)
      const before = memory.allocate(64)
      const target = memory.allocate(byteLength)
      const after = memory.allocate(64)
      memory.bytes(before.address, 64).fill(7)
      memory.bytes(after.address, 64).fill(7)
      try {
        decompress(memory, chunk, damaged, target.address, byteLength)
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
