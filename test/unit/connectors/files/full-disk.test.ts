import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Millrace } from '../../../../src/engine/millrace.js'
import { toMillraceError } from '../../../../src/spi/index.js'

interface Disk extends Disposable {
  readonly root: string
}

/** A file system of 2 MB; undefined where this process may not mount one. */
function smallDisk(): Disk | undefined {
  const root = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  const run = (command: string, ...args: string[]): void => {
    execFileSync(command, args, { stdio: 'ignore', timeout: 10_000 })
  }
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root)
  } catch {
    rmSync(root, { recursive: true })
    return undefined
  }
  return {
    root,
    [Symbol.dispose]() {
      run('umount', root)
      rmSync(root, { recursive: true })
    },
  }
}

const everything = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()

/** Some 6 MB of texts that don't compress to less than the disk has. */
const ROWS = `SELECT x, y, to_hex(sha512(CAST(CAST(x * 10000 + y AS varchar) AS varbinary))) AS s
  FROM UNNEST(sequence(1, 10)) AS t(x), UNNEST(sequence(1, 4000)) AS u(y)`

test.each([
  'PARQUET',
  'CSV',
  'JSON',
  'ARROW',
])('a disk that gets full while %s is written is an error, and what was written goes', async (format) => {
  using disk = smallDisk()
  // Vitest prints no reason of a skipped test.
  if (disk === undefined) return console.log('skipped: only the superuser may mount a disk')
  mkdirSync(join(disk.root, 's'))
  const engine = await Millrace.create({
    threads: 0,
    catalogs: { files: { 'connector.name': 'files', 'files.root': disk.root } },
  })
  try {
    const run = (sql: string): Promise<unknown[]> =>
      engine.query(sql, [], { catalog: 'files', schema: 's', rowMode: 'array' }).all()
    const failure = (sql: string): Promise<string> =>
      run(sql).then(
        () => 'it succeeded',
        (error) => `${toMillraceError(error).code}: ${toMillraceError(error).message}`,
      )
    await run(
      `CREATE TABLE t WITH (format = '${format}') AS SELECT 1 AS x, 2 AS y, CAST('z' AS varchar) AS s`,
    )
    const before = everything(disk.root)
    const full = new RegExp(`^HIVE_WRITER_(DATA|CLOSE)_ERROR: .*no space left.*: ${disk.root}/`)
    expect(await failure(`CREATE TABLE n WITH (format = '${format}') AS ${ROWS}`)).toMatch(full)
    expect(await failure(`INSERT INTO t ${ROWS}`)).toMatch(full)
    expect(
      await failure(`CREATE OR REPLACE TABLE t WITH (format = '${format}') AS ${ROWS}`),
    ).toMatch(full)
    expect(everything(disk.root)).toEqual(before)
    expect(await run('SELECT * FROM t')).toEqual([[1, 2, 'z']])
    // There is room again.
    await run(`INSERT INTO t SELECT x, y, s FROM (${ROWS}) WHERE x = 1 AND y <= 500`)
    expect(await run('SELECT count(*) FROM t')).toEqual([[501n]])
  } finally {
    await engine.close()
  }
})
