import { drawsFactor, multiplyStates } from './random.js'
import type { SentenceWriter } from './sentences.js'
import { drawSentences, vocabulary, WORD_BYTES } from './sentences.js'
import { TEXT_POOL_INDEX } from './text-pool-index.js'

/**
 * The pool of pseudo-text that every comment is a substring of: 300 MiB of sentences (TPC-H 4.2.2.14;
 * io.trino.tpch TextPool). What is kept of it is its words, a byte each, and for every 32nd byte of text the word
 * it lies in: 69 MB. Comments begin anywhere, but small tables touch little of it, so it is made piece by piece on
 * demand: {@link TEXT_POOL_INDEX} tells for each piece where its first sentence begins and how many draws the random
 * stream has made by then.
 *
 * Threads share one pool by sharing its buffer. Two threads may make a piece at the same time, which does no
 * harm: they write the same bytes.
 */
export interface TextPool {
  /**
   * Blocks of BLOCK_CELLS bytes for BLOCK_BYTES of text each, so that what reading a text takes lies together: the checkpoints, then
   * the words, which go on for TEXT_LENGTH_MAX bytes of the next block's text.
   */
  readonly words: Uint8Array
  /** The same memory. A checkpoint is the index of a word of the block << 5 | how many bytes of the word are before. */
  readonly checkpoints: Uint16Array
  /** One cell a piece, not 0 once its words are written, then how many these are; read and written atomically. */
  readonly written: Int32Array
  /** The pieces that this thread has seen to be written. */
  readonly seen: Uint8Array
  /** How many pieces this thread has written. */
  writtenHere: number
}

export const TEXT_POOL_BYTES = 300 * 1024 * 1024
const TEXT_PIECE_SHIFT = 16
export const TEXT_PIECE_BYTES = 1 << TEXT_PIECE_SHIFT
export const TEXT_PIECE_COUNT = TEXT_POOL_BYTES / TEXT_PIECE_BYTES
export const TEXT_SEED = 933588178

/** The longest text that may be read. */
export const TEXT_LENGTH_MAX = 256
/** Bytes that {@link copyText} may write past the end of a text. */
export const TEXT_COPY_SLACK = WORD_BYTES + 1

const BLOCK_SHIFT = 12
const BLOCK_BYTES = 1 << BLOCK_SHIFT
const CHECKPOINT_SHIFT = 5
const CHECKPOINT_BYTES = 1 << CHECKPOINT_SHIFT
const BLOCK_CHECKPOINTS = BLOCK_BYTES / CHECKPOINT_BYTES
/** More than any block has. */
const BLOCK_WORDS_MAX = 640
const BLOCK_CELLS = BLOCK_CHECKPOINTS * 2 + BLOCK_WORDS_MAX
const BLOCK_COUNT = TEXT_POOL_BYTES / BLOCK_BYTES
const LEAD_BITS = 5
const LEAD_MASK = (1 << LEAD_BITS) - 1
const WORDS_BYTE_LENGTH = BLOCK_CELLS * BLOCK_COUNT

/** The size of the zeroed buffer that {@link createTextPool} takes. */
export const TEXT_POOL_BUFFER_BYTES = WORDS_BYTE_LENGTH + (TEXT_PIECE_COUNT + 1) * 4

/** In an index entry, the draws of a piece above the smallest number that any piece has. */
export const PIECE_DRAWS_MIN = 13_050
/** An index entry is draws above the minimum << 7 | bytes of the first sentence before the piece. */
export const PIECE_LEAD_BITS = 7

/**
 * A pool over a zeroed buffer, or over one that other threads use as a pool already. The memory of a fresh
 * SharedArrayBuffer is committed by the system as pieces are written.
 */
export function createTextPool(
  buffer: ArrayBufferLike = new SharedArrayBuffer(TEXT_POOL_BUFFER_BYTES),
): TextPool {
  return {
    words: new Uint8Array(buffer, 0, WORDS_BYTE_LENGTH),
    checkpoints: new Uint16Array(buffer, 0, WORDS_BYTE_LENGTH / 2),
    written: new Int32Array(buffer, WORDS_BYTE_LENGTH, TEXT_PIECE_COUNT + 1),
    seen: new Uint8Array(TEXT_PIECE_COUNT),
    writtenHere: 0,
  }
}

/** Pieces that are written in a few milliseconds. */
const STEP_PIECES = 16
/** The same of a thread that has written none: its code is not compiled yet, and takes ten times as long. */
const FIRST_STEP_PIECES = 2

/**
 * How many texts may be read in one go: as many as are expected to need {@link STEP_PIECES} pieces that nobody has written, fewer at a
 * thread's beginning; Infinity once all are written. Who reads a million of a fresh pool's at once would not hear for most of a second
 * that nobody wants them any more.
 */
export function textsPerStep({ written, writtenHere }: TextPool): number {
  const missing = TEXT_PIECE_COUNT - Atomics.load(written, TEXT_PIECE_COUNT)
  if (missing === 0) return Infinity
  const pieces = Math.min(STEP_PIECES, FIRST_STEP_PIECES + writtenHere)
  return Math.ceil((pieces * TEXT_PIECE_COUNT) / missing)
}

/**
 * Sees to it that text of at most TEXT_LENGTH_MAX bytes from byte `place` on can be read.
 * @returns the cell of the word of the place's checkpoint << 5 | the bytes of it before, in 32 bits of which the highest is no sign
 */
export function locateText(pool: TextPool, place: number): number {
  const piece = place >>> TEXT_PIECE_SHIFT
  if (pool.seen[piece] === 0) {
    if (Atomics.load(pool.written, piece) === 0) {
      writePiece(pool, piece)
      pool.writtenHere += 1
      const isFirst = Atomics.exchange(pool.written, piece, 1) === 0
      if (isFirst) Atomics.add(pool.written, TEXT_PIECE_COUNT, 1)
    }
    pool.seen[piece] = 1
  }
  const block = (place >>> BLOCK_SHIFT) * BLOCK_CELLS
  const entry =
    pool.checkpoints[(block >>> 1) + ((place & (BLOCK_BYTES - 1)) >>> CHECKPOINT_SHIFT)]!
  return (((block + BLOCK_CHECKPOINTS * 2) << LEAD_BITS) + entry) | 0
}

/** Reads where a located text begins, to bring it into the cache. */
export const touchText = (pool: TextPool, located: number): number =>
  pool.words[located >>> LEAD_BITS]!

/**
 * Writes the bytes of text from `place` on to bytes [position, end) of `out`, and up to TEXT_COPY_SLACK bytes of anything behind
 * them.
 * @param located what {@link locateText} gave for the place
 */
export function copyText(
  { words }: TextPool,
  place: number,
  located: number,
  out: DataView,
  position: number,
  end: number,
): void {
  const { bytes, advance, back } = vocabulary()
  let index = located >>> LEAD_BITS
  let lead = (located & LEAD_MASK) + (place & (CHECKPOINT_BYTES - 1))
  let word = words[index]!
  while (lead >= advance[word]!) {
    lead -= advance[word]!
    word = words[++index]!
  }
  copyWord(bytes, word * WORD_BYTES + back[word]! + lead, out, position)
  position += advance[word]! - lead
  word = words[++index]!
  // A terminator takes the place of the text's last byte, too.
  while (position < end + back[word]!) {
    copyWord(bytes, word * WORD_BYTES, out, position - back[word]!)
    position += advance[word]!
    word = words[++index]!
  }
}

/**
 * Copies a word or the rest of one eight bytes at a time, as doubles, which no text makes a NaN of; what is too much, the next word
 * overwrites.
 */
function copyWord(from: DataView, offset: number, out: DataView, position: number): void {
  out.setFloat64(position, from.getFloat64(offset, true), true)
  out.setFloat64(position + 8, from.getFloat64(offset + 8, true), true)
  out.setFloat64(position + 16, from.getFloat64(offset + 16, true), true)
}

interface PieceIndex {
  /** Draws made before the piece's first sentence, the one that holds its first byte. */
  readonly draws: Float64Array
  /** Bytes of that sentence before the piece. */
  readonly leadBytes: Uint8Array
}

let decodedIndex: PieceIndex | undefined
const drawn = new Uint8Array(TEXT_PIECE_BYTES)

function writePiece(pool: TextPool, piece: number): void {
  decodedIndex ??= decodeIndex()
  const draws = decodedIndex.draws[piece]!
  const leadBytes = decodedIndex.leadBytes[piece]!
  const state = multiplyStates(TEXT_SEED, drawsFactor(draws))
  const writer: SentenceWriter = { state, draws, wordCount: 0, byteCount: 0 }
  drawSentences(drawn, writer, leadBytes + TEXT_PIECE_BYTES + TEXT_LENGTH_MAX)
  const { advance } = vocabulary()
  const firstBlock = piece * (TEXT_PIECE_BYTES / BLOCK_BYTES)
  // The word of the checkpoint, and where it begins in the piece.
  let index = 0
  let start = -leadBytes
  let firstWord = 0
  for (let byte = 0; byte < TEXT_PIECE_BYTES; byte += CHECKPOINT_BYTES) {
    for (let length = advance[drawn[index]!]!; start + length <= byte; ) {
      start += length
      length = advance[drawn[++index]!]!
    }
    const cell = (firstBlock + (byte >>> BLOCK_SHIFT)) * BLOCK_CELLS
    const checkpoint = (byte & (BLOCK_BYTES - 1)) >>> CHECKPOINT_SHIFT
    if (checkpoint === 0) {
      firstWord = index
      const words = drawn.subarray(firstWord, firstWord + BLOCK_WORDS_MAX)
      pool.words.set(words, cell + BLOCK_CHECKPOINTS * 2)
    }
    const entry = ((index - firstWord) << LEAD_BITS) | (byte - start)
    pool.checkpoints[(cell >>> 1) + checkpoint] = entry
  }
}

function decodeIndex(): PieceIndex {
  const packed = Buffer.from(TEXT_POOL_INDEX, 'base64')
  const draws = new Float64Array(TEXT_PIECE_COUNT)
  const leadBytes = new Uint8Array(TEXT_PIECE_COUNT)
  for (let piece = 1; piece < TEXT_PIECE_COUNT; piece++) {
    const entry = packed.readUInt16LE(2 * piece)
    draws[piece] = draws[piece - 1]! + PIECE_DRAWS_MIN + (entry >>> PIECE_LEAD_BITS)
    leadBytes[piece] = entry & ((1 << PIECE_LEAD_BITS) - 1)
  }
  return { draws, leadBytes }
}
