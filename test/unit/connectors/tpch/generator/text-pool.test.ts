import { describe, expect, test } from 'vitest'
import { drawsFactor, multiplyStates } from '../../../../../src/connectors/tpch/generator/random.js'
import {
  drawSentences,
  SENTENCE_BYTES_MAX,
  type SentenceWriter,
  vocabulary,
  WORD_BYTES,
} from '../../../../../src/connectors/tpch/generator/sentences.js'
import {
  copyText,
  createTextPool,
  locateText,
  PIECE_DRAWS_MIN,
  PIECE_LEAD_BITS,
  TEXT_COPY_SLACK,
  TEXT_LENGTH_MAX,
  TEXT_PIECE_BYTES,
  TEXT_PIECE_COUNT,
  TEXT_POOL_BYTES,
  TEXT_SEED,
  type TextPool,
  textsPerStep,
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

/** Text of a pool by the way comments read it. */
function textOf(pool: TextPool, start: number, end: number): string {
  const out = new DataView(new ArrayBuffer(end - start + TEXT_COPY_SLACK))
  for (let place = start; place < end; place += TEXT_LENGTH_MAX) {
    const last = Math.min(end, place + TEXT_LENGTH_MAX)
    copyText(pool, place, locateText(pool, place), out, place - start, last - start)
  }
  return Buffer.from(out.buffer, 0, end - start).toString('latin1')
}

/** The text of whole sentences from a place between two on, by strings: what the pool's way must equal. */
function sentencesFrom(writer: SentenceWriter, byteCount: number): string {
  const words = new Uint8Array(byteCount)
  drawSentences(words, writer, byteCount)
  const { bytes, back } = vocabulary()
  let text = ''
  for (const word of words.subarray(0, writer.wordCount)) {
    const padded = Buffer.from(bytes.buffer, word * WORD_BYTES, WORD_BYTES).toString('latin1')
    text = text.slice(0, text.length - back[word]!) + padded.replace(/\0+$/, '')
  }
  expect(text.length).toBe(writer.byteCount)
  return text
}

const writerAt = (draws: number): SentenceWriter => ({
  state: multiplyStates(TEXT_SEED, drawsFactor(draws)),
  draws,
  wordCount: 0,
  byteCount: 0,
})

describe('the text pool', () => {
  test('begins and ends as every pool does', () => {
    expect(textOf(textPool, 0, 40)).toMatch(/^[a-z][A-Za-z ,.;:?!-]+$/)
    expect(textOf(textPool, TEXT_POOL_BYTES - 40, TEXT_POOL_BYTES)).toMatch(/^[A-Za-z ,.;:?!-]+$/)
  })

  test('each index entry follows from the one before', () => {
    const index = decodeIndex()
    expect(index[0]).toEqual({ draws: 0, lead: 0 })
    const out = new Uint8Array(TEXT_PIECE_BYTES)
    const seed = SEED
    const pieces = [0, TEXT_PIECE_COUNT - 2]
    for (let i = 0; i < 100; i++) {
      pieces.push(((seed + 1) * (i + 1) * 7919) % (TEXT_PIECE_COUNT - 1))
    }
    for (const piece of pieces) {
      const { draws, lead } = index[piece]!
      const writer = writerAt(draws)
      const end = lead + TEXT_PIECE_BYTES
      // Sentence by sentence, up to the one that holds the next piece's first byte.
      let sentenceStart = { draws, position: 0 }
      while (writer.byteCount <= end) {
        sentenceStart = { draws: writer.draws, position: writer.byteCount }
        drawSentences(out, writer, writer.byteCount + 1)
        expect(writer.byteCount - sentenceStart.position).toBeLessThan(SENTENCE_BYTES_MAX)
      }
      expect({ seed, ...index[piece + 1]! }).toEqual({
        seed,
        draws: sentenceStart.draws,
        lead: end - sentenceStart.position,
      })
    }
  })

  test('only the pieces asked for are made, and others see them through a shared buffer', () => {
    const pool = createTextPool()
    locateText(pool, 3 * TEXT_PIECE_BYTES - 1)
    locateText(pool, 3 * TEXT_PIECE_BYTES)
    expect([...pool.written.subarray(0, 6)]).toEqual([0, 0, 1, 1, 0, 0])
    const other = createTextPool(pool.words.buffer)
    expect(other.seen[2]).toBe(0)
    // Were the piece made anew, the word would be overwritten.
    const located = locateText(pool, 2 * TEXT_PIECE_BYTES)
    other.words[located >>> 5] = 255
    expect(locateText(other, 2 * TEXT_PIECE_BYTES)).toBe(located)
    expect(pool.words[located >>> 5]).toBe(255)
    expect([...other.seen.subarray(0, 6)]).toEqual([0, 0, 1, 0, 0, 0])
  })

  test('the fewer pieces are made, the fewer texts are read in one go, whichever thread made them', () => {
    const pool = createTextPool()
    const other = createTextPool(pool.words.buffer)
    expect(textsPerStep(pool)).toBe(2)
    for (const piece of [7, 7, 8, 9]) locateText(pool, piece * TEXT_PIECE_BYTES)
    locateText(other, 9 * TEXT_PIECE_BYTES)
    expect(other.written[TEXT_PIECE_COUNT]).toBe(3)
    // A thread that has written few pieces has yet to compile what writes them, whatever others wrote.
    expect([textsPerStep(pool), textsPerStep(other)]).toEqual([6, 3])
    for (let piece = 20; piece < 40; piece++) locateText(other, piece * TEXT_PIECE_BYTES)
    expect(textsPerStep(other)).toBe(17)
    for (const [missing, expected] of [
      [TEXT_PIECE_COUNT / 2, 32],
      [1, 16 * TEXT_PIECE_COUNT],
      [0, Infinity],
    ] as const) {
      Atomics.store(pool.written, TEXT_PIECE_COUNT, TEXT_PIECE_COUNT - missing)
      expect(textsPerStep(other)).toBe(expected)
    }
  })

  test('a piece is the same text whichever piece was made before', () => {
    const pool = createTextPool()
    const end = 3 * TEXT_PIECE_BYTES
    for (const piece of [2, 0, 1]) locateText(pool, piece * TEXT_PIECE_BYTES)
    expect(textOf(pool, 0, end) === sentencesFrom(writerAt(0), end).slice(0, end)).toBe(true)
  })

  test('text of any length begins and ends anywhere', () => {
    const pool = createTextPool()
    const seed = SEED
    for (const piece of [0, TEXT_PIECE_COUNT - 2, (seed * 7919) % (TEXT_PIECE_COUNT - 1)]) {
      const { draws, lead } = decodeIndex()[piece]!
      const whole = sentencesFrom(writerAt(draws), lead + TEXT_PIECE_BYTES + 2 * TEXT_LENGTH_MAX)
      for (let i = 0; i < 20_000; i++) {
        const from = ((seed + i) * 7919) % TEXT_PIECE_BYTES
        const length = (i * 31) % (TEXT_LENGTH_MAX + 1)
        const place = piece * TEXT_PIECE_BYTES + from
        const expected = whole.slice(lead + from, lead + from + length)
        if (textOf(pool, place, place + length) !== expected) {
          expect({ seed, piece, from, text: textOf(pool, place, place + length) }).toEqual({
            seed,
            piece,
            from,
            text: expected,
          })
        }
      }
    }
  })
})
