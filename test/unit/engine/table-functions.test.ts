import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'
import {
  assert,
  BIGINT,
  blockOf,
  type Connector,
  type ConnectorTableFunction,
  fixedSplitSource,
  page,
  VARCHAR,
} from '../../../src/spi/index.js'

const repeat: ConnectorTableFunction = {
  schema: 'system',
  name: 'repeat',
  args: [
    { kind: 'scalar', name: 'TEXT', type: VARCHAR, required: true },
    { kind: 'scalar', name: 'TIMES', type: BIGINT, required: false, defaultValue: 2n },
    { kind: 'descriptor', name: 'COLUMNS', required: false },
  ],
  returnType: { kind: 'generic' },
  analyze(_session, _transaction, args) {
    const { TEXT: text, TIMES: times, COLUMNS: columns } = args
    assert(text?.kind === 'scalar' && times?.kind === 'scalar' && columns?.kind === 'descriptor')
    const name = columns.fields?.[0]?.name ?? 'text'
    return {
      returnedType: [
        { name: 'n', type: BIGINT },
        { name, type: VARCHAR },
      ],
      handle: { text: text.value, times: Number(times.value) },
    }
  },
}
const broken: ConnectorTableFunction = { ...repeat, name: 'broken' }

interface Handle {
  readonly text: string
  readonly times: number
}

const connector: Connector = {
  threadBound: true,
  getTableFunctions: () => [
    repeat,
    { ...broken, analyze: () => ({ returnedType: [], handle: undefined }) },
  ],
  getMetadata: () => ({
    listSchemaNames: () => ['system'],
    listTables: () => [],
    *streamTableColumns() {},
    getTableHandle: () => undefined,
    getTableMetadata: () => ({ table: { schema: 'system', table: 'repeat' }, columns: [] }),
    getColumnHandles: () => new Map(),
    getColumnMetadata: (_session, _table, column) => ({ name: String(column), type: VARCHAR }),
    applyTableFunction: (_session, handle) =>
      handle === undefined ? undefined : { handle, columns: ['n', 'text'] },
  }),
  getSplitManager: () => ({ getSplits: () => fixedSplitSource([{}]) }),
  getPageSourceProvider: () => ({
    createPageSource(_transaction, _session, _split, table, columns) {
      const { text, times } = table as Handle
      const numbers = Array.from({ length: times }, (_, i) => BigInt(i))
      let isRead = false
      return {
        completedBytes: 0,
        readTimeNanos: 0,
        memoryUsage: 0,
        getNextPage() {
          if (isRead) return undefined
          isRead = true
          const blocks = columns.map((column) =>
            column === 'n'
              ? blockOf(BIGINT, numbers)
              : blockOf(
                  VARCHAR,
                  numbers.map(() => text),
                ),
          )
          return page(blocks, times)
        },
        close() {},
      }
    },
  }),
}

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    plugins: [{ getConnectorFactories: () => [{ name: 'functions', create: () => connector }] }],
    catalogs: { f: { 'connector.name': 'functions' } },
  })
})
afterAll(() => engine.close())

const codeOf = (sql: string): Promise<string | undefined> =>
  engine
    .query(sql)
    .all()
    .then(
      () => undefined,
      (error: MillraceError) => error.code,
    )

test('a call becomes the table that the connector makes of it', async () => {
  expect(await engine.query("SELECT * FROM TABLE(f.system.repeat('x'))").all()).toEqual([
    { n: 0n, text: 'x' },
    { n: 1n, text: 'x' },
  ])
  expect(
    await engine
      .query(
        "SELECT t.word, count(*) AS rows FROM TABLE(f.system.repeat(times => 1 + ?, text => 'a' || 'b', columns => DESCRIPTOR(word))) t WHERE n > 0 GROUP BY 1",
        [2],
      )
      .all(),
  ).toEqual([{ word: 'ab', rows: 2n }])
})

test('wrong arguments have the errors of Trino', async () => {
  expect(await codeOf('SELECT * FROM TABLE(f.system.repeat())')).toBe('MISSING_ARGUMENT')
  expect(await codeOf("SELECT * FROM TABLE(f.system.repeat(text => 'x', nope => 1))")).toBe(
    'INVALID_FUNCTION_ARGUMENT',
  )
  expect(await codeOf("SELECT * FROM TABLE(f.system.repeat('x', 'y'))")).toBe('TYPE_MISMATCH')
  expect(await codeOf('SELECT * FROM TABLE(f.system.repeat(DESCRIPTOR(a)))')).toBe(
    'INVALID_FUNCTION_ARGUMENT',
  )
  expect(await codeOf("SELECT * FROM TABLE(f.system.nope('x'))")).toBe('FUNCTION_NOT_FOUND')
  expect(await codeOf("SELECT * FROM TABLE(f.system.broken('x'))")).toBe(
    'FUNCTION_IMPLEMENTATION_MISSING',
  )
})
