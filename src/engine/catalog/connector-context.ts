import { parseType } from '../../expressions/type-signature.js'
import type { Arena, ConnectorContext, PageStore, PoolStatistics } from '../../spi/index.js'

export interface ConnectorContextOptions {
  readonly version: string
  readonly nodeId: string
  readonly isCoordinator: boolean
  readonly pageStore: PageStore
  readonly memoryLimitBytes: number
  readonly createArena: () => Arena
  readonly sharedBuffer?: (
    name: string,
    byteLength: number,
  ) => SharedArrayBuffer | Promise<SharedArrayBuffer>
  readonly pools?: () => readonly PoolStatistics[]
}

/** What the connectors of a thread get. */
export const createConnectorContext = (options: ConnectorContextOptions): ConnectorContext => ({
  ...options,
  getType: parseType,
})
