import {
  type Connector,
  type ConnectorContext,
  type ConnectorFactory,
  parseConfig,
  type SystemTable,
  systemTableConnector,
} from '../../spi/index.js'
import { eventLoopTable } from './event-loop.js'
import { garbageCollectionTable } from './garbage-collection.js'
import { memoryPoolTable, memoryTable, poolTable, processTable } from './process-tables.js'

/** A live table and what stops the measuring behind it. */
export interface LiveTable {
  readonly table: SystemTable
  close(): void
}

/**
 * The connector of that name shows the process that runs the engine as Trino's shows the JVM: schema `current`, a
 * table a subject, values as of the scan.
 * @source Trino's JMX connector, for its name, schema and node column
 */
export const jmxConnectorFactory: ConnectorFactory = {
  name: 'jmx',
  properties: {},
  create(_catalogName, properties, context) {
    parseConfig({}, properties)
    return createConnector(context)
  },
}

function createConnector(context: ConnectorContext): Connector {
  const live = [eventLoopTable(context.nodeId), garbageCollectionTable(context.nodeId)]
  const connector = systemTableConnector([
    memoryTable(context.nodeId),
    memoryPoolTable(context.nodeId),
    poolTable(context),
    processTable(context.nodeId),
    ...live.map(({ table }) => table),
  ])
  return {
    ...connector,
    shutdown() {
      for (const { close } of live) close()
    },
  }
}
