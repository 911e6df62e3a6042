import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { jmxConnectorFactory } from '../../../../src/connectors/jmx/connector.js'
import { ConnectorHarness, testContext } from '../../../support/connector.js'

describe('jmx connector', () => {
  it('shows the process as it is', async () => {
    const pools = () => [{ name: 'threads', unit: 'threads', size: 2, used: 1, waiting: 0 }]
    const connector = await jmxConnectorFactory.create('jmx', {}, testContext(2 ** 20, { pools }))
    const harness = new ConnectorHarness(connector)
    await harness.transact(async (metadata) => {
      const tables = (await metadata.listTables(harness.session, 'current')).map((t) => t.table)
      expect(tables.toSorted()).toEqual([
        'event_loop',
        'garbage_collection',
        'memory',
        'memory_pool',
        'pools',
        'process',
      ])
    })
    const columns = ['node', 'resident_bytes', 'heap_used_bytes']
    const [[node, resident, heap]] = (await harness.scan('current', 'memory', { columns })) as [
      [string, bigint, bigint],
    ]
    const now = process.memoryUsage()
    expect(node).toBe('node-1')
    expect(Number(resident) / now.rss).toBeGreaterThan(0.3)
    expect(Number(resident) / now.rss).toBeLessThan(3)
    expect(heap).toBeGreaterThan(0n)
    expect(await harness.scan('current', 'pools')).toEqual([
      ['node-1', 'threads', 'threads', 2n, 1n, 0n],
    ])
    const [[pid]] = (await harness.scan('current', 'process', { columns: ['pid'] })) as [[bigint]]
    expect(pid).toBe(BigInt(process.pid))
    expect((await harness.scan('current', 'memory_pool', { columns: ['name'] })).flat()).toContain(
      'new_space',
    )
    await connector.shutdown!()
  })

  it('counts collections and delays since it was made', async () => {
    const connector = await jmxConnectorFactory.create('jmx', {}, testContext(2 ** 20))
    const harness = new ConnectorHarness(connector)
    const count = async (): Promise<bigint> =>
      (await harness.scan('current', 'garbage_collection', { columns: ['collections'] }))
        .map(([collections]) => collections as bigint)
        .reduce((sum, collections) => sum + collections, 0n)
    let garbage: unknown[] = []
    for (let i = 0; i < 200 && (await count()) === 0n; i++) {
      garbage = Array.from({ length: 100_000 }, (_, k) => ({ k }))
      await wait(1)
    }
    expect(garbage.length).toBeGreaterThan(0)
    expect(await count()).toBeGreaterThan(0n)
    await wait(30)
    const [[samples, utilization]] = (await harness.scan('current', 'event_loop', {
      columns: ['samples', 'utilization'],
    })) as [[bigint, number]]
    expect(samples).toBeGreaterThan(0n)
    expect(utilization).toBeGreaterThan(0)
    await connector.shutdown!()
  })

  it('refuses properties', async () => {
    expect(() => jmxConnectorFactory.create('jmx', { x: 'y' }, testContext(2 ** 20))).toThrow(
      /not known/,
    )
  })
})
