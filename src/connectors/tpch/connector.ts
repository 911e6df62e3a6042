import type { Connector, ConnectorContext, ConnectorFactory } from '../../spi/index.js'
import { BlockMaker } from './blocks.js'
import type { TpchConfig } from './config.js'
import { parseTpchConfig } from './config.js'
import { Scratch } from './generator/column.js'
import type { TextPool } from './generator/text-pool.js'
import { createTextPool, TEXT_POOL_BUFFER_BYTES } from './generator/text-pool.js'
import type { TpchTypes } from './handles.js'
import { tpchMetadata } from './metadata.js'
import { PageSizes } from './page-sizes.js'
import { TpchPageSource } from './page-source.js'
import { tpchSplitManager } from './split-manager.js'

/**
 * The tpch connector: TPC-H's tables at any scale factor, generated as they are read, value for value those of
 * Trino's.
 */
export const tpchConnectorFactory: ConnectorFactory = {
  name: 'tpch',
  create: (_catalogName, properties, context) =>
    createConnector(parseTpchConfig(properties), context),
}

function createConnector(config: TpchConfig, context: ConnectorContext): Connector<TpchTypes> {
  const metadata = tpchMetadata(config)
  const splitManager = tpchSplitManager(config)
  const dictionaryArena = context.createArena()
  const blockMaker = new BlockMaker((byteLength) => dictionaryArena.allocate(byteLength))
  const scratch = new Scratch()
  const pageSizes = new PageSizes()
  return {
    getMetadata: () => metadata,
    getSplitManager: () => splitManager,
    getPageSourceProvider: () => ({
      async createPageSource(_transaction, _session, split, table, columns, dynamicFilter) {
        const hasText = columns.some((column) => column.field === 'comment')
        const textPool = hasText ? await textPoolOf(context) : undefined
        return new TpchPageSource({
          table,
          split,
          columns,
          dynamicFilter,
          rowsPerPageMax: config.rowsPerPageMax,
          pageSizes,
          arena: context.createArena(),
          blockMaker,
          // A page is generated in one go, so that all sources of the thread can use the same.
          generation: { scratch, textPool },
        })
      },
    }),
    shutdown: () => dictionaryArena.close(),
  }
}

let threadTextPool: TextPool | undefined

/** The text pool of all catalogs of the thread and, where the engine shares memory, of all threads of the node. */
async function textPoolOf(context: ConnectorContext): Promise<TextPool> {
  if (threadTextPool === undefined) {
    const buffer = await context.sharedBuffer?.('tpch.text', TEXT_POOL_BUFFER_BYTES)
    threadTextPool ??= createTextPool(buffer)
  }
  return threadTextPool
}
