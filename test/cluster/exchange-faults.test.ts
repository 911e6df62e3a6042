import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  INTERNAL_TOKEN_HEADER,
  signInternalToken,
} from '../../src/exchange/internal-authentication.js'
import { CLUSTER_SECRET, freePort } from '../support/cluster-process.js'
import { type ExchangeProxy, exchangeProxy, type ProxyFaults } from '../support/exchange-proxy.js'
import { FaultCluster, within } from '../support/fault-cluster.js'
import { clientHeaders, get, post } from '../support/protocol-client.js'
import { SEED } from '../support/seed.js'
import { createRandom } from '../unit/kernel-support/cells.js'

/* Between the nodes of a cluster stand proxies, at another address of this machine, that do wrong what networks do. */

const PROXY_HOST = '127.0.0.2'
const QUERIES: readonly string[] = [
  'SELECT orderkey, partkey, shipdate FROM lineitem ORDER BY orderkey, partkey, shipdate',
  'SELECT custkey, count(*), sum(totalprice) FROM orders GROUP BY custkey ORDER BY custkey',
  'SELECT o.orderpriority, l.shipmode, count(*) FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey GROUP BY 1, 2 ORDER BY 1, 2',
  'SELECT count(*) FROM (SELECT DISTINCT partkey, suppkey FROM lineitem)',
  'SELECT custkey, orderkey, rank() OVER (PARTITION BY custkey ORDER BY totalprice, orderkey) FROM orders ORDER BY 1, 2',
]

let cluster: FaultCluster
const faults: { -readonly [K in keyof ProxyFaults]: number } = {
  cuts: 0,
  repeats: 0,
  damages: 0,
  delays: 0,
}
const proxies: ExchangeProxy[] = []

/** What has gone wrong so far. */
const faultCount = (): number =>
  proxies.reduce(
    (sum, { counts }) => sum + counts.cuts + counts.repeats + counts.damages + counts.delays,
    0,
  )

const COORDINATOR = { 'exchange.max-error-duration': '3s', 'exchange.compression-codec': 'LZ4' }

beforeAll(async () => {
  cluster = await FaultCluster.start(3, COORDINATOR, async (i) => {
    const port = await freePort()
    const at = { host: PROXY_HOST, port }
    const target = `http://127.0.0.1:${port}`
    proxies.push(await exchangeProxy(target, createRandom(SEED + i), faults, at))
    return {
      'http-server.http.port': String(port),
      'node.internal-address': PROXY_HOST,
      'exchange.max-error-duration': '3s',
    }
  })
}, 120_000)
afterAll(async () => {
  await cluster?.close()
  for (const proxy of proxies) await proxy.close()
})

test.each([
  { name: 'none', cuts: 0, repeats: 0, damages: 0, delays: 0 },
  { name: 'cut', cuts: 0.02, repeats: 0, damages: 0, delays: 0 },
  { name: 'repeated', cuts: 0, repeats: 0.5, damages: 0, delays: 0 },
  { name: 'delayed', cuts: 0, repeats: 0, damages: 0, delays: 0.3 },
  { name: 'all', cuts: 0.01, repeats: 0.2, damages: 0.005, delays: 0.1 },
])(`frames of the exchange: $name; seed ${SEED}`, async ({ name, ...rates }) => {
  const before = faultCount()
  for (const sql of QUERIES) {
    Object.assign(faults, { cuts: 0, repeats: 0, damages: 0, delays: 0 })
    // With TASK the rows pass through files.
    const expected = await cluster.ask(sql, { retry_policy: 'TASK' })
    Object.assign(faults, rates)
    const actual = await cluster.ask(sql)
    expect(actual.error, sql).toBe(undefined)
    expect(actual.rows, sql).toEqual(expected.rows)
  }
  // The faults did happen.
  if (name !== 'none') expect(faultCount()).toBeGreaterThan(before)
  await cluster.nothingIsLeft()
})

test('nodes that reach the coordinator but not each other: NONE ends with an error, TASK goes on', async () => {
  const sql = QUERIES[2]!
  Object.assign(faults, { cuts: 1, repeats: 0, damages: 0, delays: 0 })
  const begun = performance.now()
  const failed = await cluster.ask(sql)
  expect(['PAGE_TRANSPORT_TIMEOUT', 'REMOTE_HOST_GONE']).toContain(failed.error)
  expect(performance.now() - begun).toBeLessThan(15_000)
  expect((await cluster.ask(sql, { retry_policy: 'TASK' })).error).toBe(undefined)
  faults.cuts = 0
  expect((await cluster.ask(sql)).error).toBe(undefined)
  await cluster.nothingIsLeft()
})

test('a client that never reads holds what buffers hold, and nothing once it is gone', async () => {
  const headers = clientHeaders({ 'X-Trino-Catalog': 'tpch', 'X-Trino-Schema': 'sf0.5' })
  let page = await post(cluster.url, 'SELECT orderkey, partkey, suppkey FROM lineitem', headers)
  while (page.body.data === undefined) page = await get(page.body.nextUri!, headers)
  const buffered = async (): Promise<number> => {
    let bytes = 0
    for (const { url } of cluster.workers) {
      const text = await (await fetch(`${url}/metrics`)).text()
      bytes += Number(/^millrace_exchange_buffered_bytes (\S+)$/m.exec(text)![1])
    }
    return bytes
  }
  let before = -1
  await within(30_000, 'the query does not stop', async () => {
    await new Promise((resolve) => setTimeout(resolve, 500))
    const now = await buffered()
    const isStill = now === before
    before = now
    return isStill
  })
  // Each of four tasks has one buffer of 8 MiB and a page.
  expect(before).toBeLessThan(4 * 12 * 2 ** 20)
  await fetch(page.body.nextUri!, { method: 'DELETE', headers })
  await cluster.nothingIsLeft()
})

const HANDSHAKE = {
  'X-Millrace-Exchange': '1',
  'X-Millrace-Environment': 'testing',
  'X-Millrace-Node': 'stranger',
  'X-Millrace-Instance': 'i',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
}

/** Asks for an upgrade; gives the status and the body of the refusal. */
const upgrade = (
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { headers: { ...HANDSHAKE, ...headers }, timeout: 5000 })
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
    sent.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve({ status: 101, text: '' })
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', reject)
    sent.end()
  })

test('strangers are refused: another version or environment, a wrong secret or none', async () => {
  const { version } = (
    (await (await fetch(`${cluster.url}/v1/info`)).json()) as {
      nodeVersion: { version: string }
    }
  ).nodeVersion
  const token = (secret: string) => ({
    [INTERNAL_TOKEN_HEADER]: signInternalToken(secret, { nodeId: 'stranger', nonce: 'n' }),
  })
  const own = { 'X-Millrace-Version': version, ...token(CLUSTER_SECRET) }
  for (const path of ['/v1/cluster', '/v1/heartbeat', '/v1/exchange']) {
    const url = `${cluster.url}${path}`
    expect(await upgrade(url, own), path).toMatchObject({ status: 101 })
    const otherVersion = await upgrade(url, { ...own, 'X-Millrace-Version': '9.9.9' })
    expect(otherVersion.status).toBe(409)
    expect(JSON.parse(otherVersion.text)).toMatchObject({ code: 'CONFIGURATION_INVALID' })
    const elsewhere = await upgrade(url, { ...own, 'X-Millrace-Environment': 'production' })
    expect(elsewhere.status).toBe(409)
    const wrong = await upgrade(url, { ...own, ...token('wrong') })
    expect(wrong.status).toBe(401)
    expect(JSON.parse(wrong.text)).toMatchObject({ code: 'PERMISSION_DENIED' })
    expect((await upgrade(url, { 'X-Millrace-Version': version })).status).toBe(401)
  }
  expect((await cluster.ask('SELECT count(*) FROM nation')).rows).toEqual([[25]])
})
