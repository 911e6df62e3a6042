import {
  type Connector,
  MillraceError,
  type Procedure,
  parseConfig,
  type SystemInformation,
  systemTableConnector,
  VARCHAR,
} from '../../spi/index.js'
import { jdbcTables } from './jdbc-tables.js'
import { metadataTables } from './metadata-tables.js'
import { runtimeTables } from './runtime-tables.js'

/**
 * The system connector: what the engine knows of itself, over what it tells through {@link SystemInformation}.
 * @source Trino GlobalSystemConnector
 */
export function createSystemConnector(
  information: SystemInformation,
  properties: Readonly<Record<string, string>> = {},
): Connector {
  parseConfig({}, properties)
  return systemTableConnector(
    [...runtimeTables(information), ...metadataTables(information), ...jdbcTables(information)],
    [killQuery(information)],
  )
}

/** @source Trino KillQueryProcedure */
const killQuery = (information: SystemInformation): Procedure => ({
  schema: 'runtime',
  name: 'kill_query',
  args: [
    { name: 'QUERY_ID', type: VARCHAR },
    { name: 'MESSAGE', type: VARCHAR, required: false },
  ],
  call(session, _transaction, [queryId, message]) {
    if (typeof queryId !== 'string') {
      throw new MillraceError('INVALID_PROCEDURE_ARGUMENT', 'Query id cannot be null')
    }
    return information.killQuery(session, queryId, typeof message === 'string' ? message : null)
  },
})
