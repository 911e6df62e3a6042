import { afterEach, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'
import { type ConnectorFactory, MillraceError as SpiError } from '../../../src/spi/index.js'
import { referenceConnectorFactory } from '../../../src/testing/reference/reference-connector.js'

let engine: Millrace
afterEach(() => engine.close())

/** What the connector was told of each query, by the query's id. */
type Log = Map<string, string[]>

interface Failures {
  begin?: boolean
  cleanup?: boolean
  scan?: boolean
  onScan?: () => void
}

function spied(log: Log, failures: Failures): ConnectorFactory {
  const note = (queryId: string, what: string): void => {
    log.set(queryId, [...(log.get(queryId) ?? []), what])
  }
  return {
    ...referenceConnectorFactory,
    async create(name, properties, context) {
      const connector = await referenceConnectorFactory.create(name, properties, context)
      return {
        ...connector,
        getMetadata: async (session, transaction) => ({
          ...(await connector.getMetadata(session, transaction)),
          beginQuery({ queryId }) {
            note(queryId, 'begin')
            if (failures.begin === true) throw new SpiError('GENERIC_USER_ERROR', 'not now')
          },
          cleanupQuery({ queryId }) {
            note(queryId, 'cleanup')
            if (failures.cleanup === true) throw new SpiError('GENERIC_USER_ERROR', 'dust')
          },
          validateScan({ queryId }) {
            note(queryId, 'scan')
            failures.onScan?.()
            if (failures.scan === true) throw new SpiError('QUERY_REJECTED', 'not this table')
          },
        }),
      }
    },
  }
}

async function started(): Promise<{ log: Log; failures: Failures; last: () => readonly string[] }> {
  const log: Log = new Map()
  const failures: Failures = {}
  engine = await Millrace.create({
    threads: 0,
    plugins: [{ getConnectorFactories: () => [spied(log, failures)] }],
    catalogs: { r: { 'connector.name': 'reference' } },
  })
  await engine.execute('CREATE TABLE r.default.t AS SELECT 1 AS a UNION ALL SELECT 2')
  return { log, failures, last: () => [...log.values()].at(-1) ?? [] }
}

const failureOf = (failing: Promise<unknown>): Promise<MillraceError | undefined> =>
  failing.then(
    () => undefined,
    (error: MillraceError) => error,
  )

test('a catalog hears once of the beginning and the end of a query, on every way out', async () => {
  const { log, failures, last } = await started()
  const count = log.size
  // The second run has the plan of the first.
  for (const run of [1, 2]) {
    expect(await engine.query('SELECT a FROM r.default.t WHERE a > 1').all()).toEqual([{ a: 2 }])
    expect(last(), `run ${run}`).toEqual(['begin', 'scan', 'cleanup'])
  }
  await engine.query('SELECT 1').all()
  expect(log.size).toBe(count + 2)
  await engine.query('EXPLAIN SELECT a FROM r.default.t').all()
  expect(last()).toEqual(['begin', 'scan', 'cleanup'])
  await engine.execute('INSERT INTO r.default.t VALUES 3')
  expect(last()).toEqual(['begin', 'cleanup'])
  expect((await failureOf(engine.query('SELECT nope FROM r.default.t').all()))?.code).toBe(
    'COLUMN_NOT_FOUND',
  )
  expect(last()).toEqual(['begin', 'cleanup'])
  expect((await failureOf(engine.query('SELECT 1 / (a - 2) FROM r.default.t').all()))?.code).toBe(
    'DIVISION_BY_ZERO',
  )
  expect(last()).toEqual(['begin', 'scan', 'cleanup'])
  // A consumer that leaves.
  for await (const row of engine.query('SELECT a FROM r.default.t ORDER BY a')) {
    expect(row).toEqual({ a: 1 })
    break
  }
  expect(last()).toEqual(['begin', 'scan', 'cleanup'])
  const cancelled = new AbortController()
  failures.onScan = () => cancelled.abort()
  const sql = 'SELECT count(*) FROM r.default.t'
  const all = engine.query(sql, [], { signal: cancelled.signal }).all()
  expect(await failureOf(all)).toBeDefined()
  expect(last()).toEqual(['begin', 'scan', 'cleanup'])
})

test('a failing beginning fails the query; a failing end is a warning', async () => {
  const { failures, last } = await started()
  failures.begin = true
  expect((await failureOf(engine.query('SELECT * FROM r.default.t').all()))?.message).toBe(
    'not now',
  )
  expect(last()).toEqual(['begin', 'cleanup'])
  failures.begin = false
  failures.cleanup = true
  const result = await engine.execute('INSERT INTO r.default.t VALUES 4')
  expect(result.updateCount).toBe(1)
  expect(last()).toEqual(['begin', 'cleanup'])
  failures.cleanup = false
  expect(await engine.query('SELECT count(*) AS n FROM r.default.t').all()).toEqual([{ n: 3n }])
})

test('a scan that the connector refuses does not run', async () => {
  const { failures } = await started()
  failures.scan = true
  for (const sql of ['SELECT * FROM r.default.t', 'EXPLAIN SELECT * FROM r.default.t']) {
    expect((await failureOf(engine.query(sql).all()))?.code, sql).toBe('QUERY_REJECTED')
  }
})
