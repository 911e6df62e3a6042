import { expect, test } from 'vitest'
import { Engine } from '../../../src/engine/engine.js'
import { startServer } from '../../../src/server/server.js'

test('a server that stops ends the statements of its clients, and the engine stays', async () => {
  const engine = await Engine.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  try {
    const server = await startServer(engine, { port: 0 })
    const post = await fetch(`${server.url}/v1/statement`, {
      method: 'POST',
      headers: { 'x-trino-user': 'tester' },
      body: 'SELECT * FROM tpch.sf1.lineitem',
    })
    let page = await post.json()
    while (page.data === undefined) page = await (await fetch(page.nextUri)).json()
    const [run] = engine.services.queries.active()
    await server.close()
    await run!.settled
    expect(run!.failure?.code).toBe('SERVER_SHUTTING_DOWN')
    expect(engine.services.queries.active()).toEqual([])
  } finally {
    await engine.close()
  }
})

test('a server that cannot start leaves nothing', async () => {
  const engine = await Engine.create({ threads: 0 })
  try {
    const first = await startServer(engine, { port: 0 })
    const { port } = first
    await expect(startServer(engine, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await first.close()
    // A worker without the address of its coordinator: the node fails when the server already listens.
    const cluster = { coordinator: false, includeCoordinator: false, discoveryUri: 'no address' }
    await expect(startServer(engine, { port, cluster })).rejects.toThrow('Invalid URL')
    expect(engine.httpUri).toBe('')
    const second = await startServer(engine, { port })
    await second.close()
  } finally {
    await engine.close()
  }
})
