import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbConnectorFactory } from '../../src/connectors/duckdb/connector.js'
import { sqliteConnectorFactory } from '../../src/connectors/sqlite/connector.js'
import { type Capability, type OpenedSubject, WRITES } from '../../src/testing/index.js'
import { runNative } from '../unit/connectors/sql-base/databases.js'
import { runChecks } from './run-checks.js'
import { ROUNDS, TABLES } from './tables.js'

/** A database file in a folder of its own. */
async function databaseFile(): Promise<OpenedSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-kit-'))
  return {
    config: { 'connection-url': join(folder, 'kit.db') },
    close: () => rm(folder, { recursive: true }),
  }
}

/** Without the columns of nested types, which these databases are not given. */
const SETUP = TABLES.map((sql) =>
  sql.replace(/,\s*ARRAY.*AS r$/m, '').replace(', NULL, NULL FROM', ' FROM'),
)

/** Rows are changed by what the database's SQL says of them: constants, under conditions that are pushed. */
const LACKS: readonly Capability[] = ['sample pushdown', 'update', 'merge', 'views']
/** Types that have no equal there; columns of others are of the next wider type. */
const NESTED = ['array(bigint)', 'map(varchar, bigint)', 'row(a bigint, b varchar)']

runChecks('sqlite', {
  factory: sqliteConnectorFactory,
  open: databaseFile,
  schema: 'main',
  setup: [
    ...SETUP,
    'CREATE TABLE many AS SELECT n + m * 1000 AS n FROM UNNEST(sequence(1, 1000)) s (n) CROSS JOIN UNNEST(sequence(1, 150)) r (m)',
  ],
  tables: ['main.t', 'main.u', 'main.empty', { name: 'main.many', isLarge: true }],
  lacks: LACKS,
  lacksTypes: [...NESTED, 'time(3)', 'timestamp(3) with time zone', 'uuid', 'json'],
  lacksValues: ["CAST('NaN' AS real)", "CAST('NaN' AS double)"],
  rounds: ROUNDS,
})

runChecks('duckdb', {
  factory: duckdbConnectorFactory,
  async open() {
    const subject = await databaseFile()
    // A split is two row groups for each of DuckDB's threads.
    await runNative('duckdb', subject.config!['connection-url']!, [
      'CREATE TABLE many AS SELECT range AS n FROM range(246000)',
    ])
    return { ...subject, config: { ...subject.config, 'duckdb.threads': '1' } }
  },
  schema: 'main',
  setup: SETUP,
  tables: ['main.t', 'main.u', 'main.empty', { name: 'main.many', isLarge: true }],
  lacks: LACKS,
  lacksTypes: [...NESTED, 'json'],
  rounds: 3,
})

runChecks('duckdb, read only', {
  factory: duckdbConnectorFactory,
  async open() {
    const subject = await databaseFile()
    await runNative('duckdb', subject.config!['connection-url']!, [
      "CREATE TABLE t AS SELECT range AS n, 'n' || range % 50 AS s, range % 7 AS k, range / 8 AS d FROM range(400)",
      'CREATE TABLE many AS SELECT range AS n FROM range(123000)',
    ])
    return { ...subject, config: { ...subject.config, 'read-only': 'true' } }
  },
  schema: 'main',
  tables: ['main.t', { name: 'main.many', isLarge: true }],
  lacks: [...WRITES, 'sample pushdown', 'keep rows'],
  rounds: 1,
})
