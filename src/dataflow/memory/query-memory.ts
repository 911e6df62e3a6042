import type { MemoryScope } from '../../operators/operator.js'
import { type Arena, assert, MillraceError } from '../../spi/index.js'
import { addUpTo, replaceWhile } from './atomic-words.js'
import { LentRuns } from './lent-runs.js'
import {
  CHUNK_BYTES,
  type ChunkAllocator,
  type ChunkRun,
  ControlLayout,
  FIRST_QUERY_OWNER,
  QUERY_SLOT_COUNT,
  QuerySlot,
  SPILL_BLOCK_BYTES,
} from './shared-memory.js'

const ALIGNMENT = 16
/** A run grows with what its arena already holds, to this much. */
const LARGEST_RUN_BYTES = 4 * 1024 * 1024

/** The part of a limit that operators may reserve: the rest is for what sources and work on pages claim. */
export const RESERVABLE_PART = 15 / 16
/** The same of the limit of all queries, of which several may have sources and work at once. */
export const SHARED_RESERVABLE_PART = 7 / 8
/** The part of what is free that an arena takes before it needs it: what it then doesn't need, nobody else has. */
const RUN_PART_OF_FREE = 1 / 64

/** Beyond all chunks. */
const NO_CHUNK = 2 ** 31 - 1

/** Takes a free query slot: its cancel word and memory account. */
export function takeQuerySlot(
  allocator: ChunkAllocator,
  slotsInUse: Set<number>,
  limitBytes: number,
): number {
  for (let slot = 0; slot < QUERY_SLOT_COUNT; slot++) {
    if (slotsInUse.has(slot)) continue
    slotsInUse.add(slot)
    const base = ControlLayout.querySlots + slot * QuerySlot.words
    for (let word = 0; word < QuerySlot.words; word++) {
      Atomics.store(allocator.control, base + word, 0)
    }
    Atomics.store(allocator.control, base + QuerySlot.firstChunk, NO_CHUNK)
    Atomics.store(
      allocator.control,
      base + QuerySlot.limitChunks,
      Math.max(1, Math.floor(limitBytes / CHUNK_BYTES)),
    )
    return slot
  }
  throw new MillraceError('QUERY_QUEUE_FULL', `Too many queries at once: ${QUERY_SLOT_COUNT}`)
}

/** One thread's view of a query's memory account and cancel word. */
export class QueryMemory {
  readonly slot: number
  readonly allocator: ChunkAllocator
  /** What this thread has claimed. */
  readonly runs = new LentRuns((run) => this.#free(run))
  readonly #base: number

  constructor(allocator: ChunkAllocator, slot: number) {
    this.allocator = allocator
    this.slot = slot
    this.#base = ControlLayout.querySlots + slot * QuerySlot.words
  }

  get cancelled(): boolean {
    return Atomics.load(this.allocator.control, this.#base + QuerySlot.cancelled) !== 0
  }

  cancel(): void {
    Atomics.store(this.allocator.control, this.#base + QuerySlot.cancelled, 1)
  }

  get usedBytes(): number {
    return Atomics.load(this.allocator.control, this.#base + QuerySlot.usedChunks) * CHUNK_BYTES
  }

  get peakBytes(): number {
    return Atomics.load(this.allocator.control, this.#base + QuerySlot.peakChunks) * CHUNK_BYTES
  }

  get limitBytes(): number {
    return Atomics.load(this.allocator.control, this.#base + QuerySlot.limitChunks) * CHUNK_BYTES
  }

  /** Bytes that the query has written to disk in all. */
  get writtenSpillBytes(): number {
    const word = this.#base + QuerySlot.writtenBlocks
    return Atomics.load(this.allocator.control, word) * SPILL_BLOCK_BYTES
  }

  /** What operators of the query have reserved and not claimed yet. */
  get reservedBytes(): number {
    return Atomics.load(this.allocator.control, this.#base + QuerySlot.reservedChunks) * CHUNK_BYTES
  }

  /** What the query may still claim, by its own limit and the engine's, without taking what operators have reserved. */
  get freeBytes(): number {
    const { allocator } = this
    const own = this.limitBytes - this.usedBytes - this.reservedBytes
    const shared = allocator.limitBytes - allocator.usedBytes - allocator.reservedBytes
    return Math.max(0, Math.min(own, shared))
  }

  /**
   * Reserves so many chunks more, unless that is more than is free. Whoever adds last sees what all others have added, so that of
   * several at once none gets what another has.
   */
  reserve(chunks: number): boolean {
    const { control, limitBytes, usedBytes } = this.allocator
    const own = Atomics.add(control, this.#base + QuerySlot.reservedChunks, chunks) + chunks
    const all = Atomics.add(control, ControlLayout.reservedChunks, chunks) + chunks
    if (
      own * CHUNK_BYTES + this.usedBytes <= this.limitBytes * RESERVABLE_PART &&
      all * CHUNK_BYTES + usedBytes <= limitBytes * SHARED_RESERVABLE_PART
    ) {
      return true
    }
    this.unreserve(chunks)
    return false
  }

  unreserve(chunks: number): void {
    const { control } = this.allocator
    Atomics.sub(control, this.#base + QuerySlot.reservedChunks, chunks)
    Atomics.sub(control, ControlLayout.reservedChunks, chunks)
  }

  /**
   * Claims memory, of what operators have reserved too: they reserve what they may need at most.
   * @throws EXCEEDED_LOCAL_MEMORY_LIMIT
   */
  claim(byteLength: number): ChunkRun {
    const { control } = this.allocator
    const chunks = Math.max(1, Math.ceil(byteLength / CHUNK_BYTES))
    const limit = Atomics.load(control, this.#base + QuerySlot.limitChunks)
    const used = addUpTo(control, this.#base + QuerySlot.usedChunks, chunks, limit)
    if (used !== undefined) {
      const run = this.allocator.claim(byteLength, FIRST_QUERY_OWNER + this.slot)
      if (run !== undefined) {
        replaceWhile(control, this.#base + QuerySlot.peakChunks, used, (peak) => peak < used)
        this.#widen(run)
        this.runs.claimed(run)
        return run
      }
      Atomics.sub(control, this.#base + QuerySlot.usedChunks, chunks)
    }
    throw new MillraceError(
      'EXCEEDED_LOCAL_MEMORY_LIMIT',
      `Query exceeded the memory limit of ${formatBytes(Math.min(this.limitBytes, this.allocator.limitBytes))}`,
      {
        detail: `held ${formatBytes(this.usedBytes)}, asked for ${formatBytes(byteLength)}`,
        hint: 'Raise memoryLimitBytes, give the engine a spillPath, or let fewer queries run at once',
      },
    )
  }

  release(run: ChunkRun): void {
    this.runs.release(run)
  }

  #free(run: ChunkRun): void {
    this.allocator.release(run)
    Atomics.sub(
      this.allocator.control,
      this.#base + QuerySlot.usedChunks,
      run.byteLength / CHUNK_BYTES,
    )
  }

  /** Notes where the query's chunks lie, so that not all of the memory has to be searched for them. */
  #widen({ offset, byteLength }: ChunkRun): void {
    const { control } = this.allocator
    const first = offset / CHUNK_BYTES
    const end = first + byteLength / CHUNK_BYTES
    replaceWhile(control, this.#base + QuerySlot.firstChunk, first, (known) => known > first)
    replaceWhile(control, this.#base + QuerySlot.endChunk, end, (known) => known < end)
  }

  /** Frees whatever the query still holds, in any thread. */
  releaseAll(): void {
    const { control } = this.allocator
    const count = Atomics.load(control, this.#base + QuerySlot.usedChunks)
    if (count > 0) {
      const first = Atomics.load(control, this.#base + QuerySlot.firstChunk)
      const end = Atomics.load(control, this.#base + QuerySlot.endChunk)
      this.allocator.releaseOwner(FIRST_QUERY_OWNER + this.slot, { first, end, count })
    }
    Atomics.store(control, this.#base + QuerySlot.usedChunks, 0)
    const reserved = Atomics.exchange(control, this.#base + QuerySlot.reservedChunks, 0)
    Atomics.sub(control, ControlLayout.reservedChunks, reserved)
    const busy = Atomics.exchange(control, this.#base + QuerySlot.busyDrivers, 0)
    Atomics.sub(control, ControlLayout.busyDrivers, busy)
  }

  createArena(): ChunkArena {
    return new ChunkArena(this)
  }

  createScope(): AccountScope {
    return new AccountScope(this)
  }
}

/** Where arenas get their memory. */
export interface MemoryAccount {
  readonly allocator: { readonly memory: WebAssembly.Memory }
  /** All that is claimed of it in this thread. */
  readonly runs: LentRuns
  /** What may still be claimed; absent: no matter how much. */
  readonly freeBytes?: number
  /** @throws EXCEEDED_LOCAL_MEMORY_LIMIT */
  claim(byteLength: number): ChunkRun
  release(run: ChunkRun): void
}

/** A part of an account, which is counted and given back as a whole. */
export class AccountScope implements MemoryScope, MemoryAccount {
  readonly allocator: MemoryAccount['allocator']
  readonly runs: LentRuns
  readonly #memory: MemoryAccount
  readonly #claimed = new Set<ChunkRun>()
  #heldBytes = 0

  constructor(memory: MemoryAccount) {
    this.#memory = memory
    this.allocator = memory.allocator
    this.runs = memory.runs
  }

  get freeBytes(): number {
    return this.#memory.freeBytes ?? Number.POSITIVE_INFINITY
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  createArena(): ChunkArena {
    return new ChunkArena(this)
  }

  /** @throws EXCEEDED_LOCAL_MEMORY_LIMIT */
  claim(byteLength: number): ChunkRun {
    const run = this.#memory.claim(byteLength)
    this.#claimed.add(run)
    this.#heldBytes += run.byteLength
    return run
  }

  /** Runs that went with the scope are not released again. */
  release(run: ChunkRun): void {
    if (!this.#claimed.delete(run)) return
    this.#heldBytes -= run.byteLength
    this.#memory.release(run)
  }

  close(): void {
    for (const run of this.#claimed) this.#memory.release(run)
    this.#claimed.clear()
    this.#heldBytes = 0
  }
}

/** A bump allocator over chunks of a query; O(1) an allocation, reset keeps the chunks, but those that are lent. */
export class ChunkArena implements Arena {
  readonly #account: MemoryAccount
  readonly #memory: WebAssembly.Memory
  #runs: ChunkRun[] = []
  /** Those that were lent at the last reset: pages of others lie in them. */
  #lent: ChunkRun[] = []
  #current = -1
  #next = 0
  #end = 0
  #heldBytes = 0
  /** A run grows with what the arena holds beside what is lent, or held so before it was. */
  #growthBytes = 0

  constructor(account: MemoryAccount) {
    this.#account = account
    this.#memory = account.allocator.memory
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Bytes allocated since the last reset, and those left over between them. */
  get usedBytes(): number {
    const before = this.#runs.slice(0, Math.max(0, this.#current))
    return before.reduce(
      (sum, run) => sum + run.byteLength,
      this.#next - (this.#runs[this.#current]?.offset ?? 0),
    )
  }

  allocate(byteLength: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.allocateAddress(byteLength), byteLength)
  }

  /** As {@link allocate}, giving the address. */
  allocateAddress(byteLength: number): number {
    assert(byteLength >= 0)
    const size = Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT
    if (this.#next + size > this.#end) this.#advance(size)
    const address = this.#next
    this.#next += size
    return address
  }

  #advance(size: number): void {
    while (this.#current + 1 < this.#runs.length) {
      this.#current += 1
      const run = this.#runs[this.#current]!
      if (run.byteLength >= size) {
        this.#next = run.offset
        this.#end = run.offset + run.byteLength
        return
      }
    }
    const { freeBytes = Number.POSITIVE_INFINITY } = this.#account
    const ahead = Math.min(LARGEST_RUN_BYTES, this.#growthBytes, freeBytes * RUN_PART_OF_FREE)
    // Of a run in which no second of this size would find room the rest might never be used.
    const run = this.#account.claim(2 * size > ahead ? size : ahead)
    this.#runs.push(run)
    this.#current = this.#runs.length - 1
    this.#heldBytes += run.byteLength
    this.#growthBytes = Math.max(this.#growthBytes, bytesOf(this.#runs))
    this.#next = run.offset
    this.#end = run.offset + run.byteLength
  }

  reset(): void {
    const { runs } = this.#account
    if (runs.lentBytes > 0 || this.#lent.length > 0) this.#setLentAside(runs)
    this.#current = -1
    this.#next = 0
    this.#end = 0
  }

  #setLentAside(runs: LentRuns): void {
    const all = [...this.#runs, ...this.#lent]
    this.#runs = all.filter((run) => !runs.isLent(run))
    this.#lent = all.filter((run) => runs.isLent(run))
  }

  /** Leaves the memory to whoever is given the runs: the arena has nothing any more. */
  detach(): readonly ChunkRun[] {
    const runs = [...this.#runs, ...this.#lent]
    this.#forget()
    return runs
  }

  close(): void {
    for (const run of this.detach()) this.#account.release(run)
  }

  #forget(): void {
    this.#runs = []
    this.#lent = []
    this.#heldBytes = 0
    this.#growthBytes = 0
    this.reset()
  }
}

const bytesOf = (runs: readonly ChunkRun[]): number =>
  runs.reduce((sum, run) => sum + run.byteLength, 0)

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${Number.isInteger(value) ? value : value.toFixed(2)}${units[unit]}`
}
