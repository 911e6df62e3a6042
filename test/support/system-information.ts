import {
  BIGINT,
  type ColumnMetadata,
  integerProperty,
  type RelationColumns,
  type RelationDescription,
  type SchemaTablePrefix,
  type SystemInformation,
  typeName,
  VARCHAR,
} from '../../src/spi/index.js'

interface FakeTable extends RelationDescription {
  readonly catalog: string
  readonly columns: readonly ColumnMetadata[]
  readonly comment?: string
  readonly sql?: string
}

const ID: ColumnMetadata = { name: 'id', type: BIGINT, nullable: false }
const NAME: ColumnMetadata = { name: 'name', type: VARCHAR, comment: 'a name' }
const HIDDEN: ColumnMetadata = { name: '$row', type: BIGINT, hidden: true }

export const FAKE_TABLES: readonly FakeTable[] = [
  {
    catalog: 'a',
    schema: 's',
    table: 't',
    type: 'TABLE',
    columns: [ID, HIDDEN, NAME],
    comment: 'tee',
  },
  { catalog: 'a', schema: 's', table: 'v', type: 'VIEW', columns: [ID], sql: 'SELECT 1 id' },
  {
    catalog: 'a',
    schema: 'r',
    table: 'm',
    type: 'MATERIALIZED_VIEW',
    columns: [NAME],
    sql: 'SELECT name',
  },
  { catalog: 'b', schema: 's', table: 't', type: 'TABLE', columns: [NAME] },
]

/** An engine of two catalogs, that remembers which listings it was asked for. */
export function fakeInformation(): SystemInformation & {
  readonly asked: string[]
  readonly killed: (readonly [string, string | null])[]
} {
  const asked: string[] = []
  const killed: (readonly [string, string | null])[] = []
  const matching = (catalog: string, { schema, table }: SchemaTablePrefix): FakeTable[] => {
    asked.push([catalog, schema ?? '*', table ?? '*'].join('.'))
    return FAKE_TABLES.filter(
      (t) =>
        t.catalog === catalog &&
        (schema === undefined || t.schema === schema) &&
        (table === undefined || t.table === table),
    )
  }
  return {
    asked,
    killed,
    listCatalogs: () => [
      { name: 'a', connectorName: 'memory' },
      { name: 'b', connectorName: 'tpch' },
    ],
    listSchemas: (_session, catalog) => (catalog === 'a' ? ['r', 's'] : ['s']),
    listRelations: async (_session, catalog, prefix) => matching(catalog, prefix),
    async *listColumns(_session, catalog, prefix): AsyncGenerator<RelationColumns> {
      for (const { schema, table, columns } of matching(catalog, prefix)) {
        yield { table: { schema, table }, columns }
      }
    },
    listViews: (_session, catalog, prefix) =>
      matching(catalog, prefix).flatMap((t) =>
        t.type === 'VIEW' ? [{ schema: t.schema, table: t.table, originalSql: t.sql! }] : [],
      ),
    listMaterializedViews: (_session, catalog, prefix) =>
      matching(catalog, prefix).flatMap((t) =>
        t.type === 'MATERIALIZED_VIEW'
          ? [
              {
                schema: t.schema,
                table: t.table,
                originalSql: t.sql!,
                freshness: 'FRESH',
                lastFreshMillis: 1000,
              } as const,
            ]
          : [],
      ),
    listComments: (_session, catalog, prefix) => matching(catalog, prefix),
    listRoles: () => ['admin'],
    listEnabledRoles: () => ['admin', 'reader'],
    listApplicableRoles: () => [
      { grantee: { type: 'USER', name: 'alice' }, role: 'admin', grantable: true },
    ],
    listTablePrivileges: (_session, catalog, prefix) =>
      matching(catalog, prefix).map(({ schema, table }) => ({
        table: { schema, table },
        grantee: { type: 'ROLE', name: 'reader' },
        privilege: 'SELECT',
        grantOption: false,
      })),
    displayType: typeName,
    listNodes: () => [
      {
        nodeId: 'n1',
        httpUri: 'http://127.0.0.1:8080',
        version: '1',
        coordinator: true,
        state: 'active',
      },
    ],
    listQueries: () => [
      {
        queryId: 'q1',
        state: 'RUNNING',
        user: 'alice',
        query: 'SELECT 1',
        resourceGroupId: ['global'],
        createdMillis: 1500,
        queuedTimeMillis: 1.4,
      },
      {
        queryId: 'q2',
        state: 'FAILED',
        user: 'bob',
        source: 'cli',
        query: 'x',
        errorType: 'USER_ERROR',
        errorCode: 'SYNTAX_ERROR',
        endMillis: 2000,
      },
    ],
    listTasks: () => [
      {
        nodeId: 'n1',
        taskId: 'q1.0.0',
        stageId: 'q1.0',
        queryId: 'q1',
        state: 'RUNNING',
        splits: 4,
        queuedSplits: 1,
        runningSplits: 2,
        completedSplits: 1,
        outputRows: 7,
      },
    ],
    listTransactions: () => [
      {
        transactionId: 'x',
        isolationLevel: 'READ UNCOMMITTED',
        readOnly: false,
        autoCommitContext: true,
        createMillis: 0,
        idleTimeSeconds: 2,
        catalogs: ['a', 'b'],
      },
    ],
    listRuleStatistics: () => [
      { ruleName: 'MergeLimits', invocations: 3, matches: 1, failures: 0, averageTimeMillis: 0.5 },
    ],
    listProperties: (_session, kind) => [
      { catalog: 'b', property: integerProperty(`${kind}_p`, 'second', 7) },
      { catalog: 'a', property: integerProperty(`${kind}_q`, 'first') },
    ],
    async killQuery(_session, queryId, message) {
      killed.push([queryId, message])
    },
  }
}
