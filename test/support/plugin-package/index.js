// A plugin as a package of its own: one table, counter.default.numbers, of `counter.rows` numbers in four splits.
const BIGINT = { kind: 'bigint' }
const COLUMN = { name: 'n', type: BIGINT }
const SPLITS = 4

function create(_catalogName, config) {
  const rows = Number(config['counter.rows'] ?? 100)
  return {
    getMetadata: () => ({
      listSchemaNames: () => ['default'],
      listTables: () => [{ schema: 'default', table: 'numbers' }],
      *streamTableColumns() {
        yield { table: { schema: 'default', table: 'numbers' }, columns: [COLUMN] }
      },
      getTableHandle: (_session, { schema, table }) =>
        schema === 'default' && table === 'numbers' ? { table } : undefined,
      getTableMetadata: () => ({
        table: { schema: 'default', table: 'numbers' },
        columns: [COLUMN],
      }),
      getColumnHandles: () => new Map([['n', COLUMN]]),
      getColumnMetadata: () => COLUMN,
    }),
    getSplitManager: () => ({
      getSplits: () => ({
        getNextBatch: () => ({
          splits: Array.from({ length: SPLITS }, (_, i) => ({
            from: Math.floor((rows * i) / SPLITS),
            to: Math.floor((rows * (i + 1)) / SPLITS),
          })),
          noMoreSplits: true,
        }),
        close() {},
      }),
    }),
    getPageSourceProvider: () => ({
      createPageSource(_transaction, _session, { from, to }, _table, columns) {
        let isRead = false
        return {
          completedBytes: 0,
          readTimeNanos: 0,
          memoryUsage: 0,
          getNextPage() {
            if (isRead) return undefined
            isRead = true
            const rowCount = to - from
            const values = BigInt64Array.from({ length: rowCount }, (_, i) => BigInt(from + i))
            const block = {
              encoding: 'flat',
              storage: 'i64',
              type: BIGINT,
              rowCount,
              validity: null,
              values,
              base: 0,
              factor: 1,
            }
            return { rowCount, blocks: columns.map(() => block) }
          },
          close() {},
        }
      },
    }),
  }
}

export const plugin = { getConnectorFactories: () => [{ name: 'counter', create }] }
