/**
 * Runs the statements of statements.mjs in a real database and in Millrace, prints where answers differ, and with --record keeps the
 * database's answers for the tests. Not part of `npm test`: it needs the databases.
 *
 *   node test/dialect/compare.mjs [--record] DIALECT COMMAND [ARGUMENT…]
 *
 * COMMAND reads SQL from its standard input and writes a row a line, columns with U+001F or a tab between them, NULL as \N or NULL:
 *   postgresql  psql -XqAt -F $'\x1f' -P null='\N' …
 *   mysql       mariadb -NB …
 *   sqlite      sqlite3 -separator $'\x1f' -nullvalue '\N' …
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Millrace } from '../../build/index.js'
import { sameAnswer, textOf } from './same-answer.mjs'
import { STATEMENTS } from './statements.mjs'

const recorded = new URL('answers.json', import.meta.url)
const args = process.argv.slice(2)
const records = args[0] === '--record'
const [dialect, command, ...rest] = records ? args.slice(1) : args
const { setup, queries } = STATEMENTS[dialect]

/** The rows of one statement, or the error. */
function ask(sql) {
  const input = `${setup.map((statement) => `${statement};\n`).join('')}${sql};\n`
  const { stdout, stderr, status } = spawnSync(command, rest, {
    input,
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  if (status !== 0 || /ERROR|Error/.test(stderr)) return { error: stderr.trim() }
  const lines = stdout.replace(/\n$/, '').split('\n')
  const separator = stdout.includes('\x1f') ? '\x1f' : '\t'
  return {
    rows: lines.map((line) =>
      line
        .split(separator)
        .map((field) =>
          field === '\\N' || (dialect === 'mysql' && field === 'NULL') ? null : field,
        ),
    ),
  }
}

const engine = await Millrace.create({ threads: 0 })
for (const sql of setup) await engine.execute(sql, [], { dialect })
const answers = []
let failures = 0
for (const sql of queries) {
  const expected = ask(sql)
  if (expected.error !== undefined) {
    console.log(`! ${sql}\n  the database says: ${expected.error}`)
    continue
  }
  answers.push({ sql, rows: expected.rows })
  let actual
  try {
    actual = (await engine.query(sql, [], { dialect, rowMode: 'array' }).all()).map((row) =>
      row.map(textOf),
    )
  } catch (error) {
    actual = `${error.code}: ${error.message}`
  }
  if (sameAnswer(actual, expected.rows)) continue
  failures++
  console.log(
    `- ${sql}\n  ${dialect}: ${JSON.stringify(expected.rows)}\n  millrace: ${JSON.stringify(actual)}`,
  )
}
await engine.close()
console.log(`${dialect}: ${answers.length - failures} of ${queries.length} alike`)
if (records) {
  let all = {}
  try {
    all = JSON.parse(readFileSync(recorded, 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  writeFileSync(recorded, `${JSON.stringify({ ...all, [dialect]: answers }, null, 1)}\n`)
}
process.exitCode = failures === 0 ? 0 : 1
