import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineOptions, Millrace } from '../../src/index.js'
import { DIST, ROOT, requireBuild } from '../support/build.js'
import { cellText, parseScript, type SqlRecord, typeLetter } from '../support/sql-script.js'

const scripts = readdirSync(join(ROOT, 'test/sql'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.slt'))
  .sort()
const configs = readdirSync(join(ROOT, 'test/configs')).sort()

interface Configuration {
  readonly description: string
  readonly options: EngineOptions
  /** Scripts that cannot run so, with the reason. */
  readonly skip?: Readonly<Record<string, string>>
}

const spillPath = mkdtempSync(join(tmpdir(), 'millrace-sql-'))
afterAll(() => rmSync(spillPath, { recursive: true, force: true }))

describe.each(configs)('SQL under %s', (config) => {
  const { options, skip = {} } = JSON.parse(
    readFileSync(join(ROOT, 'test/configs', config), 'utf8'),
  ) as Configuration
  let engine: Millrace

  beforeAll(async () => {
    requireBuild()
    const module = (await import(
      pathToFileURL(join(DIST, 'index.js')).href
    )) as typeof import('../../src/index.js')
    engine = await module.Millrace.create({
      timeZone: 'UTC',
      user: 'tester',
      catalogs: { tpch: { 'connector.name': 'tpch' } },
      ...options,
      ...(options.spillPath === undefined ? {} : { spillPath: join(spillPath, basename(config)) }),
    })
  })
  afterAll(() => engine?.close())

  for (const script of scripts) {
    const reason = skip[script]
    if (reason !== undefined) {
      test.skip(`${script}: ${reason}`, () => {})
      continue
    }
    test(script, async () => {
      const schema = `${basename(script, '.slt')}_${basename(config, '.json')}`.replaceAll('-', '_')
      await engine.execute(`CREATE SCHEMA memory.${schema}`)
      for (const record of parseScript(
        readFileSync(join(ROOT, 'test/sql', script), 'utf8'),
        script,
      ))
        await check(engine, schema, record, `${script}:${record.line}`)
      await engine.execute(`DROP SCHEMA memory.${schema} CASCADE`)
    })
  }
})

async function check(
  engine: Millrace,
  schema: string,
  record: SqlRecord,
  place: string,
): Promise<void> {
  const options = { catalog: 'memory', schema, rowMode: 'array' } as const
  switch (record.kind) {
    case 'ok':
      await engine.execute(record.sql, [], options)
      return
    case 'error': {
      const error = await engine.execute(record.sql, [], options).then(
        () => undefined,
        (failure: { code?: string; location?: { line: number; column: number } }) => failure,
      )
      expect(error?.code, place).toBe(record.code)
      if (record.place !== undefined) {
        expect(`${error?.location?.line}:${error?.location?.column}`, place).toBe(record.place)
      }
      return
    }
    case 'query': {
      const query = engine.query<readonly unknown[]>(record.sql, [], options)
      const columns = await query.columns()
      expect(columns.map(({ type }) => typeLetter(type.kind)).join(''), place).toBe(record.types)
      const rows = (await query.all()).map((row) => row.map(cellText).join(' | '))
      const order = (texts: readonly string[]) => (record.sorted ? [...texts].sort() : texts)
      expect(order(rows), place).toEqual(order(record.rows))
    }
  }
}
