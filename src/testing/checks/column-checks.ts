import { type Environment, failOn, inEnvironment } from '../environment.js'
import { difference, sorted } from '../row-text.js'
import type { ConnectorCheck, ConnectorSubject } from '../subject.js'

const TABLE = 'kit_columns'

interface ColumnCase {
  readonly sql: string
  /** The table afterwards, if the connector can do it. */
  readonly after: string
  /** What has the new name then. */
  readonly reads?: string
}

const VALUES = "VALUES (1, 'one'), (2, NULL)"
const COLUMNS = `SELECT * FROM (${VALUES}) t (id, name)`

const COLUMN_CASES: readonly ColumnCase[] = [
  { sql: 'ADD COLUMN added double', after: 'SELECT id, name, CAST(NULL AS double)' },
  { sql: 'ADD COLUMN added double LAST', after: 'SELECT id, name, CAST(NULL AS double)' },
  { sql: 'ADD COLUMN added double FIRST', after: 'SELECT CAST(NULL AS double), id, name' },
  { sql: 'ADD COLUMN added double AFTER id', after: 'SELECT id, CAST(NULL AS double), name' },
  { sql: 'DROP COLUMN id', after: 'SELECT name' },
  { sql: 'RENAME COLUMN id TO renamed', after: 'SELECT id, name', reads: 'renamed' },
  { sql: 'ALTER COLUMN id SET DATA TYPE bigint', after: 'SELECT CAST(id AS bigint), name' },
].map((change) => ({ ...change, after: `${change.after} FROM (${VALUES}) t (id, name)` }))

const Y = 'y ROW(z varchar, w integer)'
const A = 'a ARRAY(ROW(p integer, q integer))'
const NESTED = `SELECT id, CAST(v AS ROW(x integer, ${Y}, ${A})) r FROM (VALUES
  (1, ROW(10, ROW('z', 11), ARRAY[ROW(12, 13), NULL])), (2, ROW(20, NULL, NULL)), (3, NULL)) t (id, v)`

/** {@link NESTED} with other rows, of fields with other names and types. */
const nested = (row: string, ...fields: readonly string[]): string =>
  `SELECT id, if(r IS NOT NULL, CAST(${row} AS ROW(${fields.join(', ')}))) FROM (${NESTED})`
const inner = (row: string): string => `if(r.y IS NOT NULL, ROW(${row}))`
const elements = (row: string): string => `transform(r.a, e -> if(e IS NOT NULL, ROW(${row})))`

const FIELD_CASES: readonly ColumnCase[] = [
  {
    sql: 'ADD COLUMN r.added double',
    after: nested('ROW(r.x, r.y, r.a, NULL)', 'x integer', Y, A, 'added double'),
  },
  {
    sql: 'ADD COLUMN r.y.added double',
    after: nested(
      `ROW(r.x, ${inner('r.y.z, r.y.w, NULL')}, r.a)`,
      'x integer',
      'y ROW(z varchar, w integer, added double)',
      A,
    ),
  },
  {
    sql: 'ADD COLUMN r.a.element.added double',
    after: nested(
      `ROW(r.x, r.y, ${elements('e.p, e.q, NULL')})`,
      'x integer',
      Y,
      'a ARRAY(ROW(p integer, q integer, added double))',
    ),
  },
  { sql: 'DROP COLUMN r.x', after: nested('ROW(r.y, r.a)', Y, A) },
  {
    sql: 'DROP COLUMN r.y.z',
    after: nested(`ROW(r.x, ${inner('r.y.w')}, r.a)`, 'x integer', 'y ROW(w integer)', A),
  },
  {
    sql: 'DROP COLUMN r.a.element.p',
    after: nested(`ROW(r.x, r.y, ${elements('e.q')})`, 'x integer', Y, 'a ARRAY(ROW(q integer))'),
  },
  {
    sql: 'RENAME COLUMN r.y.z TO renamed',
    after: nested('r', 'x integer', 'y ROW(renamed varchar, w integer)', A),
  },
  {
    sql: 'ALTER COLUMN r.y.w SET DATA TYPE bigint',
    after: nested('r', 'x integer', 'y ROW(z varchar, w bigint)', A),
  },
]

/** ALTER TABLE over columns and over fields of them: done as it says, or refused with nothing changed. */
export const columnChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  {
    name: 'write: columns are added, dropped, renamed and retyped, or this is refused',
    run: () =>
      inEnvironment(subject, (environment) => checkAll(environment, COLUMNS, COLUMN_CASES)),
  },
  {
    name: 'write: fields of columns are added, dropped, renamed and retyped, or this is refused',
    run: () => inEnvironment(subject, (environment) => checkAll(environment, NESTED, FIELD_CASES)),
  },
]

async function checkAll(
  environment: Environment,
  source: string,
  cases: readonly ColumnCase[],
): Promise<void> {
  const { tableProperties } = environment.subject
  const properties = tableProperties === undefined ? '' : ` WITH ${tableProperties}`
  const problems: string[] = []
  for (const { sql, after, reads } of cases) {
    const refusal = await environment.failure(`CREATE TABLE ${TABLE}${properties} AS ${source}`)
    // A connector that has no rows has no fields of these.
    if (refusal?.code === 'NOT_SUPPORTED') return
    if (refusal !== undefined) failOn([`the table is refused: ${refusal.code}: ${refusal.message}`])
    const error = await environment.failure(`ALTER TABLE ${TABLE} ${sql}`)
    if (error !== undefined && error.code !== 'NOT_SUPPORTED') {
      problems.push(`${sql}: ends with ${error.code}: ${error.message}`)
    }
    const expected = await environment.rows(error === undefined ? after : source)
    const found = await environment.rows(`SELECT * FROM ${TABLE}`)
    const wrong = difference(sorted(found), sorted(expected))
    if (wrong !== undefined) problems.push(`${sql}: ${wrong}`)
    if (reads !== undefined && error === undefined) {
      const unread = await environment.failure(`SELECT ${reads} FROM ${TABLE}`)
      if (unread !== undefined) problems.push(`${sql}: not found afterwards: ${unread.message}`)
    }
    await environment.execute(`DROP TABLE ${TABLE}`)
  }
  failOn(problems)
}
