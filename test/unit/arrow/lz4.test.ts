import { compressors } from 'hyparquet-compressors'
import { describe, expect, test } from 'vitest'
import { compressLz4, decompressLz4 } from '../../../src/arrow/lz4.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

const seed = SEED

function randomBytes(seed: number, byteLength: number): Uint8Array {
  const random = createRandom(seed)
  const bytes = new Uint8Array(byteLength)
  for (let at = 0; at < byteLength; ) {
    const run = Math.min(byteLength - at, 1 + random.below(random.pick([4, 40, 700])))
    if (at > 0 && random.chance(0.6)) {
      const distance = 1 + random.below(Math.min(at, 100_000))
      for (let i = 0; i < run; i++) bytes[at + i] = bytes[at + i - distance]!
    } else for (let i = 0; i < run; i++) bytes[at + i] = random.below(random.pick([2, 256]))
    at += run
  }
  return bytes
}

describe(`LZ4, seed ${seed}`, () => {
  test('what was compressed comes back, by another decoder too', () => {
    const random = createRandom(seed)
    for (let run = 0; run < 300; run++) {
      const byteLength = random.pick([0, 1, 4, 5, 12, 13, 20, 300, 5000, 200_000])
      const raw = run % 10 === 0 ? new Uint8Array(byteLength) : randomBytes(seed + run, byteLength)
      const compressed = compressLz4(raw, byteLength * 2 + 16)!
      expect(Buffer.compare(decompressLz4(compressed, byteLength)!, raw)).toBe(0)
      if (byteLength === 0) continue
      const other = compressors.LZ4_RAW!(compressed, byteLength)
      expect(Buffer.compare(other as Uint8Array, raw)).toBe(0)
    }
  })

  test('what does not get smaller is not compressed', () => {
    const random = createRandom(seed)
    const noise = Uint8Array.from({ length: 10_000 }, () => random.below(256))
    expect(compressLz4(noise, 8000)).toBeUndefined()
    expect(compressLz4(new Uint8Array(10_000), 8000)!.length).toBeLessThan(100)
  })

  test('damaged blocks are errors or other bytes, never more', () => {
    const random = createRandom(seed)
    const raw = randomBytes(seed, 3000)
    const compressed = compressLz4(raw, 6000)!
    for (let run = 0; run < 2000; run++) {
      const damaged = compressed.slice(
        0,
        random.chance(0.2) ? random.below(compressed.length) : undefined,
      )
      if (damaged.length > 0) damaged[random.below(damaged.length)]! ^= 1 << random.below(8)
      const bytes = decompressLz4(damaged, raw.length)
      if (bytes !== undefined) expect(bytes.length).toBe(raw.length)
    }
  })
})
