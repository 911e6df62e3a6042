import type { SharedMemory } from '../../dataflow/memory/shared-memory.js'
import type { CatalogDescriptor } from '../../dataflow/threads/messages.js'

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly shared: SharedMemory
  readonly version: string
  readonly nodeId: string
  readonly memoryLimitBytes: number
  /** Plugins by package name or URL; those that a program made stay in its thread. */
  readonly plugins: readonly string[]
  readonly catalogs: readonly CatalogDescriptor[]
  /** Segments of stored pages beyond the shared memory. */
  readonly segments: readonly SharedArrayBuffer[]
}
