import { beforeEach, describe, expect, it } from 'vitest'
import { createSystemConnector } from '../../../../src/connectors/system/connector.js'
import {
  multipleValuesDomain,
  TRUE_EXPRESSION,
  tupleDomain,
  typeName,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { ConnectorHarness } from '../../../support/connector.js'
import { fakeInformation } from '../../../support/system-information.js'

let information: ReturnType<typeof fakeInformation>
let harness: ConnectorHarness

beforeEach(() => {
  information = fakeInformation()
  harness = new ConnectorHarness(createSystemConnector(information))
})

const where = (
  schema: string,
  table: string,
  filters: Record<string, string[]>,
): Promise<Value[][]> =>
  harness.transact(async (metadata, transaction) => {
    const name = { schema, table }
    const handle = await metadata.getTableHandle(harness.session, name)
    const columns = await metadata.getColumnHandles(harness.session, handle)
    const summary = tupleDomain(
      Object.entries(filters).map(([column, values]) => ({
        column: columns.get(column),
        domain: multipleValuesDomain(VARCHAR, values),
      })),
    )
    const constraint = { summary, expression: TRUE_EXPRESSION, assignments: {} }
    const applied = await metadata.applyFilter!(harness.session, handle, constraint)
    expect(applied?.remainingFilter).toBe(summary)
    expect(
      await metadata.applyFilter!(harness.session, applied!.handle, constraint),
    ).toBeUndefined()
    return harness.scanIn(metadata, transaction, name, { pushdown: () => applied!.handle })
  })

describe('schemas and tables', () => {
  it("have Trino's columns", async () => {
    await harness.transact(async (metadata) => {
      expect(await metadata.listSchemaNames(harness.session)).toEqual([
        'runtime',
        'metadata',
        'jdbc',
      ])
      const shape: Record<string, string> = {}
      for (const name of await metadata.listTables(harness.session)) {
        const handle = await metadata.getTableHandle(harness.session, name)
        const { columns } = await metadata.getTableMetadata(harness.session, handle)
        shape[`${name.schema}.${name.table}`] = columns
          .map((c) => `${c.name} ${typeName(c.type)}`)
          .join(', ')
      }
      expect(Object.keys(shape)).toHaveLength(26)
      expect(shape['runtime.nodes']).toBe(
        'node_id varchar, http_uri varchar, node_version varchar, coordinator boolean, state varchar',
      )
      expect(shape['runtime.transactions']).toContain('create_time timestamp(3) with time zone')
      expect(shape['metadata.table_comments']).toBe(
        'catalog_name varchar, schema_name varchar, table_name varchar, comment varchar',
      )
      expect(shape['jdbc.columns']!.split(', ')).toHaveLength(24)
      expect(shape['jdbc.types']!.split(', ')).toHaveLength(18)
      expect(
        await metadata.getTableHandle(harness.session, { schema: 'runtime', table: 'nope' }),
      ).toBeUndefined()
    })
  })
})

describe('rows', () => {
  it('of runtime tables', async () => {
    expect(await harness.scan('runtime', 'nodes')).toEqual([
      ['n1', 'http://127.0.0.1:8080', '1', true, 'active'],
    ])
    const created = { picos: 1_500_000_000_000n, zone: 'UTC' }
    const end = { picos: 2_000_000_000_000n, zone: 'UTC' }
    expect(await harness.scan('runtime', 'queries')).toEqual([
      [
        'q1',
        'RUNNING',
        'alice',
        null,
        'SELECT 1',
        ['global'],
        1n,
        null,
        null,
        created,
        null,
        null,
        null,
        null,
        null,
      ],
      [
        'q2',
        'FAILED',
        'bob',
        'cli',
        'x',
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        end,
        'USER_ERROR',
        'SYNTAX_ERROR',
      ],
    ])
    expect(
      await harness.scan('runtime', 'tasks', {
        columns: ['task_id', 'splits', 'output_rows', 'end'],
      }),
    ).toEqual([['q1.0.0', 4n, 7n, null]])
    expect(
      await harness.scan('runtime', 'transactions', { columns: ['catalogs', 'idle_time_secs'] }),
    ).toEqual([[['a', 'b'], 2n]])
    expect(await harness.scan('runtime', 'optimizer_rule_stats')).toEqual([
      ['MergeLimits', 3n, 1n, 0n, 0.5, { keys: [], values: [] }],
    ])
    expect(await harness.scan('runtime', 'queries', { columns: [] })).toEqual([[], []])
  })

  it('of metadata tables', async () => {
    expect(await harness.scan('metadata', 'catalogs')).toEqual([
      ['a', 'a', 'memory'],
      ['b', 'b', 'tpch'],
    ])
    expect(await harness.scan('metadata', 'table_properties')).toEqual([
      ['a', 'table_q', '', 'integer', 'first'],
      ['b', 'table_p', '7', 'integer', 'second'],
    ])
    expect(await harness.scan('metadata', 'table_comments')).toEqual([
      ['a', 's', 't', 'tee'],
      ['a', 's', 'v', null],
      ['a', 'r', 'm', null],
      ['b', 's', 't', null],
    ])
    expect(await harness.scan('metadata', 'materialized_views')).toEqual([
      [
        'a',
        'r',
        'm',
        '',
        '',
        '',
        'FRESH',
        { picos: 1_000_000_000_000n, zone: 'UTC' },
        '',
        'SELECT name',
      ],
    ])
  })

  it('of jdbc tables', async () => {
    expect(await harness.scan('jdbc', 'catalogs')).toEqual([['a'], ['b']])
    expect(await harness.scan('jdbc', 'schemas')).toEqual([
      ['r', 'a'],
      ['s', 'a'],
      ['s', 'b'],
    ])
    expect(await harness.scan('jdbc', 'table_types')).toEqual([['TABLE'], ['VIEW']])
    const names = ['table_name', 'table_type']
    expect(await harness.scan('jdbc', 'tables', { columns: names })).toEqual([
      ['t', 'TABLE'],
      ['v', 'VIEW'],
      ['m', 'TABLE'],
      ['t', 'TABLE'],
    ])
    const columns = await where('jdbc', 'columns', {
      table_cat: ['a'],
      table_schem: ['s'],
      table_name: ['t'],
    })
    expect(
      columns.map((row) => [
        row[3],
        row[4],
        row[5],
        row[6],
        row[9],
        row[10],
        row[11],
        row[16],
        row[17],
      ]),
    ).toEqual([
      ['id', -5n, 'bigint', 19n, 10n, 0n, null, 1n, 'NO'],
      ['name', 12n, 'varchar', 2_147_483_647n, null, 1n, 'a name', 2n, 'YES'],
    ])
    const types = await harness.scan('jdbc', 'types', {
      columns: ['type_name', 'data_type', 'precision', 'searchable'],
    })
    expect(types).toContainEqual(['varbinary', -3n, 2_147_483_647n, 3n])
    expect(types).toContainEqual(['HyperLogLog', 2000n, null, 0n])
    expect(types).toContainEqual(['array', 2003n, null, 0n])
    expect(await harness.scan('jdbc', 'procedures')).toEqual([])
  })
})

describe('filters', () => {
  it('keep listings to what is asked for', async () => {
    const rows = await where('metadata', 'table_comments', {
      catalog_name: ['a'],
      schema_name: ['s', 'r'],
    })
    expect(rows.map((row) => row[2])).toEqual(['m', 't', 'v'])
    expect(information.asked).toEqual(['a.r.*', 'a.s.*'])
    information.asked.length = 0
    await where('jdbc', 'tables', { table_schem: ['s'], table_name: ['t'], table_type: ['VIEW'] })
    expect(information.asked).toEqual(['a.s.t', 'b.s.t'])
  })
})

describe('kill_query', () => {
  it('is a procedure', async () => {
    const [procedure] = harness.connector.getProcedures!()
    expect(procedure).toMatchObject({ schema: 'runtime', name: 'kill_query' })
    const { session } = harness
    await procedure!.call(session, null, ['q1', null], session.signal)
    await procedure!.call(session, null, ['q2', 'too slow'], session.signal)
    expect(information.killed).toEqual([
      ['q1', null],
      ['q2', 'too slow'],
    ])
    expect(() => procedure!.call(session, null, [null, null], session.signal)).toThrow(/null/)
  })
})
