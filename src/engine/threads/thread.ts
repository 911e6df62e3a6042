import { ChunkArena } from '../../dataflow/memory/query-memory.js'
import type { ChunkAllocator } from '../../dataflow/memory/shared-memory.js'
import type { TaskDescriptor } from '../../dataflow/task/task-descriptor.js'
import type { ThreadEnvironment } from '../../dataflow/thread-environment.js'
import type { Turns } from '../../dataflow/turns.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import {
  type Arena,
  type Connector,
  type ConnectorSession,
  MillraceError,
} from '../../spi/index.js'
import { createConnectorSession } from '../catalog/connector-session.js'

/** What a thread of the engine runs queries with. */
export function createThreadEnvironment(options: {
  readonly threadName: string
  readonly allocator: ChunkAllocator
  readonly registry: FunctionRegistry
  readonly turns: Turns
  readonly connector: (catalog: string) => Connector | Promise<Connector>
  /** The session that the calling thread has for a query and catalog; absent in worker threads. */
  readonly knownSession?: (queryId: string, catalog: string) => ConnectorSession | undefined
}): ThreadEnvironment {
  return {
    threadName: options.threadName,
    allocator: options.allocator,
    registry: options.registry,
    turns: options.turns,
    connector: options.connector,
    connectorSession: (task, catalog, signal) =>
      options.knownSession?.(task.queryId, catalog) ?? taskSession(task, catalog, signal),
  }
}

/** A query's session made again from what travelled with its task. */
function taskSession(task: TaskDescriptor, catalog: string, signal: AbortSignal): ConnectorSession {
  const { session } = task
  return createConnectorSession({
    queryId: task.queryId,
    user: session.user,
    timeZone: session.timeZone,
    locale: session.locale,
    startMillis: Number(session.startPicos / 1_000_000_000n),
    signal,
    properties: new Map(Object.entries(task.catalogProperties[catalog] ?? {})),
  })
}

/**
 * Memory for the pages of connectors' page sources, which the engine's limit counts and no query's does.
 * @param owner of its chunks: those of a thread that dies are freed
 */
export function connectorArena(allocator: ChunkAllocator, owner: number): Arena {
  const { connectorRuns } = allocator
  return new ChunkArena({
    allocator,
    runs: connectorRuns,
    claim(byteLength) {
      const run = allocator.claim(byteLength, owner)
      if (run !== undefined) {
        connectorRuns.claimed(run)
        return run
      }
      throw new MillraceError(
        'EXCEEDED_LOCAL_MEMORY_LIMIT',
        `Engine exceeded its memory limit of ${allocator.limitBytes} bytes reading from a connector`,
        { detail: `${byteLength} bytes more` },
      )
    },
    release: (run) => connectorRuns.release(run),
  })
}
