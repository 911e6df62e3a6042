import { AccountScope, ChunkArena, type MemoryAccount, type QueryMemory } from './query-memory.js'
import { CHUNK_BYTES, type ChunkRun } from './shared-memory.js'

/**
 * An operator's part of a query's memory. What it claims is drawn from what it has reserved before, in which no other operator
 * can come before it, whatever thread that runs in.
 * @source Trino LocalMemoryContext, OperatorContext.awaitMemoryRevoking; Velox MemoryPool::maybeReserve
 */
export class OperatorAccount implements MemoryAccount {
  readonly #memory: QueryMemory
  #reservedChunks = 0

  constructor(memory: QueryMemory) {
    this.#memory = memory
  }

  get allocator(): MemoryAccount['allocator'] {
    return this.#memory.allocator
  }

  get runs(): MemoryAccount['runs'] {
    return this.#memory.runs
  }

  /** What the operator may still claim: what nobody has reserved, and its own. */
  get freeBytes(): number {
    return this.#memory.freeBytes + this.#reservedChunks * CHUNK_BYTES
  }

  /**
   * Has just so many bytes reserved from here on, beyond what was claimed already; 0 gives all back.
   * @returns false where they are not free: then what was reserved stays
   */
  reserve(byteLength: number): boolean {
    const chunks = Math.ceil(byteLength / CHUNK_BYTES)
    const missing = chunks - this.#reservedChunks
    if (missing > 0 && !this.#memory.reserve(missing)) return false
    if (missing < 0) this.#memory.unreserve(-missing)
    this.#reservedChunks = chunks
    return true
  }

  /** @throws EXCEEDED_LOCAL_MEMORY_LIMIT */
  claim(byteLength: number): ChunkRun {
    const run = this.#memory.claim(byteLength)
    const drawn = Math.min(run.byteLength / CHUNK_BYTES, this.#reservedChunks)
    if (drawn > 0) this.#memory.unreserve(drawn)
    this.#reservedChunks -= drawn
    return run
  }

  release(run: ChunkRun): void {
    this.#memory.release(run)
  }

  createArena(): ChunkArena {
    return new ChunkArena(this)
  }

  createScope(): AccountScope {
    return new AccountScope(this)
  }
}
