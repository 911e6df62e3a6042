import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { exampleHttpConnectorFactory } from '../../src/connectors/example-http/connector.js'
import { gitConnectorFactory } from '../../src/connectors/git/connector.js'
import {
  INFORMATION_SCHEMA,
  informationSchemaConnector,
} from '../../src/connectors/information-schema/connector.js'
import type { Connector, SchemaTableName } from '../../src/spi/index.js'
import type { OpenedSubject } from '../../src/testing/index.js'
import { PUSHDOWN, WRITES } from '../../src/testing/index.js'
import { fakeInformation } from '../support/system-information.js'
import { startHttpService } from '../unit/connectors/example-http/http-service.js'
import { runChecks } from './run-checks.js'
import { ROUNDS } from './tables.js'

const DOCUMENT = {
  example: [
    {
      name: 'numbers',
      columns: [
        { name: 'text', type: 'varchar' },
        { name: 'value', type: 'bigint' },
        { name: 'price', type: 'decimal(8,2)' },
        { name: 'at', type: 'timestamp(3)' },
      ],
      sources: ['numbers-1.csv', 'numbers-2.csv'],
    },
    {
      name: 'events',
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'x', type: 'double' },
        { name: 'tags', type: 'array(varchar)' },
      ],
      sources: ['events.json'],
    },
  ],
}
const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i
    const text = n % 5 === 0 ? '' : `"text, ${n % 7}"`
    return `${text},${n * 1_000_003},${n}.${n % 10}5,2024-01-0${1 + (n % 9)} 00:00:00.00${n % 10}\n`
  }).join('')
const EVENTS = Array.from({ length: 40 }, (_, id) =>
  JSON.stringify({ id, x: id % 6 === 0 ? null : id / 8, tags: [`t${id % 3}`, null] }),
).join('\n')

async function httpService(): Promise<OpenedSubject> {
  const service = await startHttpService({
    '/tables.json': JSON.stringify(DOCUMENT),
    '/numbers-1.csv': numbers(0, 50),
    '/numbers-2.csv': numbers(50, 90),
    '/events.json': EVENTS,
  })
  return { config: { 'metadata-uri': `${service.url}/tables.json` }, close: service.close }
}

runChecks('example-http', {
  factory: exampleHttpConnectorFactory,
  open: httpService,
  tables: ['example.numbers', 'example.events'],
  lacks: [...WRITES, ...PUSHDOWN, 'statistics'],
  rounds: ROUNDS,
})

const root = await mkdtemp(join(tmpdir(), 'millrace-kit-git-'))
const IDENTITY = {
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Bob',
  GIT_COMMITTER_EMAIL: 'bob@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}
async function makeRepository(): Promise<void> {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, {
      cwd: root,
      env: { ...process.env, ...IDENTITY },
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
  git('init', '-q', '-b', 'main')
  for (let i = 0; i < 6; i++) {
    await writeFile(join(root, `file-${i % 3}.txt`), `contents ${i}\n`)
    git('add', '-A')
    git('commit', '-qm', `Commit ${i % 4}`)
    if (i % 2 === 0) git('tag', `v${i}`)
    if (i === 3) git('branch', 'side')
  }
}
let repository: Promise<void> | undefined

runChecks('git', {
  factory: gitConnectorFactory,
  async open() {
    repository ??= makeRepository()
    await repository
    return { config: { 'git.local-root': root } }
  },
  tables: ['branches', 'commits', 'objects', 'tags'].map((name) => ({
    name: `default.${name}`,
    where: `url = '${root}'`,
  })),
  needsFilterPushdown: true,
  lacks: [
    ...WRITES,
    ...PUSHDOWN.filter((p) => p !== 'filter pushdown'),
    'several splits',
    'statistics',
  ],
  rounds: ROUNDS,
})
afterAll(() => rm(root, { recursive: true }))

const LISTINGS = 'listings'
/** The tables under another schema: statements find the engine's own by the name that they have. */
function asListings(connector: Connector): Connector {
  const renamed = (name: SchemaTableName): SchemaTableName => ({ ...name, schema: LISTINGS })
  const isAsked = (schema: string | undefined) => schema === undefined || schema === LISTINGS
  return {
    ...connector,
    getMetadata(ofSession, transaction) {
      const metadata = connector.getMetadata(ofSession, transaction)
      return {
        ...metadata,
        listSchemaNames: () => [LISTINGS],
        listTables: async (session, schema) =>
          isAsked(schema) ? (await metadata.listTables(session)).map(renamed) : [],
        async *streamTableColumns(session, { schema, table }) {
          if (!isAsked(schema)) return
          const prefix = table === undefined ? {} : { schema: INFORMATION_SCHEMA, table }
          for await (const entry of metadata.streamTableColumns(session, prefix)) {
            yield { ...entry, table: renamed(entry.table) }
          }
        },
        getTableHandle: (session, { schema, table }) =>
          schema === LISTINGS
            ? metadata.getTableHandle(session, { schema: INFORMATION_SCHEMA, table })
            : undefined,
      }
    },
  }
}

runChecks('information_schema', {
  factory: {
    name: 'information-schema-under-test',
    create: () => asListings(informationSchemaConnector('a', fakeInformation())),
  },
  tables: ['columns', 'tables', 'views', 'schemata', 'table_privileges', 'applicable_roles'].map(
    (name) => `${LISTINGS}.${name}`,
  ),
  lacks: [
    ...WRITES,
    ...PUSHDOWN.filter((p) => p !== 'filter pushdown'),
    'several splits',
    'statistics',
  ],
  rounds: ROUNDS,
})
