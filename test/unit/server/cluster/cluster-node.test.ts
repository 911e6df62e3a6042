import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { startClusterNode } from '../../../../src/server/cluster/cluster-node.js'

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
