import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesConnectorFactory } from '../../src/connectors/files/connector.js'
import { type Capability, type OpenedSubject, PUSHDOWN } from '../../src/testing/index.js'
import { runChecks } from './run-checks.js'
import { ROUNDS, TABLES } from './tables.js'

const LACKS: readonly Capability[] = [
  ...PUSHDOWN.filter((p) => p !== 'filter pushdown'),
  'undo after finish',
  'delete',
  'update',
  'merge',
  'rename table',
  'add column',
  'views',
]

/** A folder of its own, whose files and their sizes are what a write may leave. */
async function folder(): Promise<OpenedSubject> {
  const root = await mkdtemp(join(tmpdir(), 'millrace-kit-'))
  return {
    config: { 'files.root': root },
    async traces() {
      const found = await readdir(root, { recursive: true, withFileTypes: true })
      const files = found.filter((entry) => entry.isFile())
      return Promise.all(
        files.map(async ({ parentPath, name }) => {
          const { length } = await readFile(join(parentPath, name))
          return `${parentPath.slice(root.length)}/${name}: ${length}`
        }),
      )
    },
    close: () => rm(root, { recursive: true }),
  }
}

runChecks('files, Parquet', {
  factory: filesConnectorFactory,
  open: folder,
  setup: TABLES,
  tables: ['default.t', 'default.u', 'default.empty'],
  lacks: LACKS,
  rounds: ROUNDS,
})

runChecks('files, CSV', {
  factory: filesConnectorFactory,
  open: folder,
  setup: TABLES.map((sql) =>
    sql
      .replace(/CREATE TABLE (\w+) AS/, "CREATE TABLE $1 WITH (format = 'CSV') AS")
      .replace('empty (a bigint, b varchar)', "empty (a bigint, b varchar) WITH (format = 'CSV')")
      .replace(/,\s*ARRAY.*AS r$/m, '')
      .replace(', NULL, NULL FROM', ' FROM'),
  ),
  tables: ['default.t', 'default.u', 'default.empty'],
  tableProperties: "(format = 'CSV')",
  lacks: [...LACKS, 'statistics'],
  lacksTypes: ['array(bigint)', 'map(varchar, bigint)', 'row(a bigint, b varchar)'],
  rounds: ROUNDS,
})

runChecks('files, JSON lines', {
  factory: filesConnectorFactory,
  open: folder,
  setup: TABLES.map((sql) =>
    sql
      .replace(/CREATE TABLE (\w+) AS/, "CREATE TABLE $1 WITH (format = 'JSON') AS")
      .replace('empty (a bigint, b varchar)', "empty (a bigint, b varchar) WITH (format = 'JSON')"),
  ),
  tables: ['default.t', 'default.u', 'default.empty'],
  tableProperties: "(format = 'JSON')",
  lacks: [...LACKS, 'statistics'],
  rounds: ROUNDS,
})

/** What values the format holds; the rest is of the connector, whatever the format. */
runChecks(
  'files, Arrow',
  {
    factory: filesConnectorFactory,
    open: folder,
    tables: [],
    tableProperties: "(format = 'ARROW')",
    lacks: LACKS,
  },
  (name) => name === 'write: values of every type come back as they were',
)
