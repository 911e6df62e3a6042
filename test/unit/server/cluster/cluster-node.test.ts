import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { startClusterNode } from '../../../../src/server/cluster/cluster-node.js'
import { startServer } from '../../../../src/server/server.js'
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

test('upgrades that come while a node starts are cut off, and refused ones do not stay open', async () => {
  const engine = await Engine.create({ threads: 0 })
  const port = await freePort()
  /** Asks for an upgrade as soon as something listens, and never closes its side. @returns whether it was closed in time */
  const ask = async (path: string): Promise<boolean> => {
    const deadline = Date.now() + 3000
    while (Date.now() < deadline) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      const isConnected = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      if (!isConnected) {
        await sleep(0)
        continue
      }
      socket.on('error', () => {})
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      )
      const ended = new Promise<boolean>((resolve) => {
        socket
          .resume()
          .once('end', () => resolve(true))
          .once('close', () => resolve(true))
      })
      const isClosed = await Promise.race([ended, sleep(3000, false)])
      openSockets.push(socket)
      return isClosed
    }
    return false
  }
  const openSockets: Socket[] = []
  try {
    const early = ask('/v1/cluster')
    const cluster = { coordinator: true, includeCoordinator: true, sharedSecret: 'a secret' }
    const server = await startServer(engine, { port, cluster })
    expect(await early).toBe(true)
    expect(await ask('/v1/cluster')).toBe(true)
    expect(await ask('/v1/nothing')).toBe(true)
    expect(await Promise.race([server.close().then(() => true), sleep(3000, false)])).toBe(true)
  } finally {
    for (const socket of openSockets) socket.destroy()
    await engine.close()
  }
})
