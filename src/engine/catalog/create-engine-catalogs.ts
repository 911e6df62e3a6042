import { SharedPageStore } from '../../dataflow/memory/page-store.js'
import type { SegmentPool } from '../../dataflow/memory/segment-pool.js'
import { type ChunkAllocator, STORE_OWNER } from '../../dataflow/memory/shared-memory.js'
import type { ThreadPool } from '../../dataflow/threads/pool.js'
import type { PoolStatistics } from '../../spi/index.js'
import type { ResolvedOptions } from '../engine-options.js'
import type { ClusterMember } from '../execution/cluster.js'
import type { PlanCache } from '../planning/plan-cache.js'
import type { EngineCore } from '../services.js'
import type { SharedBuffers } from '../threads/start-pool.js'
import { connectorArena } from '../threads/thread.js'
import { VERSION } from '../version.js'
import { createCatalogInformation } from './catalog-information.js'
import type { ConnectorFactories } from './catalogs.js'
import { createConnectorContext } from './connector-context.js'
import { EngineCatalogs } from './engine-catalogs.js'
import { createSystemInformation } from './system-information.js'

/** What makes the engine's connectors. */
export function createEngineCatalogs(
  options: ResolvedOptions,
  services: EngineCore,
  parts: {
    readonly factories: ConnectorFactories
    readonly allocator: ChunkAllocator
    readonly segments: SegmentPool
    readonly buffers: SharedBuffers
    readonly pool: ThreadPool | undefined
    readonly member: ClusterMember
    readonly httpUri: () => string
    readonly planCache: PlanCache
  },
): EngineCatalogs {
  const { allocator, buffers, pool } = parts
  const information = createCatalogInformation(
    (queryId) => services.contexts.get(queryId),
    services.parseType,
  )
  const { queries, catalogs } = services
  return new EngineCatalogs({
    catalogs,
    changed() {
      parts.planCache.invalidate()
      parts.member.cluster?.catalogsChanged(catalogs.list().map(({ name }) => name))
    },
    async quiesced() {
      await Promise.all(queries.active().map((run) => run.settled))
      await parts.member.tasks.released()
    },
    factories: parts.factories,
    pool,
    information,
    systemInformation: createSystemInformation({
      ...services,
      catalogInformation: information,
      httpUri: parts.httpUri,
      cluster: () => parts.member.cluster,
    }),
    context: createConnectorContext({
      version: VERSION,
      nodeId: options.nodeId,
      isCoordinator: options.isCoordinator,
      pageStore: new SharedPageStore(allocator, parts.segments, options.tableMemoryBytes),
      memoryLimitBytes: options.memoryLimitBytes,
      createArena: () => connectorArena(allocator, STORE_OWNER),
      sharedBuffer: (name, byteLength) => buffers.get(name, byteLength),
      pools: () => poolStatistics(allocator, pool),
    }),
  })
}

function poolStatistics(
  { usedBytes, limitBytes, segmentBytes }: ChunkAllocator,
  pool: ThreadPool | undefined,
): readonly PoolStatistics[] {
  const bytes = { unit: 'bytes', waiting: 0 } as const
  return [
    {
      name: 'threads',
      unit: 'threads',
      size: pool?.size ?? 0,
      used: pool?.usedCount ?? 0,
      waiting: 0,
    },
    { name: 'shared memory', ...bytes, size: limitBytes, used: usedBytes },
    {
      name: 'table segments',
      ...bytes,
      size: limitBytes + segmentBytes - usedBytes,
      used: segmentBytes,
    },
  ]
}
