import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { ROOT, requireBuild } from '../../../support/build.js'
import { startLocalCluster } from '../../../support/local-cluster.js'
import { rowTexts } from '../../../support/row-texts.js'

/* Nodes whose tasks run in threads: what goes to other tasks is cut there. */

const OPTIONS = { catalogs: { tpch: { 'connector.name': 'tpch' } } }

let single: Engine
let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  single = await Engine.create({ threads: 0, ...OPTIONS })
  requireBuild()
  const url = pathToFileURL(join(ROOT, 'build/engine/engine.js')).href
  const built = (await import(url)) as typeof import('../../../../src/engine/engine.js')
  cluster = await startLocalCluster(
    2,
    { ...OPTIONS, threads: 2 },
    (node) => node,
    (options) => built.Engine.create(options),
  )
})
afterAll(async () => {
  await single.close()
  await cluster.close()
})

const runOf = (engine: Engine, sql: string) =>
  engine.createRun({
    sql,
    session: {
      ...engine.defaultSession,
      catalog: 'tpch',
      schema: 'sf0.1',
      properties: new Map([['join_distribution_type', 'PARTITIONED']]),
    },
  })

test.each([
  'SELECT partkey, count(*), sum(quantity), min(shipmode) FROM lineitem GROUP BY partkey',
  'SELECT l.linenumber, p.brand, p.size FROM lineitem l JOIN part p ON l.partkey = p.partkey WHERE p.size < 5',
  'SELECT DISTINCT suppkey, shipmode FROM lineitem',
])('%s', async (sql) => {
  const expected = await rowTexts(runOf(single, sql))
  const run = runOf(cluster.coordinator, sql)
  const actual = await rowTexts(run)
  expect(actual.toSorted()).toEqual(expected.toSorted())
  const { stages } = run.execution!.info()
  const drivers = stages
    .flatMap(({ tasks }) => tasks)
    .flatMap(({ pipelines }) => pipelines)
    .flatMap((pipeline) => pipeline.drivers)
    .filter(({ operators }) => operators.some(({ name }) => name === 'partitionOutput'))
  const threads = new Set(drivers.map(({ thread }) => thread))
  expect(threads).toContain('worker-1')
  expect(threads).toContain('worker-2')
})
