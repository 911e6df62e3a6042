import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { startClusterNode } from '../../../../src/server/cluster/cluster-node.js'
import { freePort } from '../../../support/cluster-process.js'

test('a node that starts by half leaves nothing at its server', async () => {
  const engine = await Engine.create({ threads: 0 })
  const server = createServer()
  try {
    const address = { host: '127.0.0.1', port: 0 }
    const worker = { coordinator: false, includeCoordinator: false, discoveryUri: 'no address' }
    await expect(startClusterNode(engine, server, address, worker)).rejects.toThrow('Invalid URL')
    expect(server.listenerCount('upgrade')).toBe(0)
    const node = await startClusterNode(engine, server, address, {
      coordinator: true,
      includeCoordinator: true,
    })
    expect(server.listenerCount('upgrade')).toBeGreaterThan(0)
    node.close()
    expect(server.listenerCount('upgrade')).toBe(0)
  } finally {
    await engine.close()
  }
})

test('a worker whose coordinator does not answer says so once, after some seconds', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const engine = await Engine.create({ threads: 0, isCoordinator: false })
  const causes: string[] = []
  try {
    const node = await startClusterNode(
      engine,
      createServer(),
      { host: '127.0.0.1', port: 0 },
      {
        coordinator: false,
        includeCoordinator: false,
        discoveryUri: `http://127.0.0.1:${await freePort()}`,
        onUnreachable: (cause) => causes.push(cause.message),
      },
    )
    await sleep(300)
    expect(causes).toEqual([])
    vi.advanceTimersByTime(6000)
    await vi.waitFor(() => expect(causes).toHaveLength(1), { timeout: 5000, interval: 20 })
    expect(causes[0]).toContain('ECONNREFUSED')
    await sleep(600)
    expect(causes).toHaveLength(1)
    node.close()
  } finally {
    vi.useRealTimers()
    await engine.close()
  }
})
