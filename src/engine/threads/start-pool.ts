import type { ChunkAllocator } from '../../dataflow/memory/shared-memory.js'
import { ThreadPool } from '../../dataflow/threads/pool.js'
import type { ResolvedOptions } from '../engine-options.js'
import { VERSION } from '../version.js'
import { tuneTierUp, UNTOUCHED } from './tier-up.js'
import type { WorkerStart } from './worker-start.js'

/** Buffers that connectors share between threads, made by the first that asks for a name. */
export class SharedBuffers {
  readonly #buffers = new Map<string, SharedArrayBuffer>()

  get(name: string, byteLength: number): SharedArrayBuffer {
    let buffer = this.#buffers.get(name)
    if (buffer === undefined) {
      buffer = new SharedArrayBuffer(byteLength)
      this.#buffers.set(name, buffer)
    }
    return buffer
  }
}

/**
 * Starts the engine's threads in the background; undefined where it has none.
 * @param state what there is when a thread starts; later it is told by messages
 */
export function startPool(
  options: ResolvedOptions,
  state: () => Pick<WorkerStart, 'shared' | 'catalogs' | 'segments'>,
  buffers: SharedBuffers,
  allocator: ChunkAllocator,
): ThreadPool | undefined {
  const use = options.tunesV8 ? tuneTierUp(options.threads > 0) : UNTOUCHED
  if (options.threads === 0) return undefined
  return new ThreadPool({
    threads: options.threads,
    entry: new URL('./worker-entry.js', import.meta.url),
    workerData: (): WorkerStart => ({
      ...state(),
      version: VERSION,
      nodeId: options.nodeId,
      memoryLimitBytes: options.memoryLimitBytes,
      plugins: options.plugins.flatMap((plugin) =>
        typeof plugin === 'string' || plugin instanceof URL ? [String(plugin)] : [],
      ),
    }),
    sharedBuffer: (name, byteLength) => buffers.get(name, byteLength),
    threadDied: (thread) => allocator.releaseThread(thread),
    use,
  })
}
