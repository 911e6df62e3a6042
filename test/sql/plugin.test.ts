import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DIST, ROOT, requireBuild } from '../support/build.js'

let folder: string

beforeAll(() => {
  requireBuild()
  folder = mkdtempSync(join(tmpdir(), 'millrace-plugin-'))
  const source = join(ROOT, 'test/support/plugin-package')
  const tarball = execFileSync('npm', ['pack', source, '--pack-destination', folder, '--silent'], {
    encoding: 'utf8',
  }).trim()
  execFileSync('tar', ['-xzf', join(folder, tarball.split('\n').at(-1)!), '-C', folder])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([0, 2])('a packed plugin is loaded, with %d worker threads', async (threads) => {
  const { Millrace } = (await import(
    pathToFileURL(join(DIST, 'index.js')).href
  )) as typeof import('../../src/index.js')
  const engine = await Millrace.create({
    threads,
    plugins: [pathToFileURL(join(folder, 'package/index.js'))],
    catalogs: { counter: { 'connector.name': 'counter', 'counter.rows': '1000003' } },
  })
  try {
    const rows = await engine
      .query('SELECT count(*) AS c, sum(n) AS s, max(n) AS m FROM counter.default.numbers')
      .all()
    expect(rows).toEqual([{ c: 1_000_003n, s: 500_002_500_003n, m: 1_000_002n }])
  } finally {
    await engine.close()
  }
})
