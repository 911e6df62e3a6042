import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIST, requireBuild } from '../../support/build.js'
import { type ServerProcess, startServerProcess } from '../../support/server-process.js'

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

let folder: string
let server: ServerProcess

beforeAll(async () => {
  requireBuild()
  folder = mkdtempSync(join(tmpdir(), 'millrace-shell-'))
  writeFileSync(join(folder, 'x.csv'), 'a,b\n1,x\n2,y\n')
  server = await startServerProcess({ tpch: { 'connector.name': 'tpch' } })
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the shell to its end. */
function millrace(
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(DIST, 'cli/main.js'), ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.end(input)
  })
}

describe.each(['in this process', 'on a server'])('statements %s', (place) => {
  const run = (...args: readonly string[]) =>
    millrace(place === 'on a server' ? ['--server', server.url, ...args] : args)

  it('keep the session from one to the next', async () => {
    const script = `USE tpch.tiny; SELECT count(*) FROM nation;
      SET SESSION query_max_run_time = '1h'; SHOW SESSION LIKE 'query_max_run_time';
      PREPARE p FROM SELECT name FROM region WHERE regionkey = ?; EXECUTE p USING 1;
      DEALLOCATE PREPARE p; EXECUTE p USING 1`
    const { status, stdout, stderr } = await run('--execute', script)
    expect(stdout).toMatch(/^"25"\n"query_max_run_time","1h".*\n"AMERICA"\n$/)
    expect(stderr).toMatch(/^USE\nSET SESSION\nPREPARE\nDEALLOCATE\nQuery \S+ failed: NOT_FOUND: /)
    expect(status).toBe(1)
  })

  it('print the rows that were written', async () => {
    const name = place === 'on a server' ? 'memory.default.written' : 'written'
    const outcome = await run(
      '--execute',
      `CREATE TABLE ${name} AS SELECT 1 a; INSERT INTO ${name} VALUES 2, 3; DROP TABLE ${name}`,
    )
    expect(outcome).toEqual({
      status: 0,
      stdout: '',
      stderr: 'CREATE TABLE: 1 row\nINSERT: 2 rows\nDROP TABLE\n',
    })
  })

  it('end at the first that fails, with the place marked', async () => {
    const { status, stdout, stderr } = await run(
      'SELECT 1; SELECT name,\n\tfoo FROM tpch.tiny.nation; SELECT 2',
    )
    expect(stdout).toBe('"1"\n')
    expect(stderr.replace(/Query \S+/, 'Query X')).toBe(
      "Query X failed: COLUMN_NOT_FOUND: line 2:2: Column 'foo' cannot be resolved\n" +
        'LINE 2: \tfoo FROM tpch.tiny.nation\n        \t^\n\n',
    )
    expect(status).toBe(1)
  })

  it('go on with --ignore-errors, and still end with status 1', async () => {
    const { status, stdout, stderr } = await run(
      '--ignore-errors',
      '--execute',
      'SELECT x; SELECT 2',
    )
    expect([status, stdout]).toEqual([1, '"2"\n'])
    expect(stderr).toContain('COLUMN_NOT_FOUND')
  })

  it('have catalog, schema, time zone and user of the options', async () => {
    const { stdout } = await run(
      ...['--catalog', 'tpch', '--schema', 'tiny', '--timezone', 'Asia/Tokyo', '--user', 'me'],
      ...['--output-format', 'TSV'],
      'SELECT current_user, current_timezone(), count(*) FROM region',
    )
    expect(stdout).toBe('me\tAsia/Tokyo\t5\n')
  })

  it('have values of every kind', async () => {
    const { stdout } = await run(
      `SELECT 1e0, CAST(ROW(1, ARRAY[X'01']) AS ROW(x integer, y array(varbinary))),
        MAP(ARRAY[1e0], ARRAY[DECIMAL '1.50']), CAST(0.1 AS real), NULL, TIMESTAMP '2020-01-01 00:00:00.5 UTC',
        CAST(ROW(1, 2) AS ROW(a integer, a integer)), 9223372036854775807`,
    )
    expect(stdout).toBe(
      '"1.0","{x=1, y=[01]}","{1.0=1.50}","0.1","","2020-01-01 00:00:00.5 UTC","{a=1, a=2}","9223372036854775807"\n',
    )
  })

  it('keep the order of a map', async () => {
    const { stdout } = await run("SELECT MAP(ARRAY[3, 1, 2], ARRAY['a', 'b', 'c'])")
    expect(stdout).toBe('"{3=a, 1=b, 2=c}"\n')
  })

  it.each(['ARROW', 'PARQUET'])('write a file that can be read: %s', async (format) => {
    const file = join(folder, `nation.${format.toLowerCase()}`)
    const query = `SELECT n.*, ARRAY[nationkey] AS list, CAST(ROW(1, name) AS ROW(x integer, y varchar)) AS pair,
      DECIMAL '1.50' AS price, DATE '2020-02-29' AS day, CAST(NULL AS double) AS nothing FROM tpch.tiny.nation n`
    const args = place === 'on a server' ? ['--server', server.url] : []
    const command = [
      process.execPath,
      join(DIST, 'cli/main.js'),
      ...args,
      '--output-format',
      format,
    ]
    const quoted = [...command, query].map((text) => `'${text.replaceAll("'", "'\\''")}'`)
    await promisify(execFile)('sh', ['-c', `${quoted.join(' ')} > '${file}'`])
    const sorted = (text: string) => text.split('\n').sort()
    const { stdout } = await millrace([`SELECT * FROM '${file}'`])
    expect(sorted(stdout)).toEqual(sorted((await millrace([query])).stdout))
  })

  it('write one binary result only, and a whole file of no rows', async () => {
    const two = await run('--output-format', 'PARQUET', 'SELECT 1; SELECT 2')
    expect(two.status).toBe(1)
    expect(two.stderr).toContain('NOT_SUPPORTED: Output format PARQUET holds one result')
    const none = await run('--output-format', 'PARQUET', 'SELECT 1 AS a WHERE false')
    expect([none.status, none.stdout.slice(0, 4), none.stdout.slice(-4)]).toEqual([
      0,
      'PAR1',
      'PAR1',
    ])
  })

  it('stream a large result, and end quietly when its reader leaves', async () => {
    const args = place === 'on a server' ? ['--server', server.url] : []
    const child = spawn(
      process.execPath,
      [join(DIST, 'cli/main.js'), ...args, 'SELECT * FROM tpch.sf1.orders'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.stdout.destroy()
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe('the command line', () => {
  it('takes statements from an argument, a file and stdin', async () => {
    writeFileSync(join(folder, 'script.sql'), '-- two\nSELECT 3;\nSELECT 4')
    expect(await millrace(["SELECT sum(a) FROM 'x.csv'"])).toMatchObject({
      stdout: '"3"\n',
      status: 0,
    })
    expect((await millrace(['-f', 'script.sql'])).stdout).toBe('"3"\n"4"\n')
    expect((await millrace(['--file', '-'], 'SELECT 5')).stdout).toBe('"5"\n')
    expect((await millrace([], 'SELECT 6;')).stdout).toBe('"6"\n')
  })

  it('reads paths in this process only', async () => {
    const { status, stderr } = await millrace(['--server', server.url, "SELECT * FROM 'x.csv'"])
    expect(status).toBe(1)
    expect(stderr).toContain('NOT_SUPPORTED')
  })

  it('takes a URL with catalog and schema', async () => {
    const { stdout } = await millrace([
      `${server.url}/tpch/tiny`,
      '--execute',
      'SELECT count(*) FROM region',
    ])
    expect(stdout).toBe('"5"\n')
  })

  it.each([
    [['--bogus'], "CONFIGURATION_INVALID: Unknown option '--bogus'"],
    [['--output-format', 'XML', 'SELECT 1'], 'CONFIGURATION_INVALID: Not an output format: XML'],
    [['SELECT', '1'], 'CONFIGURATION_INVALID: Statements are one argument: 1'],
    [['--execute', 'SELECT 1', '-f', 'x'], 'CONFIGURATION_INVALID: Statements come from one of'],
    [['--session', 'x', 'SELECT 1'], 'CONFIGURATION_INVALID: Not NAME=VALUE: x'],
    [['--password', 'SELECT 1'], 'CONFIGURATION_INVALID: --password needs a server'],
    [
      ['--server', 'ftp://x', 'SELECT 1'],
      'CONFIGURATION_INVALID: Not the address of a server: ftp://x',
    ],
    [['completion', 'tcsh'], 'CONFIGURATION_INVALID: Not a shell to complete for: tcsh'],
  ])('%j is refused with status 2', async (args, message) => {
    const { status, stdout, stderr } = await millrace(args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
  })

  it.each([
    [['-f', 'missing.sql'], "INVALID_ARGUMENTS: The file of statements can't be read: missing.sql"],
    [['--server', 'http://127.0.0.1:9', 'SELECT 1'], 'REMOTE_HOST_GONE: '],
    [['--session', 'no_such=1', 'SELECT 1'], 'no_such'],
    [['--timezone', 'Mars/Base', 'SELECT 1'], 'Mars/Base'],
  ])('%j fails with status 1', async (args, message) => {
    const { status, stderr } = await millrace(args)
    expect(status).toBe(1)
    expect(stderr).toContain(message)
  })

  it('shows progress off a terminal only when it is asked for', async () => {
    const sql = 'SELECT count(*) FROM tpch.tiny.lineitem'
    expect((await millrace([sql])).stderr).toBe('')
    const { stdout, stderr } = await millrace(['--progress', sql])
    expect(stdout).toBe('"60175"\n')
    expect(stderr).toMatch(/Query \S+, FINISHED, 1 node\nSplits: \d+ total, \d+ done \(100.00%\)\n/)
    expect(stderr).toMatch(/\n\d+\.\d\d \[60.2K rows, \S+\] \[\S+ rows\/s, \S+\/s\]\n/)
    const quick = await millrace(['--progress', 'SELECT 1'])
    expect(quick.stderr).toMatch(/Query \S+, FINISHED\n\d+\.\d\d\n/)
  })

  it('prints help, version and completion scripts that name every option', async () => {
    const help = (await millrace(['--help'])).stdout
    const options = [...help.matchAll(/--[a-z-]+/g)].map(([name]) => name)
    expect(options.length).toBeGreaterThan(20)
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { status, stdout } = await millrace(['completion', shell])
      expect(status).toBe(0)
      for (const option of options) {
        expect(stdout).toContain(shell === 'fish' ? `-l ${option.slice(2)}` : option)
      }
    }
    expect((await millrace(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('ends a statement at SIGINT', async () => {
    const sql =
      'SELECT count(*) FROM tpch.sf1.lineitem a, tpch.sf1.lineitem b WHERE a.orderkey < b.suppkey'
    const child = spawn(process.execPath, [join(DIST, 'cli/main.js'), '--progress', sql], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    // The first report says that it runs.
    await new Promise((resolve) => child.stderr.once('data', resolve))
    child.kill('SIGINT')
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect(status).toBe(1)
    expect(stderr).toMatch(/^Query .*\nQuery aborted by user\n$/s)
  })
})
