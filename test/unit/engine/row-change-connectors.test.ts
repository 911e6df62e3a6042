import { afterEach, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'
import {
  BIGINT,
  blockOf,
  type Connector,
  type ConnectorMergeSink,
  type ConnectorTableMetadata,
  fixedSplitSource,
  MERGE_OPERATION,
  page,
  readValue,
  VARCHAR,
} from '../../../src/spi/index.js'

/** A table of three rows whose changes a test looks at. */
interface Options {
  readonly paradigm: 'CHANGE_ONLY_UPDATED_COLUMNS' | 'DELETE_ROW_AND_INSERT_ROW'
  readonly pushdown?: boolean
  readonly failsAt?: 'finish'
}
interface Log {
  readonly calls: string[]
  readonly changes: (readonly unknown[])[]
}

const metadata: ConnectorTableMetadata = {
  table: { schema: 's', table: 't' },
  columns: [
    { name: 'a', type: BIGINT },
    { name: 'b', type: VARCHAR },
  ],
}
const ROWS = [1n, 2n, 3n]

function recorder({ paradigm, pushdown = false, failsAt }: Options, log: Log): Connector {
  const sink = (): ConnectorMergeSink => ({
    storeMergedRows(changes) {
      for (let i = 0; i < changes.rowCount; i++) {
        log.changes.push(changes.blocks.map((block) => readValue(block, i)))
      }
    },
    finish() {
      if (failsAt === 'finish') throw new Error('disk full')
      return [new Uint8Array([7])]
    },
    abort() {
      log.calls.push('abort')
    },
  })
  return {
    threadBound: true,
    beginTransaction: () => 1,
    commit: () => void log.calls.push('commit'),
    rollback: () => void log.calls.push('rollback'),
    getMetadata: () => ({
      listSchemaNames: () => ['s'],
      listTables: () => [metadata.table],
      *streamTableColumns() {
        yield { table: metadata.table, columns: metadata.columns }
      },
      getTableHandle: (_s, { table }) => (table === 't' ? 'handle' : undefined),
      getTableMetadata: () => metadata,
      getColumnHandles: () => new Map(metadata.columns.map(({ name }) => [name, name])),
      getColumnMetadata: (_s, _t, column) =>
        metadata.columns.find(({ name }) => name === column) ?? { name: 'id', type: VARCHAR },
      getRowChangeParadigm: () => paradigm,
      getMergeRowIdColumnHandle: () => '$id',
      beginMerge(_s, table, updateCaseColumns) {
        log.calls.push(`begin ${table} ${JSON.stringify([...updateCaseColumns])}`)
        return 'merge'
      },
      finishMerge: (_s, handle, fragments) =>
        void log.calls.push(`finish ${handle} ${fragments.map((f) => [...f]).join()}`),
      ...(pushdown
        ? {
            applyDelete: () => 'all',
            executeDelete: () => undefined,
            applyUpdate: (_s: unknown, _t: unknown, assignments: unknown) =>
              JSON.stringify(assignments, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
            executeUpdate(_s: unknown, handle: unknown) {
              log.calls.push(`update ${handle}`)
              return 42
            },
          }
        : {}),
    }),
    getSplitManager: () => ({ getSplits: () => fixedSplitSource([{}]) }),
    getPageSourceProvider: () => ({
      createPageSource(_t, _s, _split, _table, columns) {
        let isRead = false
        return {
          completedBytes: 0,
          readTimeNanos: 0,
          memoryUsage: 0,
          getNextPage() {
            if (isRead) return undefined
            isRead = true
            return page(
              columns.map((column) =>
                column === 'a'
                  ? blockOf(BIGINT, ROWS)
                  : blockOf(
                      VARCHAR,
                      ROWS.map((n) => (column === 'b' ? `b${n}` : `id${n}`)),
                    ),
              ),
              ROWS.length,
            )
          },
          close() {},
        }
      },
    }),
    getPageSinkProvider: () => ({ createMergeSink: sink }),
  }
}

let engine: Millrace | undefined
afterEach(() => engine?.close())

async function started(options: Options): Promise<{ engine: Millrace; log: Log }> {
  const log: Log = { calls: [], changes: [] }
  engine = await Millrace.create({
    threads: 0,
    plugins: [
      { getConnectorFactories: () => [{ name: 'recorder', create: () => recorder(options, log) }] },
    ],
    catalogs: { r: { 'connector.name': 'recorder' } },
  })
  return { engine, log }
}

const { insert, delete: remove, update, updateInsert, updateDelete } = MERGE_OPERATION

test('changes come as they are, or as deletions and insertions', async () => {
  const merge = `MERGE INTO r.s.t USING (VALUES 1, 2, 9) s (k) ON t.a = s.k
    WHEN MATCHED AND k = 1 THEN DELETE
    WHEN MATCHED THEN UPDATE SET b = 'new'
    WHEN NOT MATCHED THEN INSERT VALUES (k, 'added')`
  const byRow = await started({ paradigm: 'CHANGE_ONLY_UPDATED_COLUMNS' })
  expect((await byRow.engine.execute(merge)).updateCount).toBe(3)
  expect(byRow.log.calls).toEqual(['begin handle [[1,["b"]]]', 'finish merge 7', 'commit'])
  const operations = new Map(byRow.log.changes.map((row) => [Number(row[2]), row]))
  expect(operations.get(remove)?.slice(3)).toEqual([0, 'id1'])
  expect(operations.get(update)).toEqual([2n, 'new', update, 1, 'id2'])
  expect(operations.get(insert)).toEqual([9n, 'added', insert, 2, null])
  await byRow.engine.close()

  const apart = await started({ paradigm: 'DELETE_ROW_AND_INSERT_ROW' })
  expect((await apart.engine.execute(merge)).updateCount).toBe(3)
  const sorted = [...apart.log.changes].sort((x, y) => Number(x[2]) - Number(y[2]))
  expect(sorted).toEqual([
    [9n, 'added', insert, 2, null],
    [null, null, remove, 0, 'id1'],
    [2n, 'new', updateInsert, 1, null],
    [null, null, updateDelete, 1, 'id2'],
  ])
})

test('a connector may change all rows by itself', async () => {
  const { engine: running, log } = await started({
    paradigm: 'CHANGE_ONLY_UPDATED_COLUMNS',
    pushdown: true,
  })
  expect((await running.execute('DELETE FROM r.s.t')).updateCount).toBeUndefined()
  expect((await running.execute("UPDATE r.s.t SET a = 5, b = 'x'")).updateCount).toBe(42)
  expect(log.changes).toEqual([])
  expect(log.calls.filter((call) => call.startsWith('update'))[0]).toMatch(
    /"column":"a".*"5".*"column":"b"/,
  )
  const [plan] = (await running
    .query('EXPLAIN DELETE FROM r.s.t', [], { rowMode: 'array' })
    .all()) as string[][]
  expect(plan?.[0]).toContain('TableDelete')
  // What depends on the row, or only the engine can tell, is not the connector's.
  expect((await running.execute('UPDATE r.s.t SET a = a + 1')).updateCount).toBe(3)
  expect((await running.execute('DELETE FROM r.s.t WHERE a > 1')).updateCount).toBe(2)
})

test('a sink that fails is aborted and nothing is finished', async () => {
  const { engine: running, log } = await started({
    paradigm: 'CHANGE_ONLY_UPDATED_COLUMNS',
    failsAt: 'finish',
  })
  await expect(running.execute('DELETE FROM r.s.t')).rejects.toThrow('disk full')
  expect(log.calls).toEqual(['begin handle []', 'abort', 'rollback'])
  const error = await running.execute('DELETE FROM r.s.t WHERE 1 / (a - 2) > 0').then(
    () => undefined,
    (failure: MillraceError) => failure.code,
  )
  expect(error).toBe('DIVISION_BY_ZERO')
  expect(log.calls.slice(3)).toEqual(['begin handle []', 'abort', 'rollback'])
})
