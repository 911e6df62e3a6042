import { blackHoleConnectorFactory } from '../../src/connectors/blackhole/connector.js'
import { createInlineConnector, InlineTables } from '../../src/connectors/inline/connector.js'
import { jmxConnectorFactory } from '../../src/connectors/jmx/connector.js'
import { createSystemConnector } from '../../src/connectors/system/connector.js'
import { tpchConnectorFactory } from '../../src/connectors/tpch/connector.js'
import {
  type ConnectorFactory,
  defineConnector,
  domainIncludes,
  type TupleDomain,
} from '../../src/spi/index.js'
import { PUSHDOWN, WRITES } from '../../src/testing/index.js'
import { fakeInformation } from '../support/system-information.js'
import { runChecks } from './run-checks.js'
import { ROUNDS } from './tables.js'

runChecks('tpch', {
  factory: tpchConnectorFactory,
  open: () => ({ config: { 'tpch.splits-per-node': '3' } }),
  tables: [
    'tiny.nation',
    'tiny.region',
    { name: 'tiny.orders', where: 'orderkey < 200' },
    { name: 'tiny.lineitem', where: 'orderkey < 50' },
  ],
  lacks: [...WRITES, ...PUSHDOWN.filter((p) => p !== 'filter pushdown')],
  rounds: ROUNDS,
})

runChecks('system', {
  factory: {
    name: 'system-under-test',
    create: () => createSystemConnector(fakeInformation(), {}),
  },
  tables: ['metadata.catalogs', 'runtime.nodes', 'jdbc.tables'],
  lacks: [
    ...WRITES,
    ...PUSHDOWN.filter((p) => p !== 'filter pushdown'),
    'several splits',
    'statistics',
  ],
  rounds: ROUNDS,
})

runChecks('jmx', {
  factory: jmxConnectorFactory,
  tables: ['memory', 'process', 'event_loop'].map((table) => ({
    name: `current.${table}`,
    isStable: false,
  })),
  lacks: [...WRITES, ...PUSHDOWN, 'several splits', 'statistics'],
})

runChecks('blackhole', {
  factory: blackHoleConnectorFactory,
  setup: [
    'CREATE TABLE some (a bigint, b varchar) WITH (split_count = 3, pages_per_split = 2, rows_per_page = 10)',
    'CREATE TABLE none (a bigint)',
  ],
  tables: ['default.some', 'default.none'],
  lacks: [...PUSHDOWN, 'keep rows'],
  rounds: ROUNDS,
})

const inline: ConnectorFactory = {
  name: 'inline-under-test',
  create() {
    const tables = new InlineTables()
    const rows = Array.from({ length: 60 }, (_, id) => ({ id, name: `n${id % 9}`, x: id / 4 }))
    tables.register('list', rows)
    tables.register('made', async function* () {
      for (const row of rows) yield row
    })
    return createInlineConnector(tables)
  },
}
runChecks('inline sources', {
  factory: inline,
  tables: ['default.list', 'default.made'],
  lacks: [...WRITES, ...PUSHDOWN, 'several splits'],
  rounds: ROUNDS,
})

const keeps = (filter: TupleDomain<string>, row: Readonly<Record<string, bigint | string>>) =>
  filter.columnDomains?.every(({ column, domain }) => domainIncludes(domain, row[column]!)) ?? false

runChecks('a connector made by defineConnector', {
  factory: defineConnector({
    name: 'defined',
    tables: { numbers: { columns: { n: 'bigint', text: 'varchar' }, rowCount: 100 } },
    splits: () => [0, 50],
    pushdown: { filter: () => true, limit: () => true },
    *rows({ split, filter, limit = Number.POSITIVE_INFINITY, columns }) {
      let given = 0
      for (let n = BigInt(split as number); n < BigInt(split as number) + 50n; n++) {
        const row = { n, text: `t${n % 7n}` }
        if (!keeps(filter, row)) continue
        if (given++ >= limit) return
        yield columns.map((column) => row[column as keyof typeof row])
      }
    },
  }),
  tables: ['default.numbers'],
  lacks: [...WRITES, ...PUSHDOWN.filter((p) => p !== 'filter pushdown' && p !== 'limit pushdown')],
  rounds: ROUNDS,
})
