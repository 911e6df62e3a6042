import { CHUNK_BYTES, type ChunkRun } from './shared-memory.js'

interface Loan {
  pages: number
  /** Its owner has given the run back meanwhile. */
  isReleased: boolean
}

/**
 * Runs of chunks of an account in one thread, and which of them pages lie in that other threads read: those are neither used again nor
 * freed until the last of these pages was given back.
 */
export class LentRuns {
  readonly #free: (run: ChunkRun) => void
  readonly #runOfChunk = new Map<number, ChunkRun>()
  readonly #loans = new Map<ChunkRun, Loan>()
  #lentBytes = 0

  constructor(free: (run: ChunkRun) => void) {
    this.#free = free
  }

  get lentBytes(): number {
    return this.#lentBytes
  }

  isLent(run: ChunkRun): boolean {
    return this.#loans.has(run)
  }

  claimed(run: ChunkRun): void {
    this.#forEachChunk(run, (chunk) => this.#runOfChunk.set(chunk, run))
  }

  /** Frees a run, once no page lies in it. */
  release(run: ChunkRun): void {
    const loan = this.#loans.get(run)
    if (loan === undefined) this.#freeNow(run)
    else loan.isReleased = true
  }

  /** The run of the account that an address lies in; undefined: it is another's. O(1). */
  runAt(address: number): ChunkRun | undefined {
    return this.#runOfChunk.get(Math.floor(address / CHUNK_BYTES))
  }

  /** A page that lies in a run is handed on. */
  lend(run: ChunkRun): void {
    const loan = this.#loans.get(run)
    if (loan !== undefined) {
      loan.pages += 1
      return
    }
    this.#loans.set(run, { pages: 1, isReleased: false })
    this.#lentBytes += run.byteLength
  }

  /** A page that lies in a run is read no more. */
  giveBack(run: ChunkRun): void {
    const loan = this.#loans.get(run)!
    loan.pages -= 1
    if (loan.pages > 0) return
    this.#loans.delete(run)
    this.#lentBytes -= run.byteLength
    if (loan.isReleased) this.#freeNow(run)
  }

  #freeNow(run: ChunkRun): void {
    this.#forEachChunk(run, (chunk) => this.#runOfChunk.delete(chunk))
    this.#free(run)
  }

  #forEachChunk({ offset, byteLength }: ChunkRun, action: (chunk: number) => void): void {
    const end = (offset + byteLength) / CHUNK_BYTES
    for (let chunk = offset / CHUNK_BYTES; chunk < end; chunk++) action(chunk)
  }
}
