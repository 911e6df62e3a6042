import { expect, test } from 'vitest'
import { memoryConnectorFactory } from '../../../../src/connectors/memory/connector.js'
import { scansOf } from '../../../../src/planner/cost/table-statistics.js'
import { workEstimates } from '../../../../src/planner/cost/work-estimates.js'
import { BIGINT, MAX_PAGE_ROWS } from '../../../../src/spi/index.js'
import { ConnectorHarness, pageOf, testContext } from '../../../support/connector.js'
import { planQuery } from '../optimizer/planning.js'

const ROWS = 4 * MAX_PAGE_ROWS

test('a scan is expected to read the pages that its filter leaves', async () => {
  const connector = await memoryConnectorFactory.create('memory', {}, testContext())
  const harness = new ConnectorHarness(connector)
  const name = { schema: 'default', table: 't' }
  await harness.transact((metadata) =>
    metadata.createTable!(
      harness.session,
      { table: name, columns: [{ name: 'k', type: BIGINT }] },
      'FAIL',
    ),
  )
  const rows = Array.from({ length: ROWS }, (_, i) => [BigInt(i)])
  await harness.insert('default', 't', [pageOf([BIGINT], rows)])
  await harness.transact(async (metadata) => {
    const at = { catalog: 'memory', schema: 'default' }
    const estimatesOf = async (sql: string) => {
      const { plan, context } = await planQuery(sql, new Map([['memory', metadata]]), at)
      const [scan, ...others] = scansOf(plan)
      expect(others).toEqual([])
      const { nodeRows, inputBytes } = workEstimates(plan, [scan!], context.estimator)
      return { scanned: nodeRows.get(scan!.id), result: nodeRows.get(plan.id), inputBytes }
    }
    const all = await estimatesOf('SELECT k FROM t')
    expect(all).toEqual({ scanned: ROWS, result: ROWS, inputBytes: ROWS * 8 })
    const one = await estimatesOf('SELECT k FROM t WHERE k = 7')
    expect(one).toMatchObject({ scanned: ROWS / 4, inputBytes: ROWS * 2 })
    expect(one.result).toBeCloseTo(1)
    expect(await estimatesOf('SELECT k FROM t WHERE k < 0')).toMatchObject({ inputBytes: 0 })
  })
  await connector.shutdown?.()
})
