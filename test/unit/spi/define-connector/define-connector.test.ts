import { describe, expect, it } from 'vitest'
import {
  BIGINT,
  type Connector,
  type ConnectorMetadata,
  connectorFactoriesOf,
  DOUBLE,
  type Domain,
  defineConnector,
  domain,
  durationConfig,
  integerConfig,
  type Page,
  rangeGreaterThan,
  type ScanRequest,
  singleValueDomain,
  TRUE_EXPRESSION,
  tupleDomain,
  VARCHAR,
  valueSetOfRanges,
} from '../../../../src/spi/index.js'
import { ConnectorHarness, pageOf, testContext } from '../../../support/connector.js'

const context = testContext(2 ** 20)
const PEOPLE = [
  { ID: 1, name: 'Ann', score: 1.5 },
  { ID: 2, name: 'Bob', score: null },
  { ID: 3, score: 3 },
]
const columns = { id: 'bigint', name: 'varchar(10)', score: 'double' }
const harnessOf = async (
  factory: ReturnType<typeof defineConnector>,
  config: Record<string, string> = {},
): Promise<ConnectorHarness> => new ConnectorHarness(await factory.create('c', config, context))

describe('defineConnector', () => {
  it('makes a connector of tables and rows', async () => {
    const plugin = defineConnector({
      name: 'people',
      tables: {
        people: { columns, comment: 'folk', rowCount: 3 },
        'Other.Empty': { columns: [{ name: 'X', type: 'bigint', comment: 'nothing' }] },
      },
      async *rows({ table }) {
        if (table === 'people') yield* PEOPLE
      },
    })
    expect(connectorFactoriesOf(plugin)).toHaveLength(1)
    const harness = await harnessOf(plugin)
    expect(await harness.scan('default', 'people')).toEqual([
      [1n, 'Ann', 1.5],
      [2n, 'Bob', null],
      [3n, null, 3],
    ])
    expect(await harness.scan('default', 'people', { columns: ['score', 'id'] })).toEqual([
      [1.5, 1n],
      [null, 2n],
      [3, 3n],
    ])
    expect(await harness.scan('default', 'people', { columns: [] })).toHaveLength(3)
    expect(await harness.scan('other', 'empty')).toEqual([])
    await harness.transact(async (metadata) => {
      const { session } = harness
      expect(await metadata.listSchemaNames(session)).toEqual(['default', 'other'])
      expect(await metadata.listTables(session, 'other')).toEqual([
        { schema: 'other', table: 'empty' },
      ])
      expect(
        await metadata.getTableHandle(session, { schema: 'default', table: 'nope' }),
      ).toBeUndefined()
      const handle = await metadata.getTableHandle(session, { schema: 'default', table: 'people' })
      expect(await metadata.getTableMetadata(session, handle)).toMatchObject({ comment: 'folk' })
      expect(await metadata.getTableStatistics!(session, handle)).toMatchObject({ rowCount: 3 })
      expect(metadata.applyFilter).toBeUndefined()
      expect(metadata.applyLimit).toBeUndefined()
      const streamed: unknown[] = []
      for await (const table of metadata.streamTableColumns(session, { schema: 'other' }))
        streamed.push(table)
      expect(streamed).toEqual([
        {
          table: { schema: 'other', table: 'empty' },
          columns: [{ name: 'x', type: BIGINT, comment: 'nothing' }],
        },
      ])
    })
  })

  it('has typed configuration and shared state', async () => {
    const closed: string[] = []
    const factory = defineConnector({
      name: 'counting',
      config: {
        'counting.to': integerConfig({ description: 'Last', default: '2' }),
        'counting.wait': durationConfig({ description: 'Wait' }),
      },
      open: (config) => ({ name: `to ${config['counting.to']}` }),
      close: (state) => void closed.push(state.name),
      tables: ({ config }) => ({ [`n${config['counting.to']}`]: { columns: { n: 'bigint' } } }),
      *rows({ config, state }) {
        expect(state.name).toBe('to 3')
        for (let n = 1; n <= config['counting.to']; n++) yield n
      },
    })
    const harness = await harnessOf(factory, { 'counting.to': '3' })
    expect(await harness.scan('default', 'n3')).toEqual([[1n], [2n], [3n]])
    await harness.connector.shutdown!()
    expect(closed).toEqual(['to 3'])
    await expect(harnessOf(factory, { 'counting.too': '3' })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining("did you mean 'counting.to'"),
    })
  })

  it('says where a value comes from that its column cannot hold', async () => {
    const factory = defineConnector({
      name: 'placed',
      tables: { t: { columns: { a: 'bigint' } } },
      splits: () => ['x.csv'],
      rows: () => [
        [1, 'line 1'],
        ['two', 'line 2'],
      ],
      placeOf: (row, { split }) => `${split} (${(row as readonly unknown[])[1]})`,
    })
    await expect((await harnessOf(factory)).scan('default', 't')).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
      message: "x.csv (line 2), column 'a': Value is no bigint: 'two'",
    })
  })

  it('reads pages, and splits side by side', async () => {
    const factory = defineConnector({
      name: 'paged',
      tables: { t: { columns: { part: 'bigint' } } },
      splits: async () => [1, 2, 3],
      async *pages({ split, columns: wanted }): AsyncGenerator<Page> {
        expect(wanted).toEqual(['part'])
        yield pageOf([BIGINT], [[BigInt(split as number)]])
        yield pageOf([BIGINT], [[BigInt(split as number) * 10n]])
      },
    })
    const harness = await harnessOf(factory)
    expect(await harness.scan('default', 't')).toEqual([[1n], [10n], [2n], [20n], [3n], [30n]])
  })

  it('needs rows or pages', () => {
    expect(() => defineConnector({ name: 'none', tables: {} })).toThrow(/neither rows nor pages/)
  })

  it('tells the column of a value that does not fit', async () => {
    const factory = defineConnector({
      name: 'bad',
      tables: { t: { columns: { n: 'tinyint' } } },
      rows: () => [[1000]],
    })
    const harness = await harnessOf(factory)
    await expect(harness.scan('default', 't')).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
      message: "Column 'n': Value is no tinyint: 1000",
    })
    const unknown = await harnessOf(
      defineConnector({ name: 'x', tables: { t: { columns: { n: 'nope' } } }, rows: () => [] }),
    )
    await expect(unknown.scan('default', 't')).rejects.toMatchObject({ code: 'TYPE_NOT_FOUND' })
  })
})

describe('pushdown of defineConnector', () => {
  const requests: ScanRequest[] = []
  const make = async (splits = false): Promise<Connector> => {
    requests.length = 0
    const factory = defineConnector({
      name: 'pushing',
      tables: { t: { columns } },
      rows(request) {
        requests.push(request)
        return []
      },
      ...(splits ? { splits: () => ['a'] } : {}),
      pushdown: {
        filter: (_table, column) => (column === 'id' ? true : column === 'name' ? 'some' : false),
        limit: (_table, limit) => limit < 100,
        topN: (_table, orderBy) =>
          orderBy[0]!.name === 'id' ? true : orderBy[0]!.name === 'name' ? 'some' : false,
        aggregate: (_table, { aggregates }) => aggregates.every((a) => a.function === 'count'),
      },
    })
    return factory.create('c', {}, context)
  }
  const inMetadata = async <R>(
    connector: Connector,
    action: (metadata: ConnectorMetadata, handle: unknown, harness: ConnectorHarness) => Promise<R>,
  ): Promise<R> => {
    const harness = new ConnectorHarness(connector)
    return harness.transact(async (metadata) =>
      action(
        metadata,
        await metadata.getTableHandle(harness.session, { schema: 'default', table: 't' }),
        harness,
      ),
    )
  }
  const id = { name: 'id', type: BIGINT }
  const name = { name: 'name', type: VARCHAR }
  const score = { name: 'score', type: DOUBLE }
  const above: Domain = domain(valueSetOfRanges(DOUBLE, [rangeGreaterThan(DOUBLE, 2)]), false)

  it('splits a filter into what rows() does and what is left', async () => {
    const connector = await make()
    await inMetadata(connector, async (metadata, handle, { session, ...harness }) => {
      const ofId = { column: id, domain: singleValueDomain(BIGINT, 1n) }
      const ofName = { column: name, domain: singleValueDomain(VARCHAR, 'x') }
      const ofScore = { column: score, domain: above }
      const summary = tupleDomain([ofId, ofName, ofScore])
      const constraint = { summary, expression: TRUE_EXPRESSION, assignments: {} }
      const result = await metadata.applyFilter!(session, handle, constraint)
      expect(result!.remainingFilter).toEqual({ columnDomains: [ofName, ofScore] })
      expect(await metadata.applyFilter!(session, result!.handle, constraint)).toBeUndefined()
      expect(await metadata.getInfo!(session, result!.handle)).toBe('default.t filter=[id, name]')
      await new ConnectorHarness(connector, session).scan('default', 't', {
        pushdown: () => result!.handle,
      })
      expect(requests[0]!.filter.columnDomains!.map((entry) => entry.column)).toEqual([
        'id',
        'name',
      ])
      const onlyScore = { ...constraint, summary: tupleDomain([ofScore]) }
      expect(await metadata.applyFilter!(session, handle, onlyScore)).toBeUndefined()
      expect(harness).toBeDefined()
    })
  })

  it('guarantees limits and orders only where one scan gives all rows', async () => {
    for (const splits of [false, true]) {
      await inMetadata(await make(splits), async (metadata, handle, { session }) => {
        const limited = await metadata.applyLimit!(session, handle, 10)
        expect(limited!.limitGuaranteed).toBe(!splits)
        expect(await metadata.applyLimit!(session, limited!.handle, 10)).toBeUndefined()
        expect(await metadata.applyLimit!(session, limited!.handle, 5)).toBeDefined()
        expect(await metadata.applyLimit!(session, handle, 1000)).toBeUndefined()
        const byVariable = (variable: string) => [
          { name: variable, ascending: true, nullsFirst: false },
        ]
        const assignments = { a: id, b: name, c: score }
        const top = await metadata.applyTopN!(session, handle, 10, byVariable('a'), assignments)
        expect(top).toMatchObject({
          topNGuaranteed: !splits,
          handle: { limit: 10, orderBy: [{ name: 'id' }] },
        })
        expect(
          await metadata.applyTopN!(session, handle, 10, byVariable('b'), assignments),
        ).toMatchObject({ topNGuaranteed: false })
        expect(
          await metadata.applyTopN!(session, handle, 10, byVariable('c'), assignments),
        ).toBeUndefined()
        const filter = {
          summary: tupleDomain([{ column: id, domain: singleValueDomain(BIGINT, 1n) }]),
          expression: TRUE_EXPRESSION,
          assignments: {},
        }
        expect(await metadata.applyFilter!(session, limited!.handle, filter)).toBeUndefined()
        expect(metadata.applyAggregation === undefined).toBe(splits)
      })
    }
  })

  it('hands plain aggregations over', async () => {
    const connector = await make()
    await inMetadata(connector, async (metadata, handle, { session }) => {
      const call = (fn: string) => ({
        function: fn,
        outputType: BIGINT,
        args: [{ kind: 'variable', name: 'a', type: DOUBLE } as const],
        orderBy: [],
        distinct: true,
      })
      const result = await metadata.applyAggregation!(
        session,
        handle,
        [call('count')],
        { a: score },
        [[name]],
      )
      expect(result).toMatchObject({
        projections: [{ kind: 'variable', name: '_agg0' }],
        assignments: [{ variable: '_agg0', column: { name: '_agg0', type: BIGINT } }],
        groupingColumnMapping: [{ from: name, to: name }],
        handle: {
          aggregation: {
            groupBy: ['name'],
            aggregates: [{ function: 'count', args: ['score'], distinct: true }],
          },
        },
      })
      expect(
        await metadata.applyAggregation!(session, handle, [call('sum')], { a: score }, [[name]]),
      ).toBeUndefined()
      expect(
        await metadata.applyAggregation!(session, handle, [call('count')], { a: score }, [
          [name],
          [],
        ]),
      ).toBeUndefined()
      const expression = { ...call('count'), args: [TRUE_EXPRESSION] }
      expect(
        await metadata.applyAggregation!(session, handle, [expression], {}, [[]]),
      ).toBeUndefined()
    })
  })
})
