import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { exampleHttpConnectorFactory } from '../../../../src/connectors/example-http/connector.js'
import { Millrace } from '../../../../src/index.js'
import {
  type ConnectorMetadata,
  type ConnectorPageSource,
  EMPTY_DYNAMIC_FILTER,
} from '../../../../src/spi/index.js'
import { ConnectorHarness, testContext } from '../../../support/connector.js'
import { type HttpService, startHttpService } from './http-service.js'

type Answers = Parameters<typeof startHttpService>[0]
let service: HttpService
afterEach(() => service?.close())

const column = (name: string, type: string) => ({ name, type })
const numbers = {
  name: 'Numbers',
  columns: [column('text', 'VARCHAR'), column('value', 'BIGINT')],
  sources: ['numbers-1.csv', '/data/numbers-2.csv'],
}

async function harnessOf(
  schemas: unknown,
  answers: Answers,
  config: Record<string, string> = {},
): Promise<ConnectorHarness> {
  const document = typeof schemas === 'string' ? schemas : JSON.stringify(schemas)
  service = await startHttpService({ '/data/tables.json': document, ...answers })
  const properties = { 'metadata-uri': `${service.url}/data/tables.json`, ...config }
  return new ConnectorHarness(
    await exampleHttpConnectorFactory.create('c', properties, testContext(2 ** 20)),
  )
}

const table = (columns: readonly unknown[], source: string) => ({
  s: [{ name: 't', columns, sources: [source] }],
})
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('is no failure'),
    (error: unknown) => error,
  )

async function openSource(
  harness: ConnectorHarness,
  metadata: ConnectorMetadata,
  transaction: unknown,
): Promise<ConnectorPageSource> {
  const name = { schema: 's', table: 't' }
  const { handle, columns, splits } = await harness.splits(metadata, transaction, name)
  const { connector, session } = harness
  return connector.getPageSourceProvider!().createPageSource(
    transaction,
    session,
    splits[0]!,
    handle,
    columns,
    EMPTY_DYNAMIC_FILTER,
    session.signal,
  )
}

describe('example-http connector', () => {
  it('reads a split a source, and the document once', async () => {
    const harness = await harnessOf(
      { Example: [numbers], empty: [] },
      {
        '/data/numbers-1.csv': 'one, 1\r\ntwo,2\n',
        '/data/numbers-2.csv': 'ten,10\n  "eleven, ""11"""  , 11\n,\n"",-9223372036854775808',
      },
    )
    expect(await harness.scan('example', 'numbers')).toEqual([
      ['one', 1n],
      ['two', 2n],
      ['ten', 10n],
      ['eleven, "11"', 11n],
      [null, null],
      ['', -(2n ** 63n)],
    ])
    expect(await harness.scan('example', 'numbers', { columns: ['value'] })).toHaveLength(6)
    expect(await harness.scan('example', 'numbers', { columns: [] })).toHaveLength(6)
    await harness.transact(async (metadata) => {
      expect(await metadata.listTables(harness.session)).toEqual([
        { schema: 'example', table: 'numbers' },
      ])
    })
    expect(service.requests.filter((path) => path === '/data/tables.json')).toHaveLength(1)
  })

  it('answers SQL', async () => {
    service = await startHttpService({
      '/tables.json': JSON.stringify({ example: [{ ...numbers, sources: ['a.csv', 'b.jsonl'] }] }),
      '/a.csv': 'one,1\ntwo,2\n',
      '/b.jsonl': '{"text":"ten","value":10}\n',
    })
    const engine = await Millrace.create({
      threads: 0,
      catalogs: {
        h: { 'connector.name': 'example-http', 'metadata-uri': `${service.url}/tables.json` },
      },
    })
    try {
      const rows = await engine
        .query('SELECT text, value FROM h.example.numbers WHERE value > 1 ORDER BY value')
        .all()
      expect(rows).toEqual([
        { text: 'two', value: 2n },
        { text: 'ten', value: 10n },
      ])
    } finally {
      await engine.close()
    }
  })

  it('takes values of every type of CSV and JSON', async () => {
    const columns = [
      column('b', 'boolean'),
      column('d', 'double'),
      column('n', 'decimal(20,2)'),
      column('i', 'bigint'),
      column('day', 'date'),
      column('at', 'timestamp(3)'),
    ]
    const csv = 'TRUE,1e3,123456789012345678.25,9007199254740993,2024-02-29,2024-02-29 12:00:00.5\n'
    const json = `[{"b":true, "D":1000.5000000000001, "n":123456789012345678.25,
      "i":9007199254740993,\n"day":"2024-02-29","at":"2024-02-29T12:00:00.500","more":{"x":["]}"]}}\n, {}]`
    const harness = await harnessOf(
      { s: [{ name: 't', columns, sources: ['t.csv', 't.json?x=1'] }] },
      { '/data/t.csv': csv, '/data/t.json?x=1': json },
    )
    const rest = [12345678901234567825n, 9007199254740993n, 19782, 1709208000500_000_000_000n]
    expect(await harness.scan('s', 't')).toEqual([
      [true, 1000, ...rest],
      [true, 1000.5000000000001, ...rest],
      [null, null, null, null, null, null],
    ])
  })

  it('cuts text anywhere, between the bytes of a character too', async () => {
    const csv = Buffer.from('é"x,"a\n""b"\n日本,\u{1f600}\n')
    const json = Buffer.from('[{"a":"é\\"}","b":"{\\\\"},\n{"a":"日本","b":"\u{1f600}"}]')
    const byteByByte =
      (bytes: Buffer): Exclude<Answers[string], string> =>
      async (_request, response) => {
        for (const byte of bytes) {
          response.write(Uint8Array.of(byte))
          await wait(0)
        }
        response.end()
      }
    const columns = [column('a', 'varchar'), column('b', 'varchar')]
    const harness = await harnessOf(
      {
        s: [
          { name: 'c', columns, sources: ['c'] },
          { name: 'j', columns, sources: ['j'], format: 'json' },
        ],
      },
      { '/data/c': byteByByte(csv), '/data/j': byteByByte(json) },
    )
    expect(await harness.scan('s', 'c')).toEqual([
      ['é"x', 'a\n"b'],
      ['日本', '\u{1f600}'],
    ])
    expect(await harness.scan('s', 'j')).toEqual([
      ['é"}', '{\\'],
      ['日本', '\u{1f600}'],
    ])
  })

  it.each([
    [
      'x.csv',
      'a,1\nb\n',
      'EXAMPLE_HTTP_BAD_DATA',
      'Row has 1 fields instead of 2: URL/x.csv (line 2)',
    ],
    [
      'x.csv',
      '"a\n",1\n\nb,1,2',
      'EXAMPLE_HTTP_BAD_DATA',
      'Row has 3 fields instead of 2: URL/x.csv (line 4)',
    ],
    ['x.csv', 'a,1\n\n"b,2', 'EXAMPLE_HTTP_BAD_DATA', 'Quote is not closed: URL/x.csv (line 3)'],
    [
      'x.csv',
      '"a"b,2',
      'EXAMPLE_HTTP_BAD_DATA',
      'Field has text after its quote: URL/x.csv (line 1)',
    ],
    [
      'x.csv',
      `a,1\n${'b'.repeat(2000)}`,
      'EXAMPLE_HTTP_BAD_DATA',
      'Row is longer than 1024 characters: URL/x.csv (line 2)',
    ],
    [
      'x.csv',
      'a,1\n"b\nc",two',
      'TYPE_MISMATCH',
      "URL/x.csv (line 2), column 'v': Value is no bigint: 'two'",
    ],
    [
      'x.json',
      '[{"v":1}\n{"v":2}]',
      'EXAMPLE_HTTP_BAD_DATA',
      "Rows are objects, with commas in a list; found '{': URL/x.json (line 2)",
    ],
    [
      'x.json',
      '[1]',
      'EXAMPLE_HTTP_BAD_DATA',
      "Rows are objects, with commas in a list; found '1': URL/x.json (line 1)",
    ],
    [
      'x.json',
      '[{"v":1},\n]',
      'EXAMPLE_HTTP_BAD_DATA',
      "Rows are objects, with commas in a list; found ']': URL/x.json (line 2)",
    ],
    ['x.json', '[{"v":1}\n', 'EXAMPLE_HTTP_BAD_DATA', 'List is not closed: URL/x.json (line 2)'],
    [
      'x.json',
      '{"v":1}\n{"v":',
      'EXAMPLE_HTTP_BAD_DATA',
      'Response ends inside of a row: URL/x.json (line 2)',
    ],
    ['x.json', '{"v":1}\n{"v" 2}', 'EXAMPLE_HTTP_BAD_DATA', 'Row is no JSON: URL/x.json (line 2)'],
    [
      'x.json',
      '{"v":1}\n{"v":1.5}',
      'TYPE_MISMATCH',
      "URL/x.json (line 2), column 'v': Value is no bigint: 1.5",
    ],
    [
      'x.json',
      `{"t":"${'x'.repeat(2000)}`,
      'EXAMPLE_HTTP_BAD_DATA',
      'Row is longer than 1024 characters: URL/x.json (line 1)',
    ],
  ])('says what is wrong with %s: %j', async (source, text, code, message) => {
    const harness = await harnessOf(
      table([column('t', 'varchar'), column('v', 'bigint')], source),
      { [`/data/${source}`]: text },
      { 'max-record-size': '1kB' },
    )
    expect(await failure(harness.scan('s', 't'))).toMatchObject({
      code,
      message: message.replace('URL', `${service.url}/data`),
    })
  })

  it.each([
    ['[]', 'Document is no object of schemas'],
    ['{', 'Document is no JSON'],
    [{ s: {} }, 'No list is s'],
    [{ s: [{ columns: [], sources: [] }] }, 'No text is s[0].name'],
    [{ s: [{ ...numbers, columns: [] }] }, 'No columns in s[0].columns'],
    [{ s: [{ ...numbers, columns: [column('a', '')] }] }, 'No text is s[0].columns[0].type'],
    [
      { s: [{ ...numbers, columns: [column('a', 'date'), column('A', 'date')] }] },
      "Column 'a' is there twice in s[0].columns",
    ],
    [
      { s: [{ ...numbers, sources: ['x.csv', 'file:///etc/passwd'] }] },
      'No HTTP address is s[0].sources[1]',
    ],
    [{ s: [{ ...numbers, format: 'xml' }] }, 'Neither csv nor json is s[0].format'],
    [{ s: [numbers], S: [numbers] }, 'Table is there twice, s.numbers'],
    [{ s: 'x'.repeat(2000) }, 'Document is longer than 1024 characters (max-metadata-size)'],
  ])('refuses the document %j', async (document, message) => {
    const harness = await harnessOf(document, {}, { 'max-metadata-size': '1kB' })
    expect(await failure(harness.scan('s', 't'))).toMatchObject({
      code: 'EXAMPLE_HTTP_INVALID_METADATA',
      type: 'EXTERNAL',
      message: `${message}: ${service.url}/data/tables.json`,
    })
  })

  it('says which request failed', async () => {
    const harness = await harnessOf(
      {
        s: ['missing.csv', 'broken.csv', 'slow.csv', 'latin.csv'].map((source) => ({
          name: source.split('.')[0],
          columns: [column('a', 'varchar')],
          sources: [source],
        })),
      },
      {
        '/data/broken.csv': (_request, response) => {
          response.writeHead(200, { 'content-length': '100' }).write('a\n')
          setTimeout(() => response.destroy(), 20)
        },
        '/data/slow.csv': (_request, response) => void response.writeHead(200).write('a\n'),
        '/data/latin.csv': (_request, response) => void response.end(Buffer.from('é', 'latin1')),
      },
      { 'request-timeout': '200ms' },
    )
    const url = `${service.url}/data`
    expect(await failure(harness.scan('s', 'missing'))).toMatchObject({
      code: 'EXAMPLE_HTTP_REQUEST_FAILED',
      message: `Server answered with status 404: ${url}/missing.csv`,
    })
    expect(await failure(harness.scan('s', 'broken'))).toMatchObject({
      code: 'EXAMPLE_HTTP_REQUEST_FAILED',
      message: expect.stringMatching(/^Request failed, .*: http.*broken\.csv$/),
    })
    expect(await failure(harness.scan('s', 'slow'))).toMatchObject({
      code: 'EXAMPLE_HTTP_TIMEOUT',
      message: `Server has sent nothing for 200ms: ${url}/slow.csv`,
    })
    expect(await failure(harness.scan('s', 'latin'))).toMatchObject({
      code: 'EXAMPLE_HTTP_BAD_DATA',
      message: `Response is not valid UTF-8: ${url}/latin.csv`,
    })
  })

  it('tries the document again after a failure, and shows no passwords', async () => {
    let isUp = false
    const seen: (string | undefined)[] = []
    service = await startHttpService({
      '/t.json': (request, response) => {
        seen.push(request.headers.authorization)
        if (isUp) response.end(JSON.stringify(table([column('a', 'varchar')], 'a.csv')))
        else response.writeHead(503).end()
      },
      '/a.csv': (request, response) => {
        seen.push(request.headers.authorization)
        response.end('x\n')
      },
    })
    const properties = { 'metadata-uri': `${service.url.replace('//', '//me:s%3Acret@')}/t.json` }
    const harness = new ConnectorHarness(
      await exampleHttpConnectorFactory.create('c', properties, testContext(2 ** 20)),
    )
    expect(await failure(harness.scan('s', 't'))).toMatchObject({
      message: `Server answered with status 503: ${service.url}/t.json`,
    })
    isUp = true
    expect(await harness.scan('s', 't')).toEqual([['x']])
    const basic = `Basic ${Buffer.from('me:s:cret').toString('base64')}`
    expect(seen).toEqual([basic, basic, basic])
  })

  it('lets a server wait, and goes when no more rows are wanted', async () => {
    let written = 0
    let isClosed = false
    const row = `${'x'.repeat(1000)}\n`.repeat(64)
    const harness = await harnessOf(table([column('a', 'varchar')], 'endless.csv'), {
      '/data/endless.csv': (_request, response) => {
        const more = (): void => {
          while (!isClosed && response.write(row)) written += row.length
          response.once('drain', more)
        }
        response.on('close', () => {
          isClosed = true
        })
        more()
      },
    })
    await harness.transact(async (metadata, transaction) => {
      const source = await openSource(harness, metadata, transaction)
      expect(await source.getNextPage()).toBeDefined()
      let before = -1
      while (before < written) {
        before = written
        await wait(200)
      }
      expect(isClosed).toBe(false)
      await source.close()
    })
    await expect.poll(() => isClosed).toBe(true)
    expect(written).toBeLessThan(64 * 2 ** 20)
  })

  it('leaves a server that has not answered yet', async () => {
    let isClosed = false
    const harness = await harnessOf(table([column('a', 'varchar')], 'silent.csv'), {
      '/data/silent.csv': (_request, response) =>
        void response.on('close', () => {
          isClosed = true
        }),
    })
    await harness.transact(async (metadata, transaction) => {
      const source = await openSource(harness, metadata, transaction)
      const page = failure(Promise.resolve(source.getNextPage()))
      await expect.poll(() => service.requests).toContain('/data/silent.csv')
      await source.close()
      expect(await page).toMatchObject({ code: 'USER_CANCELED' })
    })
    await expect.poll(() => isClosed).toBe(true)
  })

  it('refuses an address that is none', async () => {
    for (const address of ['file:///etc/tables.json', 'tables.json']) {
      const made = exampleHttpConnectorFactory.create(
        'c',
        { 'metadata-uri': address },
        testContext(2 ** 20),
      )
      expect(await failure(Promise.resolve(made))).toMatchObject({ code: 'CONFIGURATION_INVALID' })
    }
  })
})
