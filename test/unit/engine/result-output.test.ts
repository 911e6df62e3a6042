import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import {
  createServer,
  get,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { Millrace, type OutputFormat } from '../../../src/index.js'

let engine: Millrace
let folder: string
beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
  folder = await mkdtemp(join(tmpdir(), 'millrace-output-'))
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

const SQL = `SELECT * FROM (VALUES (1, 'a "b"', DECIMAL '1.50'), (2, NULL, NULL)) AS t (n, "te,xt", d) ORDER BY n`
const piped = async (sql: string, format?: OutputFormat): Promise<string> => {
  const stream = new PassThrough()
  const [body] = await Promise.all([text(stream), engine.query(sql).pipeTo(stream, format)])
  return body
}

/** A server that answers every request so, and its address. */
async function serving(
  answer: (response: ServerResponse) => void,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((_, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

describe('a result in a stream', () => {
  it('is lines of JSON', async () => {
    const lines = '{"n":1,"te,xt":"a \\"b\\"","d":1.50}\n{"n":2,"te,xt":null,"d":null}\n'
    expect(await piped(SQL)).toBe(lines)
    expect(await piped(SQL, 'ndjson')).toBe(lines)
  })
  it('is one array of JSON', async () => {
    expect(await piped(SQL, 'json')).toBe(
      '[{"n":1,"te,xt":"a \\"b\\"","d":1.50},\n{"n":2,"te,xt":null,"d":null}]\n',
    )
    expect(await piped('SELECT 1 AS n WHERE false', 'json')).toBe('[]\n')
    const many = JSON.parse(await piped('SELECT * FROM tpch.tiny.orders', 'json'))
    expect(many).toHaveLength(15_000)
  })
  it('is CSV and TSV', async () => {
    expect(await piped(SQL, 'csv')).toBe('n,"te,xt",d\n1,"a ""b""",1.50\n2,,\n')
    expect(await piped(SQL, 'tsv')).toBe('n\tte,xt\td\n1\t"a ""b"""\t1.50\n2\t\t\n')
  })
  test.each([
    SQL,
    `${SQL} OFFSET 2`,
    'SELECT * FROM tpch.tiny.lineitem',
  ])('is Arrow: %s', async (sql) => {
    const stream = new PassThrough()
    const chunks: Buffer[] = []
    stream.on('data', (chunk) => chunks.push(chunk))
    const { rowCount } = await engine.query(sql).pipeTo(stream, 'arrow')
    const table = tableFromIPC(Buffer.concat(chunks))
    const columns = await engine.query(sql).columns()
    expect(table.numRows).toBe(rowCount)
    expect(table.schema.names).toEqual(columns.map((column) => column.name))
  })
  it('has each row as soon as it is there', async () => {
    let release = () => {}
    const second = new Promise<void>((resolve) => {
      release = resolve
    })
    engine.register(
      'slow',
      async function* () {
        yield { n: 1 }
        await second
        yield { n: 2 }
      },
      [{ name: 'n', type: 'integer' }],
    )
    const stream = new PassThrough()
    const piping = engine.query('SELECT n FROM slow').pipeTo(stream)
    const [first] = (await new Promise((resolve) =>
      stream.once('data', (...data) => resolve(data)),
    )) as [Buffer]
    expect(first.toString()).toBe('{"n":1}\n')
    release()
    expect(await text(stream)).toBe('{"n":2}\n')
    await piping
    engine.unregister('slow')
  })
  it('is no faster than its reader', async () => {
    let made = 0
    engine.register(
      'endless',
      function* () {
        for (;;) yield { n: ++made, filling: 'x'.repeat(1000) }
      },
      [
        { name: 'n', type: 'integer' },
        { name: 'filling', type: 'varchar' },
      ],
      { unbounded: true },
    )
    const stream = new PassThrough()
    const query = engine.query('SELECT * FROM endless')
    const piping = query.pipeTo(stream)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = made
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(made).toBe(before)
    stream.destroy()
    await expect(piping).rejects.toMatchObject({ code: 'USER_CANCELED' })
    expect((await query.stats()).state).toBe('FAILED')
    engine.unregister('endless')
  })
  it('leaves the stream for another answer where it fails before the first byte', async () => {
    const stream = new PassThrough()
    await expect(engine.query('SELECT nonsense').pipeTo(stream)).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    })
    await expect(
      engine.query('SELECT 1 AS a, 2 AS a').pipeTo(stream, 'json'),
    ).rejects.toMatchObject({
      code: 'DUPLICATE_COLUMN_NAME',
    })
    await expect(engine.query('SELECT 1').pipeTo(stream, 'xml' as never)).rejects.toMatchObject({
      code: 'GENERIC_USER_ERROR',
      hint: 'Formats are ndjson, json, csv, tsv, parquet, arrow',
    })
    expect(stream.destroyed).toBe(false)
    stream.end('other')
    expect(await text(stream)).toBe('other')
  })
  it('is cut off where it fails later', async () => {
    engine.register(
      'failing',
      function* () {
        yield { n: 1 }
        throw new Error('lost')
      },
      [{ name: 'n', type: 'integer' }],
    )
    const { server, url } = await serving((response) => {
      engine
        .query('SELECT n FROM failing')
        .pipeTo(response, 'csv')
        .catch(() => {})
    })
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
    await closed(server)
    engine.unregister('failing')
  })
  it('is a response of its type, and ends with its client', async () => {
    let outcome: Promise<unknown> | undefined
    const { server, url } = await serving((response) => {
      const query = engine.query('SELECT * FROM tpch.sf1.lineitem')
      outcome = query.pipeTo(response, 'csv').catch((error) => error)
    })
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve))
    expect(response.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
    await new Promise((resolve) => response.once('data', resolve))
    response.destroy()
    expect(await outcome).toMatchObject({ code: 'USER_CANCELED' })
    await closed(server)
  })
})

describe('a result in a file', () => {
  const read = (path: string) => engine.query(`SELECT * FROM '${path}' ORDER BY 1`).all()

  test.each([
    'parquet',
    'csv',
    'tsv',
    'jsonl',
    'arrow',
  ])('is read again: .%s', async (extension) => {
    const path = join(folder, `nation.${extension}`)
    const sql = 'SELECT nationkey, name FROM tpch.tiny.nation ORDER BY 1'
    expect(await engine.query(sql).toFile(path)).toEqual({ rowCount: 25 })
    expect(await read(path)).toEqual(await engine.query(sql).all())
  })
  it('is of the format that is said', async () => {
    const path = join(folder, 'plain.txt')
    await engine.query('SELECT 1 AS n').toFile(path, { format: 'json' })
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual([{ n: 1 }])
    await expect(engine.query('SELECT 1').toFile(path)).rejects.toMatchObject({
      code: 'GENERIC_USER_ERROR',
      hint: expect.stringContaining('.parquet'),
    })
  })
  it('is the old one where the query fails, and nothing is left beside it', async () => {
    const place = await mkdtemp(join(folder, 'kept-'))
    const path = join(place, 'kept.csv')
    await writeFile(path, 'old')
    const failing = engine.query('SELECT 1 / (orderkey - 60000) AS x FROM tpch.tiny.orders')
    await expect(failing.toFile(path)).rejects.toMatchObject({ code: 'DIVISION_BY_ZERO' })
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(place)).toEqual(['kept.csv'])
  })
  it('is refused where it cannot be', async () => {
    await mkdir(join(folder, 'taken.csv'))
    await expect(engine.query('SELECT 1').toFile(join(folder, 'taken.csv'))).rejects.toMatchObject({
      code: 'HIVE_WRITER_CLOSE_ERROR',
    })
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})
