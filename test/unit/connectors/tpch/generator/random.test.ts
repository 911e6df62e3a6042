import { describe, expect, test } from 'vitest'
import {
  drawsFactor,
  fillRagged,
  MODULUS,
  multiplyStates,
  nextState,
  randomStream,
  stateAtRow,
  stateValue,
} from '../../../../../src/connectors/tpch/generator/random.js'
import { fillRagged64 } from '../../../../../src/connectors/tpch/generator/random64.js'
import { SEED } from '../../../../support/seed.js'

const seed = SEED

describe(`seed ${seed}`, () => {
  test('a step and a product agree with arithmetic on big integers', () => {
    let state = seed
    let other = 1
    for (let i = 0; i < 20_000; i++) {
      const product = (BigInt(state) * BigInt(other)) % BigInt(MODULUS)
      expect(multiplyStates(state, other)).toBe(Number(product))
      other = state
      const next = (BigInt(state) * 16807n) % BigInt(MODULUS)
      state = nextState(state)
      expect(state).toBe(Number(next))
    }
  })

  test('extreme states multiply exactly', () => {
    for (const left of [1, 2, 46_341, MODULUS - 2, MODULUS - 1]) {
      for (const right of [1, 2, 46_341, MODULUS - 2, MODULUS - 1]) {
        expect(multiplyStates(left, right)).toBe(
          Number((BigInt(left) * BigInt(right)) % BigInt(MODULUS)),
        )
      }
    }
  })

  test('a row is reached at once as by drawing all rows before it', () => {
    const stream = randomStream(seed, 7)
    let state = seed
    for (let row = 0; row < 500; row++) {
      expect(stateAtRow(stream, row)).toBe(state)
      for (let draw = 0; draw < stream.drawsPerRow; draw++) {
        state = nextState(state)
      }
    }
    const far = 150_000_000_000
    expect(multiplyStates(stateAtRow(stream, far), drawsFactor(7))).toBe(
      stateAtRow(stream, far + 1),
    )
  })

  test('rows of differing length take the first draws of their share', () => {
    const stream = randomStream(seed, 7)
    const counts = Uint8Array.of(3, 7, 1, 0, 5)
    const out = new Int32Array(16)
    fillRagged(out, counts, stream, 11, 1, 50)
    const expected: number[] = []
    counts.forEach((count, row) => {
      let state = stateAtRow(stream, 11 + row)
      for (let i = 0; i < count; i++) {
        state = nextState(state)
        expected.push(stateValue(state, 1, 50))
      }
    })
    expect([...out]).toEqual(expected)
  })

  test('64-bit draws agree with arithmetic on big integers', () => {
    const stream = randomStream(seed, 7)
    const counts = new Uint8Array(2000).map((_, row) => row % 8)
    const out = new Float64Array(counts.reduce((sum, count) => sum + count))
    const high = 20_000_000_000
    fillRagged64(out, counts, stream, 5, 1, high)
    const expected: number[] = []
    counts.forEach((count, row) => {
      let state = BigInt(stateAtRow(stream, 5 + row))
      for (let i = 0; i < count; i++) {
        state = BigInt.asIntN(64, state * 6364136223846793005n + 1n)
        expected.push(1 + Number((state < 0n ? -state : state) % BigInt(high)))
      }
    })
    expect([...out]).toEqual(expected)
  })
})
