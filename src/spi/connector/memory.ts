import type { Page } from '../page/page.js'
import type { SqlType } from '../type/type.js'

/**
 * Where the buffers of blocks come from. Every buffer is 16-byte aligned and, for the engine's own allocators, lies
 * in the shared WebAssembly memory, so that kernels can read it.
 */
export interface Arena {
  /**
   * Allocates `byteLength` bytes, not zeroed, valid until the next {@link reset} or {@link close}.
   * @throws EXCEEDED_LOCAL_MEMORY_LIMIT where the query's or the engine's limit does not allow it.
   */
  allocate(byteLength: number): Uint8Array
  /** Gives back all that was allocated since the last reset, keeping the memory for the next use. */
  reset(): void
  /** Gives the memory back. */
  close(): void
}

/** An arena over garbage-collected memory: what connectors and tests use where no engine arena is at hand. */
export function heapArena(): Arena {
  return {
    allocate: (byteLength) => new Uint8Array(new ArrayBuffer(byteLength)),
    reset() {},
    close() {},
  }
}

/** A page in long-lived shared memory, as a plain value that any thread of the node can load. */
export interface StoredPage {
  readonly segment: number
  readonly offset: number
  readonly rowCount: number
  readonly byteLength: number
}

/** Long-lived pages shared by all threads of a node: what the memory connector keeps its tables in. */
export interface PageStore {
  /** Copies a page (in the encodings and widths it has; a dictionary with an id once). O(bytes). */
  store(page: Page): StoredPage
  /** The given channels of a stored page, without copying; types[i] is the type of channels[i]. */
  load(stored: StoredPage, channels: readonly number[], types: readonly SqlType[]): Page
  release(stored: StoredPage): void
}
