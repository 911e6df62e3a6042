import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROOT, requireBuild } from '../support/build.js'

let server: ChildProcess
let url: string
beforeAll(async () => {
  requireBuild()
  server = spawn(process.execPath, [join(ROOT, 'examples/federated-stream.mjs')], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(server.stdout!, 'data')) as [Buffer]
  url = line.toString().trim()
})
afterAll(async () => {
  const exited = once(server, 'exit')
  server.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

it('streams the joined rows in the format that is asked for', async () => {
  const response = await fetch(`${url}/customers?nation=FRANCE`)
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  const rows = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows.length).toBeGreaterThan(20)
  expect(new Set(rows.map((row) => row.nation))).toEqual(new Set(['FRANCE']))
  expect(rows.every((row) => ['Ada', 'Bo', 'Cy', 'Di', 'Eve'].includes(row.manager))).toBe(true)
  const csv = await (await fetch(`${url}/customers?nation=FRANCE&format=csv`)).text()
  expect(csv.split('\n')).toHaveLength(rows.length + 2)
  expect(csv).toMatch(/^custkey,name,nation,manager\n/)
})

it('answers nothing for a nation that there is not, and 400 for a format', async () => {
  expect(await (await fetch(`${url}/customers?nation=ATLANTIS&format=json`)).json()).toEqual([])
  expect((await fetch(`${url}/customers?format=xml`)).status).toBe(400)
})
