import {
  type BigIntStats,
  closeSync,
  type Dirent,
  fstatSync,
  openSync,
  close as pooledClose,
  fstat as pooledFstat,
  open as pooledOpen,
  read as pooledRead,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import {
  readdir as pooledReaddir,
  realpath as pooledRealpath,
  stat as pooledStat,
} from 'node:fs/promises'
import { promisify } from 'node:util'

/** A call that takes longer has waited for a disk or a network. */
const SLOW_MILLIS = 2
/** So many slow calls in a row end calls that are made directly, for so many. */
const SLOW_CALLS_MAX = 2
const POOLED_CALLS = 64
/** What direct calls take of one pass of the event loop, after which they go to the pool, which gives the loop its pass. */
const PASS_MILLIS = 2
/** Read by one direct call. */
const DIRECT_BYTES = 1 << 20

/**
 * Whether calls are made directly. What lies in the system's cache is there in microseconds, while the way by the thread pool takes
 * a hundred where processors are idle, and milliseconds where they are busy; a disk that must be waited for would hold up the thread.
 */
export class CallPace {
  #slowCalls = 0
  #pooledCalls = 0
  #passMillis = 0
  #isPassing = false

  /** Whether calls are made directly, but for what one pass of the event loop has no time for. */
  get isQuick(): boolean {
    return this.#pooledCalls === 0
  }

  /** Whether the next call is a direct one; called once for each call. */
  isDirect(): boolean {
    if (this.#pooledCalls > 0) {
      this.#pooledCalls--
      return false
    }
    return this.#passMillis < PASS_MILLIS
  }

  /** Notes how long a direct call took. */
  note(millis: number): void {
    this.#passMillis += millis
    if (!this.#isPassing) {
      this.#isPassing = true
      setImmediate(() => {
        this.#isPassing = false
        this.#passMillis = 0
      })
    }
    this.#slowCalls = millis > SLOW_MILLIS ? this.#slowCalls + 1 : 0
    if (this.#slowCalls < SLOW_CALLS_MAX) return
    this.#slowCalls = 0
    this.#pooledCalls = POOLED_CALLS
  }
}

/** Of this thread. */
const pace = new CallPace()

function timed<T>(direct: () => T): T {
  const start = performance.now()
  try {
    return direct()
  } finally {
    pace.note(performance.now() - start)
  }
}

const call = async <T>(direct: () => T, pooled: () => Promise<T>): Promise<T> =>
  pace.isDirect() ? timed(direct) : pooled()

/** Whether the system's cache answers by now, so that calls are made directly. */
export const callsAreQuick = (): boolean => pace.isQuick

const openPooled = promisify(pooledOpen)
const fstatPooled = promisify(pooledFstat)
const readPooled = promisify(pooledRead)
const closePooled = promisify(pooledClose)

/** Opens a file for reading; gives its descriptor. */
export const openToRead = (path: string): Promise<number> =>
  call(
    () => openSync(path, 'r'),
    () => openPooled(path, 'r'),
  )

export const descriptorStatus = (descriptor: number): Promise<Stats> =>
  call(
    () => fstatSync(descriptor),
    () => fstatPooled(descriptor),
  )

const readDirect = (descriptor: number, target: Uint8Array, offset: number): number =>
  readSync(descriptor, target, 0, Math.min(target.length, DIRECT_BYTES), offset)

/** As {@link readAt}, at once; undefined where another thread has to do it. */
export const readNow = (
  descriptor: number,
  target: Uint8Array,
  offset: number,
): number | undefined =>
  pace.isQuick && pace.isDirect() ? timed(() => readDirect(descriptor, target, offset)) : undefined

/** Reads bytes of a place into `target`; gives how many, which may be fewer than there are. */
export const readAt = (descriptor: number, target: Uint8Array, offset: number): Promise<number> =>
  call(
    () => readDirect(descriptor, target, offset),
    async () => (await readPooled(descriptor, target, 0, target.length, offset)).bytesRead,
  )

export const closeDescriptor = (descriptor: number): Promise<void> =>
  call(
    () => closeSync(descriptor),
    () => closePooled(descriptor),
  )

export const statusOf = (path: string): Promise<Stats> =>
  call(
    () => statSync(path),
    () => pooledStat(path),
  )

/** With times in nanoseconds. */
export const exactStatusOf = (path: string): Promise<BigIntStats> =>
  call(
    () => statSync(path, { bigint: true }),
    () => pooledStat(path, { bigint: true }),
  )

/** A path with symbolic links resolved. */
export const realPathOf = (path: string): Promise<string> =>
  call(
    () => realpathSync.native(path),
    () => pooledRealpath(path),
  )

export const entriesIn = (folder: string): Promise<Dirent[]> =>
  call(
    () => readdirSync(folder, { withFileTypes: true }),
    () => pooledReaddir(folder, { withFileTypes: true }),
  )
