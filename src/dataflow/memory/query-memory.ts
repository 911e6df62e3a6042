import type { MemoryScope } from '../../operators/operator.js'
import { type Arena, assert, MillraceError } from '../../spi/index.js'
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
    Atomics.store(allocator.control, base + QuerySlot.cancelled, 0)
    Atomics.store(allocator.control, base + QuerySlot.usedChunks, 0)
    Atomics.store(allocator.control, base + QuerySlot.peakChunks, 0)
    Atomics.store(allocator.control, base + QuerySlot.spilledBlocks, 0)
    Atomics.store(allocator.control, base + QuerySlot.writtenBlocks, 0)
    Atomics.store(allocator.control, base + QuerySlot.firstChunk, NO_CHUNK)
    Atomics.store(allocator.control, base + QuerySlot.endChunk, 0)
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

  /** What the query may still claim, by its own limit and the engine's. */
  get freeBytes(): number {
    const own = this.limitBytes - this.usedBytes
    return Math.max(0, Math.min(own, this.allocator.limitBytes - this.allocator.usedBytes))
  }

  /** @throws EXCEEDED_LOCAL_MEMORY_LIMIT */
  claim(byteLength: number): ChunkRun {
    const { control } = this.allocator
    const chunks = Math.max(1, Math.ceil(byteLength / CHUNK_BYTES))
    const used = Atomics.add(control, this.#base + QuerySlot.usedChunks, chunks) + chunks
    if (used <= Atomics.load(control, this.#base + QuerySlot.limitChunks)) {
      const run = this.allocator.claim(byteLength, FIRST_QUERY_OWNER + this.slot)
      if (run !== undefined) {
        if (used > Atomics.load(control, this.#base + QuerySlot.peakChunks)) {
          Atomics.store(control, this.#base + QuerySlot.peakChunks, used)
        }
        this.#widen(run)
        return run
      }
    }
    Atomics.sub(control, this.#base + QuerySlot.usedChunks, chunks)
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
  }

  createArena(): ChunkArena {
    return new ChunkArena(this)
  }

  createScope(): QueryMemoryScope {
    return new QueryMemoryScope(this)
  }
}

/** Stores a value in the place of what other threads store meanwhile, as long as that is to be replaced. */
function replaceWhile(
  words: Int32Array,
  index: number,
  value: number,
  isReplaced: (known: number) => boolean,
): void {
  let known = Atomics.load(words, index)
  while (isReplaced(known)) {
    const found = Atomics.compareExchange(words, index, known, value)
    if (found === known) return
    known = found
  }
}

/** A part of a query's memory in one thread, which is counted and given back as a whole. */
class QueryMemoryScope implements MemoryScope {
  readonly allocator: ChunkAllocator
  readonly #memory: QueryMemory
  readonly #runs = new Set<ChunkRun>()
  #heldBytes = 0

  constructor(memory: QueryMemory) {
    this.#memory = memory
    this.allocator = memory.allocator
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
    this.#runs.add(run)
    this.#heldBytes += run.byteLength
    return run
  }

  /** Runs that went with the scope are not released again. */
  release(run: ChunkRun): void {
    if (!this.#runs.delete(run)) return
    this.#heldBytes -= run.byteLength
    this.#memory.release(run)
  }

  close(): void {
    for (const run of this.#runs) this.#memory.release(run)
    this.#runs.clear()
    this.#heldBytes = 0
  }
}

/** A bump allocator over chunks of a query; O(1) an allocation, reset keeps the chunks. */
export class ChunkArena implements Arena {
  readonly #account: { claim(byteLength: number): ChunkRun; release(run: ChunkRun): void }
  readonly #memory: WebAssembly.Memory
  readonly #runs: ChunkRun[] = []
  #current = -1
  #next = 0
  #end = 0
  #heldBytes = 0

  constructor(account: {
    readonly allocator: { readonly memory: WebAssembly.Memory }
    claim(byteLength: number): ChunkRun
    release(run: ChunkRun): void
  }) {
    this.#account = account
    this.#memory = account.allocator.memory
  }

  get heldBytes(): number {
    return this.#heldBytes
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
    const run = this.#account.claim(
      Math.max(size, Math.min(LARGEST_RUN_BYTES, this.#heldBytes), CHUNK_BYTES),
    )
    this.#runs.push(run)
    this.#current = this.#runs.length - 1
    this.#heldBytes += run.byteLength
    this.#next = run.offset
    this.#end = run.offset + run.byteLength
  }

  reset(): void {
    this.#current = -1
    this.#next = 0
    this.#end = 0
  }

  /** Leaves the memory to whoever is given the runs: the arena has nothing any more. */
  detach(): readonly ChunkRun[] {
    const runs = this.#runs.splice(0)
    this.#heldBytes = 0
    this.reset()
    return runs
  }

  close(): void {
    for (const run of this.#runs) this.#account.release(run)
    this.#runs.length = 0
    this.#heldBytes = 0
    this.reset()
  }
}

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
