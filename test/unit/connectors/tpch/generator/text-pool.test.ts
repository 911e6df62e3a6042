import { describe, expect, test } from 'vitest'
import { drawsFactor, multiplyStates } from '../../../../../src/connectors/tpch/generator/random.js'
import {
  SENTENCE_BYTES_MAX,
  writeSentences,
} from '../../../../../src/connectors/tpch/generator/sentences.js'
import {
  createTextPool,
  ensureText,
  PIECE_DRAWS_MIN,
  PIECE_LEAD_BITS,
  TEXT_PIECE_BYTES,
  TEXT_PIECE_COUNT,
  TEXT_POOL_BYTES,
  TEXT_SEED,
} from '../../../../../src/connectors/tpch/generator/text-pool.js'
import { TEXT_POOL_INDEX } from '../../../../../src/connectors/tpch/generator/text-pool-index.js'
import { SEED } from '../../../../support/seed.js'
import { textPool } from './generated-rows.js'

/** The index as pairs: draws before the piece's first sentence, bytes of that sentence before the piece. */
function decodeIndex(): { draws: number; lead: number }[] {
  const packed = Buffer.from(TEXT_POOL_INDEX, 'base64')
  let draws = 0
  return Array.from({ length: TEXT_PIECE_COUNT }, (_, piece) => {
    const entry = packed.readUInt16LE(2 * piece)
    draws += piece === 0 ? 0 : PIECE_DRAWS_MIN + (entry >>> PIECE_LEAD_BITS)
    return { draws, lead: entry % (1 << PIECE_LEAD_BITS) }
  })
}

describe('the text pool', () => {
  test('begins and ends as every pool does', () => {
    ensureText(textPool, 0, 40)
    ensureText(textPool, TEXT_POOL_BYTES - 40, TEXT_POOL_BYTES)
    const text = (start: number, end: number) =>
      Buffer.from(textPool.bytes.buffer, start, end - start).toString('latin1')
    expect(text(0, 40)).toMatch(/^[a-z][A-Za-z ,.;:?!-]+$/)
    expect(text(TEXT_POOL_BYTES - 40, TEXT_POOL_BYTES)).toMatch(/^[A-Za-z ,.;:?!-]+$/)
  })

  test('each index entry follows from the one before', () => {
    const index = decodeIndex()
    expect(index[0]).toEqual({ draws: 0, lead: 0 })
    const out = new DataView(new ArrayBuffer(2 * TEXT_PIECE_BYTES))
    const seed = SEED
    const pieces = [0, TEXT_PIECE_COUNT - 2]
    for (let i = 0; i < 100; i++) {
      pieces.push(((seed + 1) * (i + 1) * 7919) % (TEXT_PIECE_COUNT - 1))
    }
    for (const piece of pieces) {
      const { draws, lead } = index[piece]!
      const state = multiplyStates(TEXT_SEED, drawsFactor(draws))
      const writer = { state, draws, position: 0 }
      const end = lead + TEXT_PIECE_BYTES
      // Sentence by sentence, up to the one that holds the next piece's first byte.
      let sentenceStart = { draws, position: 0 }
      while (writer.position <= end) {
        sentenceStart = { draws: writer.draws, position: writer.position }
        writeSentences(out, writer, writer.position + 1)
        expect(writer.position - sentenceStart.position).toBeLessThan(SENTENCE_BYTES_MAX)
      }
      expect({ seed, ...index[piece + 1]! }).toEqual({
        seed,
        draws: sentenceStart.draws,
        lead: end - sentenceStart.position,
      })
    }
  })

  test('only the pieces asked for are written, and others see them through a shared buffer', () => {
    const pool = createTextPool()
    ensureText(pool, 3 * TEXT_PIECE_BYTES - 1, 3 * TEXT_PIECE_BYTES + 1)
    expect([...pool.written.subarray(0, 6)]).toEqual([0, 0, 1, 1, 0, 0])
    const other = createTextPool(pool.bytes.buffer)
    expect(other.seen[2]).toBe(0)
    other.bytes.setUint8(2 * TEXT_PIECE_BYTES, 0x23)
    ensureText(other, 2 * TEXT_PIECE_BYTES, 4 * TEXT_PIECE_BYTES)
    expect(pool.bytes.getUint8(2 * TEXT_PIECE_BYTES)).toBe(0x23)
    expect([...other.seen.subarray(0, 6)]).toEqual([0, 0, 1, 1, 0, 0])
  })

  test('a piece is the same text whichever piece was written before', () => {
    const pool = createTextPool()
    const out = new DataView(new ArrayBuffer(4 * TEXT_PIECE_BYTES))
    writeSentences(out, { state: TEXT_SEED, draws: 0, position: 0 }, 3 * TEXT_PIECE_BYTES)
    for (const piece of [2, 0, 1]) {
      ensureText(pool, piece * TEXT_PIECE_BYTES, (piece + 1) * TEXT_PIECE_BYTES)
    }
    const bytes = Buffer.from(pool.bytes.buffer, 0, 3 * TEXT_PIECE_BYTES)
    expect(bytes.equals(Buffer.from(out.buffer, 0, 3 * TEXT_PIECE_BYTES))).toBe(true)
  })
})
