import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const executablePath = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/google-chrome',
  chromium.executablePath(),
].find((path) => path !== undefined && path !== '' && existsSync(path))
const isBuilt = existsSync(resolve(root, 'dist/browser/index.js'))
const missing =
  executablePath === undefined
    ? 'Chromium is not there: install it, or set CHROMIUM to its path'
    : isBuilt
      ? undefined
      : 'dist/browser is not there: npm run build'
if (missing !== undefined) console.log(`skipped the tests of pages in a browser: ${missing}`)

describe.skipIf(missing !== undefined)('the example page', () => {
  let example: ChildProcess
  let browser: Browser
  let page: Page
  const failures: string[] = []

  beforeAll(async () => {
    example = spawn(process.execPath, ['examples/browser/serve.mjs'], { cwd: root })
    let url: string | undefined
    for await (const line of createInterface(example.stdout!)) {
      url = /^open (.*)$/.exec(line)?.[1]
      if (url !== undefined) break
    }
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
    page = await browser.newPage()
    page.on('pageerror', (error) => failures.push(error.message))
    await page.goto(url!)
  })
  afterAll(async () => {
    await browser?.close()
    example?.kill('SIGTERM')
  })

  test('streams a query into its table', async () => {
    await page.click('#run')
    await page.waitForFunction(
      "/rows in \\d+ ms/.test(document.getElementById('status').textContent)",
    )
    expect(await page.textContent('#status')).toMatch(/^\d{4} rows in/)
    expect(await page.locator('#rows tr').count()).toBe(25)
    expect(await page.locator('#head th').allTextContents()).toContain('totalprice')
    const path = process.env['SCREENSHOT']
    if (path !== undefined) await page.screenshot({ path })
  })

  test('tells what is wrong with a query', async () => {
    await page.fill('#sql', 'SELECT nope')
    await page.click('#run')
    await page.waitForSelector('#status.failed')
    expect(await page.textContent('#status')).toContain('COLUMN_NOT_FOUND')
  })

  test('reads pages and exact values, and cancels', async () => {
    const seen = await page.evaluate(`(async () => {
      const sql = "SELECT BIGINT '9007199254740993' AS big, TIMESTAMP '2020-07-01 12:00:00 Europe/Berlin' AS z, 'é' AS t"
      const rows = await millrace.query(sql).all()
      let pages = 0
      for await (const page of millrace.query('SELECT * FROM tpch.tiny.orders').pages()) pages += page.rowCount
      const plain = await millrace.query(sql, [], { values: 'plain' }).all()
      const query = millrace.query('SELECT * FROM tpch.sf1.lineitem')
      let count = 0
      let code
      try {
        for await (const _ of query) if (++count === 1000) await query.cancel()
      } catch (error) {
        code = error.code
      }
      return { big: String(rows[0].big), z: rows[0].z, t: rows[0].t, pages, plain: plain[0].z.toISOString(), code }
    })()`)
    expect(seen).toEqual({
      big: '9007199254740993',
      z: '2020-07-01 12:00:00 Europe/Berlin',
      t: 'é',
      pages: 15_000,
      plain: '2020-07-01T10:00:00.000Z',
      code: 'USER_CANCELED',
    })
    expect(failures).toEqual([])
  })
})
