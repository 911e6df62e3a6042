import {
  assert,
  CarrierPageSource,
  type Connector,
  type ConnectorContext,
  type ConnectorFactory,
  choiceConfig,
  choiceProperty,
  columnDomainOf,
  domainIncludes,
  fixedSplitSource,
  integerConfig,
  integerProperty,
  type Procedure,
  parseConfig,
  rowReader,
  stringListProperty,
  stringProperty,
  VARCHAR,
} from '../../spi/index.js'
import { referenceAccessControl } from './access-control.js'
import type { ReferenceSplit, ReferenceTypes, Relation } from './handles.js'
import { referencePushdown } from './pushdown.js'
import { type Metadata, partitionColumns, readMetadata } from './read-metadata.js'
import { baseTable, isSplittable, rowsOf } from './relation-rows.js'
import { roleManagement } from './role-management.js'
import { type CatalogState, changeTable, ReferenceCatalog, storedTable } from './state.js'
import { functionProvider, functionSplits, tableFunctions } from './table-functions.js'
import { tableManagement } from './table-management.js'
import { materializedViewManagement, schemaManagement, viewManagement } from './view-management.js'
import { writeMetadata } from './write-metadata.js'
import { ReferenceWrites } from './writes.js'

const CONFIG = {
  'reference.rows-per-split': integerConfig({
    description: 'Rows that a split reads at most',
    default: '50',
    min: '1',
  }),
  'reference.security': choiceConfig(['allow-all', 'sql-standard'], {
    description: 'Whether owners, grants and roles decide who may do what',
    default: 'allow-all',
  }),
}

/**
 * A connector that implements the whole contract over arrays of rows, each method in its plainest form: what statements do to a
 * connector is tested on it, and it is there to be read. Transactions see a snapshot; every pushdown is taken.
 */
export const referenceConnectorFactory: ConnectorFactory = {
  name: 'reference',
  create(catalogName, properties, context) {
    const config = parseConfig(CONFIG, properties)
    const catalog = new ReferenceCatalog()
    const connector = referenceConnector(
      catalogName,
      catalog,
      config['reference.rows-per-split'],
      context,
    )
    return config['reference.security'] === 'allow-all'
      ? connector
      : { ...connector, getAccessControl: () => referenceAccessControl(catalog) }
  },
}

function referenceConnector(
  catalogName: string,
  catalog: ReferenceCatalog,
  rowsPerSplit: number,
  context: ConnectorContext,
): Connector<ReferenceTypes> {
  const writes = new ReferenceWrites()
  return {
    threadBound: true,
    threadBoundWrites: true,
    beginTransaction: () => catalog.begin(),
    commit(transaction) {
      writes.endTransaction(transaction)
      catalog.commit(transaction)
    },
    rollback(transaction) {
      writes.endTransaction(transaction)
      catalog.rollback(transaction)
    },
    getMetadata(_session, transaction): Metadata {
      const state = catalog.stateOf(transaction)
      return {
        ...readMetadata(state),
        ...schemaManagement(state),
        ...tableManagement(state),
        ...viewManagement(state),
        ...materializedViewManagement(state, catalogName, context, writes, transaction),
        ...roleManagement(state),
        ...writeMetadata(state, writes, transaction),
        ...referencePushdown(state),
      }
    },
    getSplitManager: () => ({
      getSplits: (transaction, _session, { relation }) =>
        fixedSplitSource(splitsOf(relation, catalog.stateOf(transaction), rowsPerSplit)),
      getTableFunctionSplits: (_transaction, _session, call) =>
        fixedSplitSource(functionSplits(call, rowsPerSplit)),
    }),
    getPageSourceProvider: () => ({
      createPageSource(transaction, _session, split, { relation }, columns) {
        const { columns: all, rows } = rowsOf(relation, catalog.stateOf(transaction), split)
        return new CarrierPageSource(
          rowReader(rows),
          columns.map(({ name, type }) => {
            const index = all.findIndex((column) => column.name === name)
            assert(index >= 0, `a column of the relation: ${name}`)
            return { index, type }
          }),
        )
      },
    }),
    getPageSinkProvider: () => ({
      createPageSink: (_transaction, _session, handle) => writes.sink(handle),
      createInsertPageSink: (_transaction, _session, handle) => writes.sink(handle),
      createMergeSink: (_transaction, _session, handle) => writes.mergeSink(handle),
    }),
    getProcedures: () => [resetProcedure(catalog)],
    getTableProcedures: () => [
      {
        name: 'keep',
        executionMode: 'coordinatorOnly',
        properties: [integerProperty('rows', 'How many rows stay', 0)],
      },
    ],
    getTableFunctions: () => tableFunctions,
    getFunctionProvider: () => functionProvider,
    getSchemaProperties: () => [stringProperty('location', 'Kept and shown')],
    getTableProperties: () => [
      stringListProperty('partitioned_by', 'Columns whose values decide the split of a row'),
      choiceProperty(
        'row_change_paradigm',
        'How updates come to the merge sinks',
        ['DELETE_ROW_AND_INSERT_ROW', 'CHANGE_ONLY_UPDATED_COLUMNS'],
        'DELETE_ROW_AND_INSERT_ROW',
      ),
      stringProperty('redirected_to', 'catalog.schema.table that is read instead'),
    ],
    getMaterializedViewProperties: () => [stringProperty('note', 'Kept and shown')],
    getAnalyzeProperties: () => [
      stringListProperty('columns', 'Columns to analyze; all by default'),
    ],
    getSessionProperties: () => [integerProperty('unused', 'There to be set', 1)],
    getCapabilities: () => [
      'NOT_NULL_COLUMN_CONSTRAINT',
      'DEFAULT_COLUMN_VALUE',
      'MATERIALIZED_VIEW_GRACE_PERIOD',
    ],
    shutdown() {
      assert(catalog.openCount === 0, 'no transaction at shutdown')
      assert(writes.openCount === 0, 'no write at shutdown')
    },
  }
}

/** Parts of a table's rows, without those of partitions that a filter leaves nothing of; or all of a relation. */
function splitsOf(
  relation: Relation,
  state: CatalogState,
  rowsPerSplit: number,
): readonly ReferenceSplit[] {
  const base = baseTable(relation)
  if (base === undefined || !isSplittable(relation)) return [{}]
  const { rows } = storedTable(state, base)
  const isNeeded = partitionFilter(relation, state)
  const splits: ReferenceSplit[] = []
  for (let from = 0; from < rows.length; from += rowsPerSplit) {
    const part = rows.slice(from, from + rowsPerSplit)
    if (!part.some((row) => isNeeded(row.values))) continue
    splits.push({ from, to: from + part.length, estimatedRows: part.length })
  }
  return splits
}

function partitionFilter(
  relation: Relation,
  state: CatalogState,
): (values: readonly ReferenceRowValue[]) => boolean {
  const base = baseTable(relation)!
  if (relation.kind !== 'filter' || relation.source.kind !== 'table') return () => true
  const table = storedTable(state, base)
  const domains = partitionColumns(table).flatMap((column) => {
    const domain = columnDomainOf(relation.domain, column)
    const at = table.columns.findIndex(({ name }) => name === column.name)
    return domain === undefined ? [] : [{ at, domain }]
  })
  return (values) => domains.every(({ at, domain }) => domainIncludes(domain, values[at]!))
}
type ReferenceRowValue = Parameters<typeof domainIncludes>[1]

/** CALL reference.system.reset(schema_name, table_name): the table has no rows. */
const resetProcedure = (catalog: ReferenceCatalog): Procedure<number> => ({
  schema: 'system',
  name: 'reset',
  args: [
    { name: 'schema_name', type: VARCHAR },
    { name: 'table_name', type: VARCHAR },
  ],
  call(_session, transaction, [schema, table]) {
    changeTable(
      catalog.stateOf(transaction),
      { schema: String(schema), table: String(table) },
      () => ({ rows: [] }),
    )
  },
})
