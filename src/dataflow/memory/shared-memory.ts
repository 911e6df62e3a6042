import { registerKernelMemory } from '../../expressions/wasm/kernel-memory.js'
import { assert, MillraceError } from '../../spi/index.js'
import { addUpTo } from './atomic-words.js'
import { LentRuns } from './lent-runs.js'

/**
 * The node's shared memory: one WebAssembly memory, reserved whole and never grown, so that a view over it never goes
 * stale (docs/adr/0001), divided into chunks. An owner table beside it says who holds each chunk; there are no locks,
 * since a thread can die holding anything: chunks are taken by compare-and-exchange, and what a dead owner held is
 * found in the table and freed.
 */
export interface SharedMemory {
  readonly memory: WebAssembly.Memory
  /** Control words of {@link ControlLayout}, then one owner word a chunk. */
  readonly control: SharedArrayBuffer
}

export const CHUNK_BYTES = 64 * 1024
/** The unit in which files of spilled pages are counted: 32-bit words reach to 8 TB. */
export const SPILL_BLOCK_BYTES = 4096
const WASM_PAGE_BYTES = 65_536
const LARGEST_MEMORY_PAGES = 65_536
const SMALLEST_MEMORY_PAGES = 1024

/** Word indices of the control buffer (Int32). */
export const ControlLayout = {
  /** Chunks in use now. */
  usedChunks: 0,
  /** Where the next search for free chunks starts. */
  searchHint: 1,
  /** Chunks that may be used at most, those of further segments among them. */
  limitChunks: 2,
  /** Serial numbers for dictionaries and other things that threads cache. */
  nextSerial: 3,
  /** Tells the memories of a process apart. */
  memoryNumber: 4,
  /** Blocks of {@link SPILL_BLOCK_BYTES} that queries have on disk now, and may have at most. */
  spilledBlocks: 5,
  spillLimitBlocks: 6,
  /** Chunks of further segments in use now. */
  segmentChunks: 7,
  /** Chunks that operators of all queries have reserved and not claimed yet. */
  reservedChunks: 8,
  /** Drivers of all queries that have work to do and don't wait for memory. */
  busyDrivers: 9,
  /** Chunks that a driver waits for: who can give memory back takes the word to 0, and does. */
  memoryWanted: 10,
  /** Each query slot has SLOT_WORDS words from here. */
  querySlots: 16,
} as const

export const QUERY_SLOT_COUNT = 1024
/** Words of a query slot. */
export const QuerySlot = {
  /** 0: run; other than 0: stop. */
  cancelled: 0,
  /** Chunks that the query holds. */
  usedChunks: 1,
  limitChunks: 2,
  peakChunks: 3,
  /** Blocks that the query has on disk now, may have at most, and has written in all. */
  spilledBlocks: 4,
  spillLimitBlocks: 5,
  writtenBlocks: 6,
  /** The query's chunks lie from the first of these to below the second. */
  firstChunk: 7,
  endChunk: 8,
  /** Chunks that operators have reserved and not claimed yet. */
  reservedChunks: 9,
  /** As those of {@link ControlLayout}, of the query's drivers. */
  busyDrivers: 10,
  memoryWanted: 11,
  words: 12,
} as const

const OWNERS_START = ControlLayout.querySlots + QUERY_SLOT_COUNT * QuerySlot.words

/** The owner of what outlives queries: stored tables. */
export const STORE_OWNER = 1
/** The chunk at address 0, so that no buffer has it, and the last, so that vector loads may reach past a buffer. */
const RESERVED_OWNER = 2
/** Query slot s owns its chunks as FIRST_QUERY_OWNER + s. */
export const FIRST_QUERY_OWNER = 16
/** What connectors hold in worker thread t is owned by FIRST_THREAD_OWNER + t. */
export const FIRST_THREAD_OWNER = FIRST_QUERY_OWNER + QUERY_SLOT_COUNT

/** Memories made in this thread: those of one process are all made in one thread. */
let memoryCount = 0
const SERIALS_PER_MEMORY = 2 ** 32

/**
 * Reserves the memory: 4 GB of addresses, of which only what is touched becomes resident. Where the host refuses
 * (a strict limit of virtual memory), halves it until it fits.
 * @param limitBytes what the engine may use of it
 */
export function createSharedMemory(limitBytes: number): SharedMemory {
  let pages = LARGEST_MEMORY_PAGES
  let memory: WebAssembly.Memory | undefined
  while (memory === undefined) {
    try {
      memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    } catch (cause) {
      pages = Math.floor(pages / 2)
      if (pages < SMALLEST_MEMORY_PAGES) {
        throw new MillraceError(
          'GENERIC_INSUFFICIENT_RESOURCES',
          'The host does not let the engine reserve shared memory',
          { cause },
        )
      }
    }
  }
  const chunks = (pages * WASM_PAGE_BYTES) / CHUNK_BYTES
  const control = new SharedArrayBuffer((OWNERS_START + chunks) * 4)
  const words = new Int32Array(control)
  words[ControlLayout.limitChunks] = Math.min(2 ** 31 - 1, Math.ceil(limitBytes / CHUNK_BYTES))
  words[ControlLayout.nextSerial] = 1
  words[ControlLayout.memoryNumber] = ++memoryCount
  words[OWNERS_START] = RESERVED_OWNER
  words[OWNERS_START + chunks - 1] = RESERVED_OWNER
  return { memory, control }
}

/** A run of chunks. */
export interface ChunkRun {
  readonly offset: number
  readonly byteLength: number
}

/** One thread's way to the shared memory. */
export class ChunkAllocator {
  readonly memory: WebAssembly.Memory
  readonly control: Int32Array
  /** What connectors have claimed in this thread. */
  readonly connectorRuns = new LentRuns((run) => this.release(run))
  readonly #owners: Int32Array
  readonly #chunkCount: number

  constructor(shared: SharedMemory) {
    this.memory = shared.memory
    registerKernelMemory(shared.memory)
    this.control = new Int32Array(shared.control, 0, OWNERS_START)
    this.#owners = new Int32Array(shared.control, OWNERS_START * 4)
    this.#chunkCount = this.#owners.length
  }

  get usedBytes(): number {
    return Atomics.load(this.control, ControlLayout.usedChunks) * CHUNK_BYTES
  }

  /** What may be used of the shared memory: what the engine's limit leaves beside further segments. */
  get limitBytes(): number {
    return this.#limitChunks * CHUNK_BYTES
  }

  get #limitChunks(): number {
    const limit = Atomics.load(this.control, ControlLayout.limitChunks)
    const inSegments = Atomics.load(this.control, ControlLayout.segmentChunks)
    return Math.min(this.#chunkCount, limit - inSegments)
  }

  /** What operators of all queries have reserved and not claimed yet. */
  get reservedBytes(): number {
    return Atomics.load(this.control, ControlLayout.reservedChunks) * CHUNK_BYTES
  }

  /** Drivers of all queries that may spill which have work to do and don't wait for memory. */
  get busyDrivers(): number {
    return Atomics.load(this.control, ControlLayout.busyDrivers)
  }

  /** Bytes in use of segments beyond the shared memory. */
  get segmentBytes(): number {
    return Atomics.load(this.control, ControlLayout.segmentChunks) * CHUNK_BYTES
  }

  /** Counts chunks of further segments, or fewer of them, unless that is over the engine's limit. */
  countSegmentChunks(count: number): boolean {
    const inSegments = Atomics.add(this.control, ControlLayout.segmentChunks, count) + count
    const used = Atomics.load(this.control, ControlLayout.usedChunks)
    if (count <= 0 || used + inSegments <= Atomics.load(this.control, ControlLayout.limitChunks)) {
      return true
    }
    Atomics.sub(this.control, ControlLayout.segmentChunks, count)
    return false
  }

  /** A number that no other thread gets, nor another engine of the process: threads cache by it. */
  newSerial(): number {
    const number = Atomics.load(this.control, ControlLayout.memoryNumber)
    const serial = Atomics.add(this.control, ControlLayout.nextSerial, 1) >>> 0
    return number * SERIALS_PER_MEMORY + serial
  }

  /**
   * Takes adjacent chunks for an owner. O(chunks searched).
   * @returns undefined where no run of that length is free or the engine's limit is met
   */
  claim(byteLength: number, owner: number): ChunkRun | undefined {
    const count = Math.max(1, Math.ceil(byteLength / CHUNK_BYTES))
    if (addUpTo(this.control, ControlLayout.usedChunks, count, this.#limitChunks) === undefined) {
      return undefined
    }
    const hint = Atomics.load(this.control, ControlLayout.searchHint)
    const first = this.#search(count, owner, hint, this.#chunkCount)
    const found = first >= 0 ? first : this.#search(count, owner, 0, this.#chunkCount)
    if (found >= 0) {
      Atomics.store(this.control, ControlLayout.searchHint, found + count)
      return { offset: found * CHUNK_BYTES, byteLength: count * CHUNK_BYTES }
    }
    Atomics.sub(this.control, ControlLayout.usedChunks, count)
    return undefined
  }

  #search(count: number, owner: number, from: number, to: number): number {
    let start = from
    let position = from
    while (start + count <= to) {
      if (Atomics.compareExchange(this.#owners, position, 0, owner) !== 0) {
        for (let i = start; i < position; i++) Atomics.store(this.#owners, i, 0)
        position += 1
        start = position
        continue
      }
      position += 1
      if (position - start === count) return start
    }
    for (let i = start; i < Math.min(position, to); i++) Atomics.store(this.#owners, i, 0)
    return -1
  }

  release(run: ChunkRun): void {
    const first = run.offset / CHUNK_BYTES
    const count = run.byteLength / CHUNK_BYTES
    for (let i = first; i < first + count; i++) {
      assert(Atomics.exchange(this.#owners, i, 0) !== 0, 'chunk released twice')
    }
    Atomics.sub(this.control, ControlLayout.usedChunks, count)
    Atomics.store(
      this.control,
      ControlLayout.searchHint,
      Math.min(first, Atomics.load(this.control, ControlLayout.searchHint)),
    )
  }

  /**
   * Frees all that an owner holds: after its query ended or its thread died.
   * @param expected where its chunks lie and how many they are, as far as is known: what a thread took as it died is looked
   *   for among all chunks
   */
  releaseOwner(
    owner: number,
    expected: { readonly first: number; readonly end: number; readonly count: number },
  ): number {
    const { first, end } = expected
    let count = this.#releaseWithin(owner, first, Math.min(end, this.#chunkCount), expected.count)
    if (count < expected.count) {
      count += this.#releaseWithin(owner, 0, this.#chunkCount, expected.count - count)
    }
    if (count > 0) {
      Atomics.sub(this.control, ControlLayout.usedChunks, count)
      const hint = Math.min(first, Atomics.load(this.control, ControlLayout.searchHint))
      Atomics.store(this.control, ControlLayout.searchHint, hint)
    }
    return count
  }

  /** Frees all that connectors held in a worker thread that died. */
  releaseThread(thread: number): void {
    this.releaseOwner(FIRST_THREAD_OWNER + thread, { first: 0, end: 0, count: this.#chunkCount })
  }

  #releaseWithin(owner: number, first: number, end: number, countMax: number): number {
    let count = 0
    for (let i = first; i < end && count < countMax; i++) {
      // A plain load first: chunks of other owners are the many.
      if (this.#owners[i] !== owner) continue
      if (Atomics.compareExchange(this.#owners, i, owner, 0) === owner) count += 1
    }
    return count
  }

  bytes(offset: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, offset, byteLength)
  }
}
