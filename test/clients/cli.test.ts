import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { connect } from '../../src/client/index.js'
import {
  CATALOGS,
  CLI_JAR,
  jarMissing,
  type ProcessResult,
  runProcess,
  skipClient,
} from '../support/clients.js'
import { type ServerProcess, startServerProcess } from '../support/server-process.js'

// Each run starts a Java machine, which takes long where others compete for the cores.
vi.setConfig({ testTimeout: 240_000 })

/** Longer than a client that competes for the cores pauses between two requests. */
const SILENCE_SECONDS = 30

const missing = jarMissing(CLI_JAR, 'java')
if (missing !== undefined) skipClient("Trino's command line", missing)

describe.skipIf(missing !== undefined)("Trino's command line", () => {
  let server: ServerProcess
  beforeAll(async () => {
    server = await startServerProcess(CATALOGS, { 'query.client.timeout': `${SILENCE_SECONDS}s` })
  })
  afterAll(() => server.stop())

  const cli = (
    args: readonly string[],
    options: Parameters<typeof runProcess>[2] = {},
  ): Promise<ProcessResult> =>
    runProcess(
      'java',
      ['-jar', CLI_JAR, '--server', server.url, '--user', 'shell', ...args],
      options,
    )
  const execute = (sql: string, ...args: string[]) =>
    cli(['--catalog', 'tpch', '--schema', 'tiny', ...args, '--execute', sql])

  test('values of every type as CSV', async () => {
    const { code, stdout } = await execute(
      `SELECT true, tinyint '-128', 9223372036854775807, real '1.5', 1e300, nan(), decimal '1.50', 'é😀',
        cast('ab' as char(4)), x'00ff', date '2020-02-29', time '10:00:00.123456',
        timestamp '2020-01-01 00:00:00.123456789', timestamp '2020-07-01 00:00:00 Europe/Berlin',
        interval '1' day, interval '14' month, json '{"a":[1,null]}',
        uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59', ipaddress '10.0.0.1', array[1, null],
        map(array['k'], array[1]), cast(row(1, 'x') as row(p integer, q varchar)), null`,
      '--output-format',
      'CSV_UNQUOTED',
    )
    expect(stdout.trimEnd()).toBe(
      'true,-128,9223372036854775807,1.5,1.0E300,NaN,1.50,é😀,ab  ,00 ff,2020-02-29,10:00:00.123456,' +
        '2020-01-01 00:00:00.123456789,2020-07-01 00:00:00 Europe/Berlin,1 00:00:00.000,1-2,' +
        '{"a":[1,null]},12151fd2-7586-11e9-8f9e-2a86e4085a59,10.0.0.1,[1, NULL],{k=1},{p=1, q=x},',
    )
    expect(code).toBe(0)
  })

  test('rows as JSON and aligned', async () => {
    const sql = 'SELECT nationkey, name FROM nation WHERE nationkey < 2 ORDER BY 1'
    const json = await execute(sql, '--output-format', 'JSON')
    expect(json.stdout).toBe(
      '{"nationkey":0,"name":"ALGERIA"}\n{"nationkey":1,"name":"ARGENTINA"}\n',
    )
    const aligned = await execute(sql, '--output-format', 'ALIGNED')
    expect(aligned.stdout).toContain(' nationkey |   name    ')
    expect(aligned.stdout).toContain('(2 rows)')
  })

  test('a script of statements keeps its session: USE, SET SESSION, PREPARE, writes', async () => {
    const script = `
      USE memory.default;
      SET SESSION query_max_run_time = '2h';
      SHOW SESSION LIKE 'query_max_run_time';
      CREATE TABLE s (x integer, y varchar);
      PREPARE add FROM INSERT INTO s VALUES (?, ?);
      EXECUTE add USING 1, 'a;b';
      START TRANSACTION;
      INSERT INTO s VALUES (2, NULL);
      ROLLBACK;
      SELECT * FROM s;
      DROP TABLE s;`
    const { code, stdout, stderr } = await cli(['--execute', script, '--output-format', 'TSV'])
    expect(stdout.split('\n').map((line) => line.split('\t').slice(0, 2))).toEqual([
      ['query_max_run_time', '2h'],
      ['1', 'a;b'],
      [''],
    ])
    expect(stderr.split('\n').filter((line) => /^[A-Z ]+(: \d+ rows?)?$/.test(line))).toEqual([
      'USE',
      'SET SESSION',
      'CREATE TABLE',
      'PREPARE',
      'INSERT: 1 row',
      'START TRANSACTION',
      'INSERT: 1 row',
      'ROLLBACK',
      'DROP TABLE',
    ])
    expect(code).toBe(0)
  })

  test('errors go to the error output with their place, and the exit code says so', async () => {
    const { code, stdout, stderr } = await execute('SELECT nope')
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^Query \d{8}_\S+ failed: line 1:8: Column 'nope' cannot be resolved$/m)
    expect(code).toBe(1)
    const debugged = await execute('SELECT 1 / (nationkey - 7) FROM nation', '--debug')
    expect(debugged.stderr).toContain('Division by zero')
    expect(debugged.code).toBe(1)
  })

  test('progress tells states, nodes, splits and figures', async () => {
    const { code, stderr } = await execute('SELECT count(*) FROM orders', '--progress')
    expect(stderr).toMatch(/FINISHED, 1 node/)
    expect(stderr).toMatch(/Splits: \d+ total, \d+ done \(100\.00%\)/)
    expect(code).toBe(0)
  })

  // The shell sends DELETE beside its exit, which waits three seconds at most: where that is not enough for it to leave, the
  // client is one that has gone without a word.
  test('the statement of an interrupted client is cancelled, or ends as one that was left', async () => {
    const query = 'SELECT * FROM tpch.sf1.lineitem'
    await cli(['--execute', query], { signalAfter: { output: /\n/, signal: 'SIGINT' } })
    const client = connect(server.url, { user: 'asker' })
    const state = () =>
      client
        .query(`SELECT state, error_code FROM system.runtime.queries WHERE query = '${query}'`)
        .all()
    let states = await state()
    const until = performance.now() + 3000 * SILENCE_SECONDS
    while (states[0]?.['state'] !== 'FAILED' && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      states = await state()
    }
    expect(states).toEqual([
      { state: 'FAILED', error_code: expect.stringMatching(/^(USER_CANCELED|ABANDONED_QUERY)$/) },
    ])
    await client.close()
  })

  test('settings of the session come as options', async () => {
    const { stdout } = await execute(
      'SELECT current_timezone(), current_user, current_catalog, current_schema',
      ...['--timezone', 'Asia/Tokyo', '--client-tags', 'a,b', '--client-info', 'checks'],
      ...['--session', 'query_max_run_time=2h', '--source', 'checks'],
    )
    expect(stdout).toBe('"Asia/Tokyo","shell","tpch","tiny"\n')
  })
})
