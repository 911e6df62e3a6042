import { QUERIES as TPCDS } from '../tpcds/queries.mjs'
import { QUERIES as TPCH } from '../tpch/queries.mjs'

const build = new URL('../../build/', import.meta.url)
const load = (name) => import(new URL(`${name}.js`, build))

/**
 * Megabytes a second that are parsed: the queries of TPC-H and TPC-DS one after the other, and single statements of about
 * `bytes` and twice as many. What was parsed is formatted and parsed again, which has to give the same statement.
 */
export async function run({ bytes, runs }, emit) {
  const [{ parseStatement }, { formatStatement }] = await Promise.all([
    load('planner/parser/parser'),
    load('planner/parser/format/format'),
  ])
  const cases = [
    ['TPC-H and TPC-DS', [...TPCH, ...TPCDS].map((sql) => sql.trim().replace(/;$/, ''))],
    ...[1, 2].flatMap((factor) => statements(bytes * factor)),
  ]
  for (const [name, texts] of cases) {
    for (const sql of texts) {
      const formatted = formatStatement(parseStatement(sql))
      if (formatStatement(parseStatement(formatted)) !== formatted) {
        throw new Error(`${name}: what was formatted reads otherwise: ${sql.slice(0, 200)}`)
      }
    }
    const length = texts.reduce((sum, sql) => sum + Buffer.byteLength(sql), 0)
    const samples = []
    // One run more, which warms up.
    for (let run = 0; run <= runs; run++) {
      const startedAt = performance.now()
      for (const sql of texts) parseStatement(sql)
      if (run > 0) samples.push(length / 1000 / (performance.now() - startedAt))
    }
    emit({ group: '', name, subject: 'millrace', samples, unit: 'MB/s', better: 'higher' })
  }
}

/** Long statements of three kinds: many rows, many columns, many relations. */
function statements(bytes) {
  const size = `${bytes / 1e6} MB`
  const repeated = (text, separator) =>
    Array.from({ length: Math.ceil(bytes / (text.length + separator.length)) }, () => text).join(
      separator,
    )
  const row = "(12345, 'a text of some words', DATE '2020-02-29', NULL, 1.5e3)"
  const column = 'CASE WHEN l.quantity > 10 THEN coalesce(l.discount, 0) * (1 - l.tax) ELSE -1 END'
  const query = "SELECT a, count(*) FROM s.t AS x WHERE b IN (1, 2) AND c LIKE 'x%' GROUP BY a"
  return [
    [`rows of VALUES, ${size}`, [`INSERT INTO t VALUES ${repeated(row, ', ')}`]],
    [`columns, ${size}`, [`SELECT ${repeated(column, ', ')} FROM lineitem AS l`]],
    [`a UNION of queries, ${size}`, [repeated(query, ' UNION ALL ')]],
  ]
}
