import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'
import { SEED } from '../../support/seed.js'
import { createRandom, type Random } from '../kernel-support/cells.js'

/*
 * A grouping of relations that are joined anyway becomes a window over the join. The answers are those of the plan that joins
 * as written, in which nothing of the kind is done.
 */

const NARROWED = 'FROM sales s, parts p WHERE p.part = s.part AND p.kind = 3'
const OF_PART = 'FROM sales t WHERE t.part = p.part'

const WINDOWS: Readonly<Record<string, string>> = {
  'an average by a key that is equal through a third column': `SELECT s.id, p.id ${NARROWED} AND s.price < (SELECT 0.9 * avg(t.price) ${OF_PART})`,
  'a key that is compared itself': `SELECT s.id ${NARROWED} AND s.price > (SELECT avg(t.price) FROM sales t WHERE t.part = s.part)`,
  'a minimum over joins, with filters in both': `SELECT s.id, d.name ${NARROWED.replace('WHERE', ', days d WHERE')} AND d.day = s.day AND d.open AND s.price =
    (SELECT min(t.price) FROM sales t, days e WHERE t.part = p.part AND e.day = t.day AND e.open)`,
  'a maximum of doubles': `SELECT s.id ${NARROWED} AND s.weight = (SELECT max(t.weight) ${OF_PART})`,
  'a computed argument': `SELECT s.id ${NARROWED} AND s.price * 9 > (SELECT min(t.price * t.amount) ${OF_PART})`,
  'a column that the query does not read otherwise': `SELECT s.id ${NARROWED} AND s.price > (SELECT min(t.amount) ${OF_PART})`,
  'two keys, of which one may be null': `SELECT s.id ${NARROWED} AND s.price >= (SELECT avg(t.price) FROM sales t WHERE t.part = s.part AND t.day = s.day)`,
  'aggregates and keys that are selected': `SELECT s.id, a.part, a.most, a.mean, p.id FROM sales s JOIN parts p ON p.part = s.part
    JOIN (SELECT part, max(price) AS most, avg(price) AS mean FROM sales GROUP BY part) a ON a.part = s.part WHERE p.kind = 3`,
  'a condition on groups': `SELECT s.id, a.mean FROM sales s JOIN parts p ON p.part = s.part
    JOIN (SELECT part, avg(price) AS mean FROM sales GROUP BY part HAVING max(amount) = 8) a ON a.part = s.part WHERE p.kind = 3`,
  'another relation, by another column': `SELECT s.id, d.name ${NARROWED.replace('WHERE', ', days d WHERE')} AND d.day = s.day AND s.price > (SELECT avg(t.price) ${OF_PART})`,
  'relations that are compared otherwise, by a key': `SELECT s.id, q.id ${NARROWED.replace('WHERE', ', parts q WHERE')} AND q.part = s.part AND q.weight < s.part AND s.price > (SELECT avg(t.price) ${OF_PART})`,
  'two subqueries': `SELECT s.id ${NARROWED} AND s.price > (SELECT avg(t.price) ${OF_PART}) AND s.amount < (SELECT max(t.amount) ${OF_PART})`,
}

const NO_WINDOWS: Readonly<Record<string, string>> = {
  'the query keeps fewer rows': `SELECT s.id ${NARROWED} AND s.amount < 4 AND s.price < (SELECT avg(t.price) ${OF_PART})`,
  'the subquery keeps fewer rows': `SELECT s.id ${NARROWED} AND s.price < (SELECT avg(t.price) ${OF_PART} AND t.amount < 4)`,
  'what narrows is joined by another column too': `SELECT s.id ${NARROWED} AND p.weight = s.amount AND s.price < (SELECT avg(t.price) ${OF_PART})`,
  'what narrows is joined by another column': `SELECT s.id FROM sales s, parts p WHERE p.part = s.amount AND p.kind = 3 AND s.price < (SELECT avg(t.price) FROM sales t WHERE t.part = s.part)`,
  'a key is another column': `SELECT s.id ${NARROWED} AND s.price < (SELECT avg(t.price) FROM sales t WHERE t.amount = p.part)`,
  'a key is joined with another relation alone': `SELECT s.id, d.name, a.mean FROM sales s JOIN parts p ON p.part = s.part
    JOIN (SELECT part, day, avg(price) AS mean FROM sales GROUP BY part, day) a ON a.part = s.part JOIN days d ON d.day = a.day WHERE p.kind = 3`,
  'repeated rows count: a sum': `SELECT s.id ${NARROWED} AND s.price * 20 > (SELECT sum(t.price) ${OF_PART})`,
  'repeated rows count': `SELECT s.id ${NARROWED} AND s.amount > (SELECT count(t.price) ${OF_PART})`,
  'an average of doubles': `SELECT s.id ${NARROWED} AND s.weight < (SELECT avg(t.weight) ${OF_PART})`,
  'an average of long decimals': `SELECT s.id ${NARROWED} AND s.price < (SELECT avg(CAST(t.price AS decimal(38, 2))) ${OF_PART})`,
  'distinct values': `SELECT s.id ${NARROWED} AND s.price < (SELECT avg(DISTINCT t.price) ${OF_PART})`,
  'few groups are dropped': `SELECT s.id FROM sales s, parts p WHERE p.part = s.part AND p.kind > 3 AND s.price < (SELECT avg(t.price) ${OF_PART})`,
  'nothing narrows':
    'SELECT s.id FROM sales s WHERE s.price < (SELECT avg(t.price) FROM sales t WHERE t.part = s.part)',
}

const ROWS = 800
const PARTS = 90

/** Rows as VALUES: keys repeat in both tables, and are null now and then. */
function tables(random: Random): readonly string[] {
  const { below } = random
  const orNull = (text: string) => (random.chance(0.05) ? 'NULL' : text)
  const rows = (count: number, row: (i: number) => readonly string[]) =>
    Array.from({ length: count }, (_, i) => `(${row(i).join()})`).join()
  const price = () => `CAST(${below(500)} AS decimal(10,2)) / 4`
  const sales = rows(ROWS, (i) => [
    `${i}`,
    orNull(`${below(60)}`),
    orNull(`${below(8)}`),
    orNull(`CAST(${price()} AS decimal(10,2))`),
    `${below(9)}`,
    orNull(`${below(40)}e0 / 8`),
  ])
  const parts = rows(PARTS, (i) => [`${i}`, orNull(`${below(60)}`), `${below(20)}`, `${below(9)}`])
  const days = rows(10, (i) => [orNull(`${below(8)}`), `'day ${i}'`, `${random.chance(0.7)}`])
  return [
    `CREATE TABLE sales AS SELECT * FROM (VALUES ${sales}) t(id, part, day, price, amount, weight)`,
    `CREATE TABLE parts AS SELECT * FROM (VALUES ${parts}) t(id, part, kind, weight)`,
    `CREATE TABLE days AS SELECT * FROM (VALUES ${days}) t(day, name, open)`,
  ]
}

function randomStatement(random: Random): string {
  const maybe = (text: string, probability = 0.5) => (random.chance(probability) ? text : '')
  const link = random.pick(['p.part', 's.part'])
  const joinsDays = random.chance(0.5)
  const filter = maybe(random.pick(['open', "name <> 'day 3'"]))
  const days = (alias: string, sales: string) =>
    joinsDays
      ? ` AND ${alias}.day = ${sales}.day${filter === '' ? '' : ` AND ${alias}.${filter}`}`
      : ''
  const call = random.pick([
    'avg(t.price)',
    'min(t.price)',
    'max(t.price)',
    'max(t.price + t.amount)',
  ])
  const compared = random.pick(['<', '<=', '=', '>', '<>'])
  const from = (sales: string, day: string) => `sales ${sales}${joinsDays ? `, days ${day}` : ''}`
  const day = maybe(' AND t.day = s.day', 0.3)
  return `SELECT s.id, p.id${joinsDays ? ', d.name' : ''} FROM ${from('s', 'd')}, parts p
    WHERE p.part = s.part AND p.kind ${random.pick(['= 3', '= 7', 'IN (1, 2)'])}${days('d', 's')}
    ${maybe(' AND p.weight < s.part', 0.3)}${maybe(' AND p.weight < s.amount', 0.2)}${maybe(' AND s.amount > 2', 0.2)}
    AND s.price ${compared} (SELECT ${call} FROM ${from('t', 'e')} WHERE t.part = ${link}${day}${days('e', 't')}${maybe(' AND t.amount > 2', 0.2)})`
}

describe('groupings of what is joined anyway', () => {
  const random = createRandom(SEED)
  const engines: Millrace[] = []

  beforeAll(async () => {
    requireBuild()
    const { Millrace } = (await import(
      pathToFileURL(join(DIST, 'index.js')).href
    )) as typeof import('../../../src/index.js')
    engines.push(await Millrace.create({ threads: 0 }))
    engines.push(await Millrace.create({ threads: 2, callingThreadMillis: 0 }))
    const statements = tables(random)
    for (const engine of engines) {
      for (const statement of statements) await engine.execute(statement)
    }
  })
  afterAll(async () => {
    for (const engine of engines) await engine.close()
  })

  async function rowsOf(
    engine: Millrace,
    sql: string,
    strategy: string,
  ): Promise<readonly string[]> {
    const session = { join_reordering_strategy: strategy }
    const rows = await engine.query(sql, [], { rowMode: 'array', session }).all()
    return rows
      .map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))
      .sort()
  }
  async function windowsOf(sql: string): Promise<number> {
    const rows = await engines[0]!.query(`EXPLAIN ${sql}`, [], { rowMode: 'array' }).all()
    return JSON.stringify(rows).split('Window[').length - 1
  }
  /** @returns the number of rows */
  async function check(sql: string): Promise<number> {
    const expected = await rowsOf(engines[0]!, sql, 'NONE')
    for (const engine of engines) {
      expect(await rowsOf(engine, sql, 'AUTOMATIC'), sql).toEqual(expected)
    }
    return expected.length
  }

  test.each(Object.entries(WINDOWS))('%s', async (_, sql) => {
    expect(await windowsOf(sql)).toBe(1)
    expect(await check(sql)).toBeGreaterThan(0)
  })

  test.each(Object.entries(NO_WINDOWS))('not where %s', async (_, sql) => {
    expect(await windowsOf(sql)).toBe(0)
    await check(sql)
  })

  test(`random subqueries (MILLRACE_SEED=${SEED})`, async () => {
    let found = 0
    for (let i = 0; i < 60; i++) {
      const sql = randomStatement(random)
      if ((await windowsOf(sql)) > 0) found++
      await check(sql)
    }
    expect(found).toBeGreaterThan(10)
  })
})
