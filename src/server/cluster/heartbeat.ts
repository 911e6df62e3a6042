import { Worker } from 'node:worker_threads'
import type { NodeIdentity } from '../../exchange/protocol/handshake.js'

/** Where the heartbeat threads of workers connect. */
export const HEARTBEAT_PATH = '/v1/heartbeat'

export interface HeartbeatStart {
  readonly node: NodeIdentity
  readonly url: string
  readonly intervalMillis: number
  /** After this long without an answer the connection is made anew. */
  readonly silentMillis: number
}

/**
 * Starts a thread that tells the coordinator that the process lives: its main thread may be busy for longer than a node may be
 * silent, while a process that hangs or is stopped has no thread that runs. @returns what stops it
 */
export function startHeartbeat(start: HeartbeatStart): () => void {
  const thread = new Worker(new URL('./heartbeat-entry.js', import.meta.url), {
    workerData: start,
    name: 'heartbeat',
  })
  thread.unref()
  // Without it the node lives on by what its main thread says.
  thread.on('error', (error) => process.emitWarning(error))
  return () => void thread.terminate()
}
