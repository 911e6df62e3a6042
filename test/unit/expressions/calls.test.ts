import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'

/*
 * calls.txt: a call, a line => and its answer, which Trino 476 gives too; of sums of doubles, and of functions of them, but for the last digits.
 * trino-functions.txt: name, return type, argument types, kind and determinism of each row of its SHOW FUNCTIONS, without those for
 * machine learning.
 */
const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

const CALLS = read('calls.txt')
  .trim()
  .split(/\n(?!=> )/)
  .map((entry) => entry.split('\n=> ') as [string, string])

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, v) => {
    if (v instanceof Map) return [...v]
    if (typeof v === 'bigint') return String(v)
    if (typeof v !== 'number') return v
    return Number.isFinite(v) ? Number(v.toPrecision(12)) : String(v)
  })

test('calls of functions have the answers of Trino', async () => {
  const engine = await Millrace.create({ threads: 0 })
  try {
    for (const [call, expected] of CALLS) {
      const rows = await engine
        .query<readonly unknown[]>(`SELECT ${call}`, [], { rowMode: 'array' })
        .all()
      expect(rows.map(([value]) => textOf(value)).join(' ; '), call).toBe(expected)
    }
  } finally {
    await engine.close()
  }
})

test('SHOW FUNCTIONS lists what Trino 476 does', async () => {
  const engine = await Millrace.create({ threads: 0 })
  try {
    const rows = await engine
      .query<readonly unknown[]>('SHOW FUNCTIONS', [], { rowMode: 'array' })
      .all()
    const lines = new Set(rows.map((row) => row.slice(0, 5).join(' | ')))
    const expected = new Set(read('trino-functions.txt').trim().split('\n'))
    expect([...expected].filter((line) => !lines.has(line))).toEqual([])
    expect([...lines].filter((line) => !expected.has(line))).toEqual([])
    expect(rows.filter((row) => row[5] === '')).toEqual([])
  } finally {
    await engine.close()
  }
})

test('each function is called by some test', async () => {
  const texts: string[] = []
  const collect = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      if (statSync(path).isDirectory()) collect(path)
      else if (/\.(?:ts|mjs|slt|txt)$/.test(name) && name !== 'trino-functions.txt') {
        texts.push(readFileSync(path, 'utf8').toLowerCase())
      }
    }
  }
  collect(new URL('../..', import.meta.url).pathname)
  const words = new Set(texts.join('\n').match(/[a-z_]\w*(?=\s*\()/g))
  const functions = new Set(
    read('trino-functions.txt')
      .trim()
      .split('\n')
      .map((line) => line.split(' | ')[0]!.toLowerCase()),
  )
  /** Names that are called without parentheses. */
  for (const bare of ['current_date', 'current_timestamp', 'localtime', 'localtimestamp']) {
    functions.delete(bare)
  }
  expect([...functions].filter((name) => !words.has(name))).toEqual([])
})
