import { beforeEach, describe, expect, it } from 'vitest'
import { informationSchemaConnector } from '../../../../src/connectors/information-schema/connector.js'
import {
  multipleValuesDomain,
  TRUE_EXPRESSION,
  tupleDomain,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { ConnectorHarness } from '../../../support/connector.js'
import { fakeInformation } from '../../../support/system-information.js'

let information: ReturnType<typeof fakeInformation>
let harness: ConnectorHarness

beforeEach(() => {
  information = fakeInformation()
  harness = new ConnectorHarness(informationSchemaConnector('a', information))
})
const scan = (table: string, columns?: readonly string[]) =>
  harness.scan('information_schema', table, columns === undefined ? {} : { columns })

describe('information_schema', () => {
  it("has Trino's tables", async () => {
    await harness.transact(async (metadata) => {
      const tables = (await metadata.listTables(harness.session)).map((name) => name.table)
      expect(tables.toSorted()).toEqual([
        'applicable_roles',
        'columns',
        'enabled_roles',
        'roles',
        'schemata',
        'table_privileges',
        'tables',
        'views',
      ])
    })
  })

  it('lists one catalog', async () => {
    expect(await scan('tables')).toEqual([
      ['a', 's', 't', 'BASE TABLE'],
      ['a', 's', 'v', 'VIEW'],
      ['a', 'r', 'm', 'BASE TABLE'],
    ])
    expect(await scan('tables', ['table_name', 'trino_relation_type'])).toContainEqual([
      'm',
      'MATERIALIZED VIEW',
    ])
    expect(await scan('columns')).toEqual([
      ['a', 's', 't', 'id', 1n, null, 'NO', 'bigint'],
      ['a', 's', 't', 'name', 2n, null, 'YES', 'varchar'],
      ['a', 's', 'v', 'id', 1n, null, 'NO', 'bigint'],
      ['a', 'r', 'm', 'name', 1n, null, 'YES', 'varchar'],
    ])
    expect(await scan('columns', ['column_name', 'comment'])).toContainEqual(['name', 'a name'])
    expect(await scan('views')).toEqual([['a', 's', 'v', 'SELECT 1 id']])
    expect(await scan('schemata')).toEqual([
      ['a', 'r'],
      ['a', 's'],
    ])
  })

  it('lists roles and privileges', async () => {
    expect(await scan('roles')).toEqual([['admin']])
    expect(await scan('enabled_roles')).toEqual([['admin'], ['reader']])
    expect(await scan('applicable_roles')).toEqual([['alice', 'USER', 'admin', 'YES']])
    expect((await scan('table_privileges'))[0]).toEqual([
      null,
      null,
      'reader',
      'ROLE',
      'a',
      's',
      't',
      'SELECT',
      'NO',
      null,
    ])
  })

  it('lists no more than a filter asks for', async () => {
    await harness.transact(async (metadata, transaction) => {
      const name = { schema: 'information_schema', table: 'columns' }
      const handle = await metadata.getTableHandle(harness.session, name)
      const columns = await metadata.getColumnHandles(harness.session, handle)
      const summary = tupleDomain([
        { column: columns.get('table_schema'), domain: multipleValuesDomain(VARCHAR, ['s']) },
        { column: columns.get('table_name'), domain: multipleValuesDomain(VARCHAR, ['v', 't']) },
      ])
      const applied = await metadata.applyFilter!(harness.session, handle, {
        summary,
        expression: TRUE_EXPRESSION,
        assignments: {},
      })
      const rows = await harness.scanIn(metadata, transaction, name, {
        pushdown: () => applied!.handle,
      })
      expect(rows).toHaveLength(3)
    })
    expect(information.asked).toEqual(['a.s.t', 'a.s.v'])
  })
})
