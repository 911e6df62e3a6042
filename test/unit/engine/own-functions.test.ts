import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

describe.each([0, 2])('functions of the program with %d threads', (threads) => {
  let engine: Millrace

  beforeAll(async () => {
    requireBuild()
    const module = (await import(
      pathToFileURL(join(DIST, 'index.js')).href
    )) as typeof import('../../../src/index.js')
    engine = await module.Millrace.create({
      threads,
      callingThreadMillis: 0,
      catalogs: { tpch: { 'connector.name': 'tpch' } },
    })
    engine.registerFunction({
      kind: 'scalar',
      name: 'twice',
      aliases: ['doubled'],
      description: 'A number added to itself',
      overloads: [
        { args: ['bigint'], returns: 'bigint', evaluate: (value: bigint) => value + value },
      ],
    })
    engine.registerFunction({
      name: 'thrice',
      args: ['bigint'],
      returns: 'bigint',
      concurrency: 100,
      evaluate: async (value) => value * 3n,
    })
    engine.registerFunction({
      name: 'total',
      args: ['bigint'],
      returns: 'decimal(38, 0)',
      aggregate: {
        create: () => 0n,
        add: (sum, value) => sum + value,
        finish: (sum) => sum,
      },
    })
  })
  afterAll(() => engine?.close())

  // Orders at sf1 are more than what runs in the calling thread anyway.
  const orders = 'FROM tpch.sf1.orders WHERE orderkey <= 4000000'

  test.each(['twice', 'doubled'])('%s is called where rows are many', async (name) => {
    const sql = `SELECT sum(${name}(custkey)) AS called, 2 * sum(custkey) AS plain ${orders}`
    const [row] = await engine.query(sql).all()
    expect(row!['called']).toBe(row!['plain'])
  })

  test('asynchronous functions and aggregates take many rows', async () => {
    const [row] = await engine
      .query(
        `SELECT sum(answer) = 3 * sum(custkey) AS same, total(custkey) = sum(custkey) AS total, count(*) AS n
         FROM (SELECT custkey, thrice(custkey) AS answer ${orders} AND custkey <= 20000)`,
      )
      .all()
    expect(row).toMatchObject({ same: true, total: true })
    expect(row!['n']).toBeGreaterThan(100_000n)
  })

  test('joins and filters read answers', async () => {
    const [row] = await engine
      .query(
        `SELECT count(*) AS n FROM tpch.tiny.nation n JOIN tpch.tiny.region r ON thrice(r.regionkey) = n.nationkey
         WHERE thrice(n.nationkey) < 20`,
      )
      .all()
    expect(row).toEqual({ n: 3n })
  })

  test('a name is taken once', () => {
    const definition = { kind: 'scalar', name: 'lower', description: 'X', overloads: [] } as const
    expect(() => engine.registerFunction(definition)).toThrow('Function already exists: lower')
  })
})
