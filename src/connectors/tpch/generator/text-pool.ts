import { drawsFactor, multiplyStates } from './random.js'
import type { SentenceWriter } from './sentences.js'
import { SENTENCE_BYTES_MAX, writeSentences } from './sentences.js'
import { TEXT_POOL_INDEX } from './text-pool-index.js'

/**
 * The pool of pseudo-text that every comment is a substring of: 300 MiB of sentences (TPC-H 4.2.2.14;
 * io.trino.tpch TextPool). Comments begin anywhere in it, but small tables touch little of it, so it is
 * written piece by piece on demand: {@link TEXT_POOL_INDEX} tells for each piece where its first sentence begins
 * and how many draws the random stream has made by then.
 *
 * Threads share one pool by sharing its buffer. Two threads may write a piece at the same time, which does no
 * harm: they write the same bytes.
 */
export interface TextPool {
  readonly bytes: DataView
  /** One cell a piece, not 0 once its bytes are written; read and written atomically. */
  readonly written: Int32Array
  /** The pieces that this thread has seen to be written. */
  readonly seen: Uint8Array
}

export const TEXT_POOL_BYTES = 300 * 1024 * 1024
export const TEXT_PIECE_SHIFT = 16
export const TEXT_PIECE_BYTES = 1 << TEXT_PIECE_SHIFT
export const TEXT_PIECE_COUNT = TEXT_POOL_BYTES / TEXT_PIECE_BYTES
export const TEXT_SEED = 933588178

/** Bytes that may be read past the pool's end, so that text is copied four bytes at a time. */
const PADDING_BYTES = 64
/** The size of the zeroed buffer that {@link createTextPool} takes. */
export const TEXT_POOL_BUFFER_BYTES = TEXT_POOL_BYTES + PADDING_BYTES + TEXT_PIECE_COUNT * 4

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
  byteOffset = 0,
): TextPool {
  return {
    bytes: new DataView(buffer, byteOffset, TEXT_POOL_BYTES + PADDING_BYTES),
    written: new Int32Array(buffer, byteOffset + TEXT_POOL_BYTES + PADDING_BYTES, TEXT_PIECE_COUNT),
    seen: new Uint8Array(TEXT_PIECE_COUNT),
  }
}

/** Sees to it that bytes [start, end) of the pool are written. */
export function ensureText(pool: TextPool, start: number, end: number): void {
  const last = (end - 1) >>> TEXT_PIECE_SHIFT
  for (let piece = start >>> TEXT_PIECE_SHIFT; piece <= last; piece++) {
    if (pool.seen[piece] === 0) {
      if (Atomics.load(pool.written, piece) === 0) {
        writePiece(pool, piece)
        Atomics.store(pool.written, piece, 1)
      }
      pool.seen[piece] = 1
    }
  }
}

interface PieceIndex {
  /** Draws made before the piece's first sentence, the one that holds its first byte. */
  readonly draws: Float64Array
  /** Bytes of that sentence before the piece. */
  readonly leadBytes: Uint8Array
}

let decodedIndex: PieceIndex | undefined
const scratch = new DataView(new ArrayBuffer(TEXT_PIECE_BYTES + 2 * SENTENCE_BYTES_MAX))

function writePiece(pool: TextPool, piece: number): void {
  decodedIndex ??= decodeIndex()
  const draws = decodedIndex.draws[piece]!
  const leadBytes = decodedIndex.leadBytes[piece]!
  const state = multiplyStates(TEXT_SEED, drawsFactor(draws))
  const writer: SentenceWriter = { state, draws, position: 0 }
  writeSentences(scratch, writer, leadBytes + TEXT_PIECE_BYTES)
  const { buffer, byteOffset } = pool.bytes
  new Uint8Array(buffer, byteOffset + piece * TEXT_PIECE_BYTES, TEXT_PIECE_BYTES).set(
    new Uint8Array(scratch.buffer, leadBytes, TEXT_PIECE_BYTES),
  )
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
