import { type Environment, failOn, inEnvironment } from '../environment.js'
import { difference, sorted } from '../row-text.js'
import type { Fault } from '../spi-call.js'
import { type Capability, type ConnectorCheck, type ConnectorSubject, lacks } from '../subject.js'
import { TYPE_VALUES } from '../type-values.js'
import { columnChecks } from './column-checks.js'
import { FAULT_CODE, faultsOf } from './fault-checks.js'

const TABLE = 'kit_written'
const ROWS =
  "(VALUES (BIGINT '1', 'one', DOUBLE '1.5'), (2, 'two', 2.5), (3, NULL, NULL), (4, 'four', -4.5))"
const CREATED = `SELECT * FROM ${ROWS} t (id, name, x)`
const created = ({ tableProperties }: ConnectorSubject): string =>
  `CREATE TABLE ${TABLE}${tableProperties === undefined ? '' : ` WITH ${tableProperties}`} AS ${CREATED}`

interface WriteCase {
  readonly capability: Capability
  readonly sql: string
  /** Rows it says it wrote; undefined: it may not tell. */
  readonly count?: number
  /** The table afterwards, of the rows of {@link CREATED}. */
  readonly after: string
}
const CASES: readonly WriteCase[] = [
  {
    capability: 'insert',
    sql: `INSERT INTO ${TABLE} SELECT id + 10, name, x FROM ${ROWS} t (id, name, x) WHERE id < 3`,
    count: 2,
    after: `${CREATED} UNION ALL SELECT id + 10, name, x FROM ${ROWS} t (id, name, x) WHERE id < 3`,
  },
  {
    capability: 'insert',
    sql: `INSERT INTO ${TABLE} (name, id) VALUES ('more', 7)`,
    count: 1,
    after: `${CREATED} UNION ALL SELECT 7, 'more', NULL`,
  },
  {
    capability: 'insert',
    sql: `INSERT INTO ${TABLE} SELECT id, name, x FROM ${ROWS} t (id, name, x) WHERE id > 100`,
    count: 0,
    after: CREATED,
  },
  {
    capability: 'delete',
    sql: `DELETE FROM ${TABLE} WHERE id = 2 OR name = 'four'`,
    count: 2,
    after: `${CREATED} WHERE id IN (1, 3)`,
  },
  { capability: 'delete', sql: `DELETE FROM ${TABLE} WHERE x > 100`, after: CREATED },
  { capability: 'delete', sql: `DELETE FROM ${TABLE}`, after: `${CREATED} WHERE false` },
  {
    capability: 'update',
    sql: `UPDATE ${TABLE} SET name = 'new', x = x + id WHERE id >= 2`,
    count: 3,
    after: `${CREATED} WHERE id < 2 UNION ALL SELECT id, 'new', x + id FROM ${ROWS} t (id, name, x) WHERE id >= 2`,
  },
  {
    capability: 'update',
    sql: `UPDATE ${TABLE} SET name = NULL`,
    after: `SELECT id, NULL, x FROM ${ROWS} t (id, name, x)`,
  },
  {
    capability: 'merge',
    sql: `MERGE INTO ${TABLE} USING (VALUES (BIGINT '1', 'd'), (2, 'u'), (9, 'i')) s (k, v) ON id = k
      WHEN MATCHED AND v = 'd' THEN DELETE
      WHEN MATCHED THEN UPDATE SET name = v
      WHEN NOT MATCHED THEN INSERT (id, name, x) VALUES (k, v, 0)`,
    count: 3,
    after: `${CREATED} WHERE id > 2 UNION ALL VALUES (BIGINT '2', 'u', DOUBLE '2.5'), (9, 'i', 0)`,
  },
  { capability: 'truncate', sql: `TRUNCATE TABLE ${TABLE}`, after: `${CREATED} WHERE false` },
  {
    capability: 'add column',
    sql: `ALTER TABLE ${TABLE} ADD COLUMN extra bigint`,
    after: `SELECT id, name, x, CAST(NULL AS bigint) FROM ${ROWS} t (id, name, x)`,
  },
]

/** What is written is read again as it was; what fails has not happened. */
export const writeChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => {
  if (lacks(subject, 'keep rows')) return []
  if (lacks(subject, 'create table')) return [refusesCheck(subject)]
  const done = CASES.filter(({ capability }) => !lacks(subject, capability))
  return [
    {
      name: 'write: values of every type come back as they were',
      run: () => inEnvironment(subject, checkTypes),
    },
    ...done.map((write, i) => ({
      name: `write: ${write.capability} ${i + 1} does what it says`,
      run: () => inEnvironment(subject, (environment) => checkWrite(environment, write)),
    })),
    {
      name: 'write: a table that is dropped or renamed is gone by its name',
      run: () => inEnvironment(subject, checkDrop),
    },
    ...(lacks(subject, 'add column') ? [] : columnChecks(subject)),
    {
      name: 'write: CREATE TABLE AS that fails at any point leaves nothing',
      run: () =>
        inEnvironment(subject, (environment) =>
          checkCrashes(environment, {
            sql: created(subject),
            before: [],
            undo: `DROP TABLE IF EXISTS ${TABLE}`,
            state: () => listing(environment),
          }),
        ),
    },
    ...onePerCapability(done).map((write) => ({
      name: `write: ${write.capability} that fails at any point changes nothing`,
      run: () =>
        inEnvironment(subject, (environment) =>
          checkCrashes(environment, {
            sql: write.sql,
            before: [created(subject)],
            undo: `DROP TABLE IF EXISTS ${TABLE}`,
            state: () => environment.rows(`SELECT * FROM ${TABLE}`),
          }),
        ),
    })),
    ...(lacks(subject, 'insert')
      ? []
      : [
          {
            name: 'write: rows that the query fails to make are not written',
            run: () => inEnvironment(subject, checkFailingRows),
          },
        ]),
    refusesCheck(subject),
  ]
}

const onePerCapability = (cases: readonly WriteCase[]): readonly WriteCase[] =>
  cases.filter((write, i) => cases.findIndex((c) => c.capability === write.capability) === i)

const listing = async (environment: Environment): Promise<readonly string[]> => [
  ...(await environment.rows('SHOW TABLES')),
  ...(await traces(environment)),
]
const traces = async ({ opened }: Environment): Promise<readonly string[]> =>
  (await opened.traces?.()) ?? []

/** A statement of each kind that is lacking: refused with a code that says so. */
function refusesCheck(subject: ConnectorSubject): ConnectorCheck {
  return {
    name: 'write: what is lacking is refused, not ignored',
    run: () =>
      inEnvironment(subject, async (environment) => {
        if (lacks(subject, 'create table')) {
          await refused(environment, created(subject))
          return
        }
        for (const write of onePerCapability(CASES)) {
          if (!lacks(subject, write.capability)) continue
          await environment.execute(created(subject))
          await refused(environment, write.sql)
          await environment.execute(`DROP TABLE ${TABLE}`)
        }
      }),
  }
}

async function refused(environment: Environment, sql: string): Promise<void> {
  const error = await environment.failure(sql)
  if (error === undefined) failOn([`declared to be lacking, but succeeds: ${sql}`])
  const codes = ['NOT_SUPPORTED', 'PERMISSION_DENIED', 'SCHEMA_NOT_FOUND']
  if (!codes.includes(error!.code)) failOn([`${sql}: ends with ${error!.code}: ${error!.message}`])
}

async function checkTypes(environment: Environment): Promise<void> {
  const { tableProperties, lacksTypes = [], lacksValues = [] } = environment.subject
  const properties = tableProperties === undefined ? '' : ` WITH ${tableProperties}`
  const tableOf = (values: readonly string[], type: string) => {
    const rows = values.map((value, i) => `(${i}, CAST(${value} AS ${type}))`)
    const source = `SELECT * FROM (VALUES ${rows.join(', ')}) t (n, v)`
    return { source, sql: `CREATE TABLE kit_types${properties} AS ${source}` }
  }
  for (const [type, values] of Object.entries(TYPE_VALUES)) {
    const held = values.filter((value) => !lacksValues.includes(value))
    for (const value of values.filter((v) => !held.includes(v))) {
      await refused(environment, tableOf([value], type).sql)
    }
    const { source, sql } = tableOf([...held, 'NULL'], type)
    const error = await environment.failure(sql)
    if (lacksTypes.includes(type)) {
      if (error?.code !== 'NOT_SUPPORTED') {
        failOn([`${type} is declared to be lacking, but: ${error?.code ?? 'success'}`])
      }
      continue
    }
    if (error !== undefined) failOn([`${type}: ${error.code}: ${error.message}`])
    const expected = sorted(await environment.rows(source))
    // A wider type of the column's own is fine where the values are still the same.
    const back = await environment.rows(`SELECT n, CAST(v AS ${type}) FROM kit_types`)
    const wrong = difference(sorted(back), expected)
    const [, column] = await environment.columns('SELECT * FROM kit_types')
    await environment.execute('DROP TABLE kit_types')
    if (wrong !== undefined) failOn([`${type} (${column?.type.kind}): ${wrong}`])
  }
}

async function checkWrite(environment: Environment, write: WriteCase): Promise<void> {
  await environment.execute(created(environment.subject))
  const count = await environment.execute(write.sql)
  const expected = sorted(await environment.rows(write.after))
  const wrong = difference(sorted(await environment.rows(`SELECT * FROM ${TABLE}`)), expected)
  if (wrong !== undefined) failOn([wrong], write.sql)
  if (write.count !== undefined && count !== undefined && count !== write.count) {
    failOn([`says ${count} rows, and it was ${write.count}`], write.sql)
  }
}

async function checkDrop(environment: Environment): Promise<void> {
  const before = await listing(environment)
  await environment.execute(created(environment.subject))
  let name = TABLE
  if (!lacks(environment.subject, 'rename table')) {
    await environment.execute(`ALTER TABLE ${TABLE} RENAME TO kit_renamed`)
    name = 'kit_renamed'
    const gone = await environment.failure(`SELECT * FROM ${TABLE}`)
    if (gone?.code !== 'TABLE_NOT_FOUND') failOn([`the old name: ${gone?.code ?? 'is there'}`])
    const rows = sorted(await environment.rows(`SELECT * FROM ${name}`))
    const wrong = difference(rows, sorted(await environment.rows(CREATED)))
    if (wrong !== undefined) failOn([`renamed: ${wrong}`])
  }
  await environment.execute(`DROP TABLE ${name}`)
  const wrong = difference(sorted(await listing(environment)), sorted(before))
  if (wrong !== undefined) failOn([`after the drop: ${wrong}`])
}

/** A statement that writes, run with a fault at every point. */
interface Crash {
  readonly sql: string
  /** What is run before it, each time. */
  readonly before: readonly string[]
  readonly undo: string
  state(): Promise<readonly string[]>
}

async function checkCrashes(environment: Environment, crash: Crash): Promise<void> {
  const { probe } = environment
  const prepare = async () => {
    probe.startRecording()
    await environment.execute(crash.undo)
    for (const statement of crash.before) await environment.execute(statement)
  }
  for (const moment of ['before', 'after'] as const) {
    await prepare()
    for (const fault of await faultsOf(environment, crash.sql, moment)) {
      if (isPublished(fault, lacks(environment.subject, 'undo after finish'))) continue
      await prepare()
      const before = sorted([...(await crash.state()), ...(await traces(environment))])
      probe.startRecording(fault)
      const error = await environment.failure(crash.sql)
      const isDone = probe.faultDone
      probe.startRecording()
      const context = `a fault ${moment} call ${fault.occurrence} of ${fault.call}: ${crash.sql}`
      failOn(probe.takeProblems(), context)
      if (!isDone) continue
      if (error?.code !== FAULT_CODE) {
        failOn(
          [`ended with ${error === undefined ? 'success' : `${error.code}: ${error.message}`}`],
          context,
        )
      }
      const after = sorted([...(await crash.state()), ...(await traces(environment))])
      const wrong = difference(after, before)
      if (wrong !== undefined) failOn([`something was left: ${wrong}`], context)
    }
  }
}

/** Calls that carry a statement out, of a connector whose rollback undoes nothing. */
const PUBLISHING = /^metadata\.(finish|execute|create|drop|rename|add|set|truncate)/

/** Whether the statement has happened in spite of the fault: a commit whose answer is lost has. */
function isPublished({ call, moment }: Fault, publishesEarly: boolean): boolean {
  if (moment === 'before') return publishesEarly && call === 'connector.commit'
  return call === 'connector.commit' || (publishesEarly && PUBLISHING.test(call))
}

async function checkFailingRows(environment: Environment): Promise<void> {
  await environment.execute(created(environment.subject))
  const before = sorted([
    ...(await environment.rows(`SELECT * FROM ${TABLE}`)),
    ...(await traces(environment)),
  ])
  const sql = `INSERT INTO ${TABLE} SELECT 100 / (n - 3000), 'x', 0 FROM UNNEST(sequence(1, 3000)) t (n)`
  const error = await environment.failure(sql)
  if (error?.code !== 'DIVISION_BY_ZERO') failOn([`ended with ${error?.code ?? 'success'}`], sql)
  failOn(environment.probe.takeProblems(), sql)
  const after = sorted([
    ...(await environment.rows(`SELECT * FROM ${TABLE}`)),
    ...(await traces(environment)),
  ])
  const wrong = difference(after, before)
  if (wrong !== undefined) failOn([`something was left: ${wrong}`], sql)
}
