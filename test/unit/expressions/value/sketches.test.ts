import { describe, expect, it } from 'vitest'
import {
  addToHistogram,
  compactHistogram,
  createNumericHistogram,
} from '../../../../src/expressions/value/numeric-histogram.js'
import {
  addToQuantileDigest,
  createQuantileDigest,
  deserializeQuantileDigest,
  mergeQuantileDigest,
  quantileDigestValue,
  quantileOfValue,
  serializeQuantileDigest,
} from '../../../../src/expressions/value/quantile-digest.js'
import {
  addToSetDigest,
  createSetDigest,
  deserializeSetDigest,
  hashCountsOf,
  intersectionOf,
  jaccardIndexOf,
  mergeSetDigest,
  serializeSetDigest,
  setCardinality,
} from '../../../../src/expressions/value/set-digest.js'
import { spookyHash } from '../../../../src/expressions/value/spooky-hash.js'
import {
  createStreamSummary,
  mostFrequent,
  offer,
} from '../../../../src/expressions/value/stream-summary.js'
import {
  addToTDigest,
  createTDigest,
  deserializeTDigest,
  mergeTDigest,
  serializeTDigest,
  valueAtQuantile,
} from '../../../../src/expressions/value/tdigest.js'

const SEED = Number(process.env['SEED'] ?? 20_261_122)

/** Park and Miller's generator: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed % 2_147_483_647
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe('t-digest', () => {
  it('is exact while small', () => {
    const digest = createTDigest()
    for (const value of [5, 3, 1, 4, 2]) addToTDigest(digest, value)
    expect([0, 0.5, 1].map((q) => valueAtQuantile(digest, q))).toEqual([1, 3, 5])
  })

  it(`stays near the rank through merges and bytes (seed ${SEED})`, () => {
    const random = generator(SEED)
    const values = Array.from({ length: 20_000 }, () => random() ** 2 * 1000)
    const parts = [createTDigest(), createTDigest(), createTDigest()]
    values.forEach((value, i) => {
      addToTDigest(parts[i % 3]!, value)
    })
    const read = parts.map((part) => deserializeTDigest(serializeTDigest(part))!)
    const digest = read.reduce(mergeTDigest)
    const sorted = values.toSorted((a, b) => a - b)
    expect(digest.total).toBe(values.length)
    for (const q of [0.001, 0.1, 0.5, 0.9, 0.999]) {
      const rank = sorted.filter((value) => value <= valueAtQuantile(digest, q)).length
      expect(Math.abs(rank / values.length - q)).toBeLessThan(0.02)
    }
    expect(valueAtQuantile(digest, 0)).toBe(sorted[0])
    expect(valueAtQuantile(digest, 1)).toBe(sorted.at(-1))
    expect(deserializeTDigest(new Uint8Array(40))).toBeUndefined()
  })
})

describe('quantile digest', () => {
  it('is exact while small, and takes negative values', () => {
    const digest = createQuantileDigest()
    for (const value of [-3n, 0n, 7n, -3n]) addToQuantileDigest(digest, value)
    expect([0, 0.5, 0.6, 1].map((q) => quantileDigestValue(digest, q))).toEqual([-3n, 0n, 0n, 7n])
    expect(quantileOfValue(digest, 0n)).toBe(0.5)
    expect(quantileOfValue(digest, 8n)).toBeUndefined()
  })

  it(`keeps its error through compression, merges and bytes (seed ${SEED})`, () => {
    const random = generator(SEED)
    const values = Array.from({ length: 30_000 }, () =>
      BigInt(Math.floor((random() - 0.5) * 2 ** 40)),
    )
    const parts = [createQuantileDigest(), createQuantileDigest()]
    values.forEach((value, i) => {
      addToQuantileDigest(parts[i % 2]!, value)
    })
    const digest = parts
      .map((part) => deserializeQuantileDigest(serializeQuantileDigest(part))!)
      .reduce(mergeQuantileDigest)
    expect(digest.nodeCount).toBeLessThan(values.length)
    expect(digest.total).toBe(values.length)
    for (const q of [0.01, 0.25, 0.5, 0.75, 0.99]) {
      const value = quantileDigestValue(digest, q)
      const rank = values.filter((other) => other <= value).length / values.length
      expect(rank).toBeGreaterThanOrEqual(q)
      expect(rank).toBeLessThan(q + 0.02)
    }
    expect(deserializeQuantileDigest(new Uint8Array(50))).toBeUndefined()
  })
})

describe('set digest', () => {
  const random = generator(SEED)
  const hashes = Array.from({ length: 20_000 }, () =>
    BigInt.asUintN(64, BigInt(Math.floor(random() * 2 ** 32)) * 4_294_967_291n),
  )
  const of = (values: readonly bigint[]) => {
    const digest = createSetDigest()
    for (const value of values) addToSetDigest(digest, value)
    return digest
  }

  it('is exact while small', () => {
    const left = of([1n, 2n, 3n, 3n])
    const right = of([2n, 3n, 4n])
    expect(setCardinality(left)).toBe(3n)
    expect(hashCountsOf(left)).toEqual([
      [1n, 1],
      [2n, 1],
      [3n, 2],
    ])
    expect(intersectionOf(left, right)).toBe(2n)
    const read = deserializeSetDigest(serializeSetDigest(left))!
    expect(hashCountsOf(mergeSetDigest(read, right)).map(([, times]) => times)).toEqual([
      1, 2, 3, 1,
    ])
  })

  it(`keeps the least hashes, whatever the order (seed ${SEED})`, () => {
    const all = of(hashes)
    const twice = mergeSetDigest(of(hashes.slice(0, 9000)), of(hashes.slice(9000)))
    const least = [...new Set(hashes.map((hash) => BigInt.asIntN(64, hash)))]
      .toSorted((a, b) => (a < b ? -1 : 1))
      .slice(0, 8192)
    expect(hashCountsOf(all).map(([hash]) => hash)).toEqual(least)
    expect(hashCountsOf(twice).map(([hash]) => hash)).toEqual(least)
    expect(jaccardIndexOf(all, of(hashes))).toBe(1)
  })
})

describe('numeric histogram', () => {
  it('joins the nearest neighbours and keeps the weight and the mean', () => {
    const histogram = createNumericHistogram(3)
    for (const value of [1, 1.1, 10, 10.2, 50, 1]) addToHistogram(histogram, value, 1)
    compactHistogram(histogram)
    expect(histogram.weights).toEqual([3, 2, 1])
    expect(histogram.values.map((value) => Math.round(value * 100))).toEqual([103, 1010, 5000])
  })

  it('stays within its buckets over many rows', () => {
    const histogram = createNumericHistogram(20)
    for (let i = 0; i < 10_000; i++) addToHistogram(histogram, (i * 7919) % 10_007, 1)
    compactHistogram(histogram)
    expect(histogram.values).toHaveLength(20)
    expect(histogram.values).toEqual(histogram.values.toSorted((a, b) => a - b))
    expect(histogram.weights.reduce((sum, weight) => sum + weight)).toBe(10_000)
  })
})

describe('stream summary', () => {
  it('counts exactly within its capacity and keeps the frequent ones beyond it', () => {
    const summary = createStreamSummary<string>(4)
    for (let i = 0; i < 1000; i++) offer(summary, i % 3 === 0 ? 'often' : `rare ${i}`)
    expect(summary.counts.size).toBe(4)
    const [[key, count]] = mostFrequent(summary, 1) as [[string, number]]
    expect(key).toBe('often')
    expect(count).toBeGreaterThanOrEqual(334)
    const small = createStreamSummary<string>(10)
    for (const letter of 'abacab') offer(small, letter)
    expect(mostFrequent(small, 2)).toEqual([
      ['a', 3],
      ['b', 2],
    ])
  })
})

describe('SpookyHash', () => {
  it('has the published value of nothing and depends on every byte of short and long input', () => {
    expect(spookyHash(new Uint8Array())).toBe(0x232706fc6bf50919n)
    for (const length of [1, 15, 16, 31, 32, 47, 191, 192, 300]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i)
      const seen = new Set([spookyHash(bytes)])
      for (let i = 0; i < length; i++) {
        bytes[i]! ^= 1
        seen.add(spookyHash(bytes))
        bytes[i]! ^= 1
      }
      expect(seen.size).toBe(length + 1)
    }
  })
})
