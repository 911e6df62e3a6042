import { RecordBatchReader } from 'apache-arrow'
import { unpackMultiple } from 'msgpackr'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Engine } from '../../../../src/engine/engine.js'
import { Millrace } from '../../../../src/index.js'
import { type RunningServer, startServer } from '../../../../src/server/server.js'

let engine: Engine
let server: RunningServer
const LIMITS = {
  resumeMillis: 2000,
  clientTimeoutMillis: 500,
  queriesPerConnection: 3,
  messageBytesMax: 10_000,
  heartbeatMillis: 1000,
  replayBytesMax: 1_000_000,
  allowedOrigins: ['https://app.example'],
}

beforeAll(async () => {
  engine = await Engine.create({
    threads: 0,
    timeZone: 'UTC',
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  server = await startServer(engine, { port: 0, stream: LIMITS })
})
afterAll(async () => {
  await server.close()
  await engine.close()
})

interface Message {
  readonly type: string
  readonly query: number
  readonly sequence: number
  readonly [field: string]: unknown
}
interface Frame {
  readonly kind: number
  readonly query: number
  readonly sequence: number
  readonly rowCount: number
  readonly byteLength: number
  readonly body: Buffer
}

/** A client of the protocol as docs/stream.md has it, which does nothing by itself. */
class RawClient {
  readonly socket: WebSocket
  readonly messages: Message[] = []
  readonly frames: Frame[] = []
  /** Says of every frame that it has come. */
  acknowledges = false
  closeCode: number | undefined
  #changed: (() => void)[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#frame(frameOf(data))
      else this.messages.push(JSON.parse(data.toString()) as Message)
      this.#change()
    })
    socket.on('error', () => {})
    socket.on('close', (code) => {
      this.closeCode = code
      this.#change()
    })
  }

  static async connect(options: { readonly origin?: string } = {}): Promise<RawClient> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream`, options)
    const client = new RawClient(socket)
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return client
  }

  static async open(): Promise<RawClient> {
    const client = await RawClient.connect()
    client.send({ type: 'open', version: 1 })
    await client.until((message) => message.type === 'opened')
    return client
  }

  #frame(frame: Frame): void {
    this.frames.push(frame)
    const { query, sequence } = frame
    if (this.acknowledges) this.send({ type: 'credit', query, next: sequence + 1, limit: 1e9 })
  }

  #change(): void {
    const changed = this.#changed
    this.#changed = []
    for (const resolve of changed) resolve()
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  query(query: number, sql: string, more: object = {}): void {
    const session = {
      'X-Trino-User': 'tester',
      'x-trino-catalog': 'tpch',
      'x-trino-schema': 'tiny',
    }
    this.send({ type: 'query', query, sql, session, format: 'json', credit: 1e9, ...more })
  }

  async when(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        this.#changed.push(resolve)
      })
    }
  }

  async until(matches: (message: Message) => boolean): Promise<Message> {
    await this.when(() => this.messages.some(matches) || this.closeCode !== undefined)
    return this.messages.find(matches)!
  }

  ended(query: number): Promise<Message> {
    return this.until(
      (message) => message.query === query && (message.type === 'end' || message.type === 'error'),
    )
  }

  rows(query: number): unknown[] {
    return this.frames
      .filter((frame) => frame.query === query)
      .flatMap((frame) => JSON.parse(frame.body.toString()) as unknown[])
  }
}

const frameOf = (data: Buffer): Frame => ({
  kind: data.readUInt8(0),
  query: data.readUInt32LE(4),
  sequence: data.readUInt32LE(8),
  rowCount: data.readUInt32LE(12),
  byteLength: data.length,
  body: data.subarray(24),
})

const settle = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis)
  })

const runOf = (text: string) =>
  engine.services.queries.list().findLast((run) => run.sql.includes(text))!

test('a query is answered by its schema, its rows and its end', async () => {
  const client = await RawClient.open()
  client.query(1, 'SELECT nationkey, name FROM nation WHERE nationkey < ? ORDER BY 1;', {
    parameters: [{ $bigint: '2' }],
  })
  const end = await client.ended(1)
  expect(client.messages.find((message) => message.type === 'schema')).toMatchObject({
    query: 1,
    sequence: 0,
    columns: [
      { name: 'nationkey', type: { kind: 'bigint' }, typeName: 'bigint' },
      { name: 'name', type: { kind: 'varchar', length: 25 }, typeName: 'varchar(25)' },
    ],
  })
  expect(client.rows(1)).toEqual([
    [0, 'ALGERIA'],
    [1, 'ARGENTINA'],
  ])
  expect(end).toMatchObject({ type: 'end', sequence: 2, stats: { state: 'FINISHED', rowCount: 2 } })
  client.socket.close()
})

test('msgpack rows and Arrow batches are what their libraries read', async () => {
  const client = await RawClient.open()
  client.acknowledges = true
  const sql = `SELECT orderkey, totalprice, orderdate, comment, IF(orderkey % 3 = 0, NULL, orderstatus) AS s,
      CAST(totalprice AS decimal(12, 2)) AS d, orderkey % 2 = 0 AS b, ARRAY[custkey, NULL] AS a,
      MAP(ARRAY[orderkey], ARRAY[comment]) AS m, CAST(ROW(1, clerk) AS ROW(x integer, y varchar)) AS r,
      TIMESTAMP '2020-01-01 00:00:00.123456' AS t, TIMESTAMP '2020-01-01 00:00:00 Europe/Berlin' AS z,
      CAST(NULL AS map(integer, array(varchar))) AS n, CAST(NULL AS decimal(30, 3)) AS nd, NULL AS u
    FROM tpch.tiny.orders ORDER BY orderkey`
  client.query(1, sql, { format: 'msgpack' })
  client.query(2, sql, { format: 'arrow' })
  await Promise.all([client.ended(1), client.ended(2)])
  const engineHere = await Millrace.create({
    threads: 0,
    timeZone: 'UTC',
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  const expected = await engineHere.query(sql, [], { rowMode: 'array' }).all()
  const packed = client.frames
    .filter((frame) => frame.query === 1)
    .flatMap((frame) => unpackMultiple(frame.body) as unknown[])
  const plain = (_: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return Number(value)
    return value instanceof Map ? Object.fromEntries(value) : value
  }
  expect(packed).toHaveLength(expected.length)
  packed.forEach((row, i) => {
    expect(JSON.stringify(row, plain)).toBe(JSON.stringify(expected[i], plain))
  })
  const bytes = Buffer.concat([
    ...client.frames.filter((frame) => frame.query === 2).map((frame) => frame.body),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  ])
  const rows: string[] = []
  for (const batch of RecordBatchReader.from(bytes)) {
    for (const row of batch.toArray()) rows.push(JSON.stringify(row?.toJSON(), plain))
  }
  const batches: string[] = []
  for await (const batch of engineHere.query(sql).arrow()) {
    for (const row of batch.toArray()) batches.push(JSON.stringify(row?.toJSON(), plain))
  }
  expect(rows).toHaveLength(batches.length)
  rows.forEach((row, i) => {
    expect(row).toBe(batches[i])
  })
  await engineHere.close()
  client.socket.close()
})

test('no more is sent than credit allows, and nothing runs ahead of it', async () => {
  const client = await RawClient.open()
  client.query(1, "SELECT 'credit' AS a, l.* FROM tpch.sf1.lineitem AS l", { credit: 0 })
  await client.until((message) => message.type === 'schema')
  await settle(50)
  expect(client.frames).toHaveLength(0)
  let limit = 0
  for (let i = 0; i < 5; i++) {
    limit += 1
    const before = client.frames.length
    client.send({ type: 'credit', query: 1, next: before + 1, limit })
    await client.when(() => client.frames.length > before)
    await settle(20)
    // A limit lets one frame go beyond it.
    expect(client.frames.length).toBe(before + 1)
    limit = client.frames.reduce((sum, frame) => sum + frame.byteLength, 0)
  }
  const { processedRows } = runOf("'credit'").execution!.info()
  expect(processedRows).toBeLessThan(1_000_000)
  client.send({ type: 'cancel', query: 1 })
  expect((await client.ended(1))['error']).toMatchObject({ code: 'USER_CANCELED' })
  client.socket.close()
})

test('what is not acknowledged is bounded, whatever the credit', async () => {
  const client = await RawClient.open()
  client.query(1, 'SELECT * FROM lineitem')
  const sent = () => client.frames.reduce((sum, frame) => sum + frame.byteLength, 0)
  await expect.poll(sent, { timeout: 30_000 }).toBeGreaterThan(LIMITS.replayBytesMax / 2)
  await settle(300)
  expect(sent()).toBeLessThan(LIMITS.replayBytesMax * 2)
  const acknowledge = setInterval(() => {
    client.send({ type: 'credit', query: 1, next: client.frames.length + 1, limit: 1e9 })
  }, 5)
  expect((await client.ended(1))['type']).toBe('end')
  clearInterval(acknowledge)
  expect(client.rows(1)).toHaveLength(60_175)
  client.socket.close()
})

test('a connection that breaks is resumed by its token, with nothing lost or doubled', async () => {
  const first = await RawClient.open()
  const { token } = (await first.until((message) => message.type === 'opened')) as unknown as {
    token: string
  }
  first.query(1, 'SELECT orderkey FROM orders ORDER BY orderkey', { credit: 100_000 })
  first.query(2, "SELECT 'lost' AS a")
  await first.ended(2)
  await first.when(() => first.frames.some((frame) => frame.query === 1))
  const next = first.frames.filter((frame) => frame.query === 1).length + 1
  first.socket.terminate()
  const second = await RawClient.connect()
  second.send({
    type: 'resume',
    version: 1,
    token,
    queries: [
      { query: 1, next },
      { query: 9, next: 0 },
    ],
  })
  expect(await second.until((message) => message.type === 'resumed')).toMatchObject({
    queries: [1],
  })
  second.send({ type: 'credit', query: 1, next, limit: 1e9 })
  expect((await second.ended(1))['type']).toBe('end')
  const rows = [...first.rows(1), ...second.rows(1)] as [number][]
  expect(rows).toHaveLength(15_000)
  expect(rows.every(([key], i) => i === 0 || key > rows[i - 1]![0])).toBe(true)
  const sequences = second.frames.map((frame) => frame.sequence)
  expect(sequences).toEqual(sequences.map((_, i) => next + i))
  second.socket.close()
  const third = await RawClient.connect()
  third.send({ type: 'resume', version: 1, token: 'guessed', queries: [] })
  expect((await third.until((message) => message.type === 'error'))['error']).toMatchObject({
    code: 'NOT_FOUND',
  })
  await third.when(() => third.closeCode !== undefined)
  expect(third.closeCode).toBe(1008)
})

test('queries of a client that does not come back, or says nothing, are ended', async () => {
  const gone = await RawClient.open()
  gone.query(1, "SELECT 'gone' AS a, l.* FROM lineitem AS l", { credit: 1 })
  await gone.when(() => gone.frames.length > 0)
  const goneRun = runOf("'gone'")
  gone.socket.terminate()
  const silent = await RawClient.open()
  silent.query(1, "SELECT 'silent' AS a, l.* FROM lineitem AS l", { credit: 0 })
  const asking = setInterval(() => silent.send({ type: 'alive', queries: [1] }), 100)
  // Saying that one is there is no credit.
  expect((await silent.ended(1))['error']).toMatchObject({ code: 'ABANDONED_QUERY' })
  clearInterval(asking)
  await goneRun.settled
  expect(goneRun.failure?.code).toBe('ABANDONED_QUERY')
  silent.socket.close()
})

test('a client that takes little and says that it is there is kept', async () => {
  const client = await RawClient.open()
  client.query(1, "SELECT 'kept' AS a, l.* FROM lineitem AS l", { credit: 1 })
  const asking = setInterval(() => client.send({ type: 'alive', queries: [1] }), 100)
  await settle(1500)
  expect(runOf("'kept'").failure).toBeUndefined()
  clearInterval(asking)
  client.socket.close()
  await runOf("'kept'").settled
  expect(runOf("'kept'").failure?.code).toBe('ABANDONED_QUERY')
})

test.each([
  ['what is no JSON', 'no json'],
  ['an unknown type', { type: 'nope' }],
  ['no object', []],
  ['a query without a text', { type: 'query', query: 1, credit: 1 }],
  [
    'a format that is unknown',
    { type: 'query', query: 1, sql: 'SELECT 1', credit: 1, format: 'x' },
  ],
  ['credit that is no number', { type: 'credit', query: 1, next: 0, limit: 'all' }],
  ['a second open', { type: 'open', version: 1 }],
])('%s ends the connection with an error', async (_, message) => {
  const client = await RawClient.open()
  client.send(message)
  const error = await client.until((found) => found.type === 'error')
  expect(error).toMatchObject({ query: 0, error: { code: 'INVALID_ARGUMENTS' } })
  await client.when(() => client.closeCode !== undefined)
  expect(client.closeCode).toBe(1008)
})

test('a message that is too long, or binary, ends the connection', async () => {
  const long = await RawClient.open()
  long.query(1, `SELECT '${'x'.repeat(LIMITS.messageBytesMax)}'`)
  await long.when(() => long.closeCode !== undefined)
  expect(long.closeCode).toBe(1009)
  const binary = await RawClient.open()
  binary.socket.send(Buffer.alloc(10))
  await binary.when(() => binary.closeCode !== undefined)
  expect(binary.closeCode).toBe(1008)
})

test('another version, and anything before open, is refused', async () => {
  for (const [message, code] of [
    [{ type: 'open', version: 99 }, 'NOT_SUPPORTED'],
    [{ type: 'cancel', query: 1 }, 'INVALID_ARGUMENTS'],
  ] as const) {
    const client = await RawClient.connect()
    client.send(message)
    expect((await client.until((found) => found.type === 'error'))['error']).toMatchObject({ code })
    await client.when(() => client.closeCode !== undefined)
  }
})

test('queries fail alone: bad text, bad session, too many of them', async () => {
  const client = await RawClient.open()
  client.query(1, 'SELECT nope')
  expect((await client.ended(1))['error']).toMatchObject({
    code: 'COLUMN_NOT_FOUND',
    number: 47,
    location: { line: 1, column: 8 },
  })
  client.query(2, 'SELECT 1', { session: {} })
  expect((await client.ended(2))['error']).toMatchObject({ code: 'INVALID_ARGUMENTS' })
  client.query(3, 'SELECT ?', { parameters: [{ a: 1 }] })
  expect((await client.ended(3))['error']).toMatchObject({ code: 'INVALID_PARAMETER_USAGE' })
  client.send({ type: 'credit', query: 1, next: 1, limit: 1 })
  for (let query = 4; query < 8; query++)
    client.query(query, 'SELECT * FROM lineitem', { credit: 0 })
  expect((await client.ended(7))['error']).toMatchObject({ code: 'QUERY_QUEUE_FULL' })
  client.send({ type: 'cancel', query: 4 })
  expect((await client.ended(4))['error']).toMatchObject({ code: 'USER_CANCELED' })
  client.socket.close()
})

test('pages of other origins are refused', async () => {
  for (const origin of [server.url, 'https://app.example', undefined]) {
    const client = await RawClient.connect(origin === undefined ? {} : { origin })
    client.socket.close()
  }
  for (const origin of ['https://evil.example', 'null', 'https://app.example.evil']) {
    await expect(RawClient.connect({ origin })).rejects.toThrow('403')
  }
  const elsewhere = new WebSocket(`${server.url.replace('http', 'ws')}/v1/elsewhere`)
  await expect(new Promise((_, reject) => elsewhere.once('error', reject))).rejects.toThrow('404')
})

test('progress comes as often as asked', async () => {
  const client = await RawClient.open()
  client.query(1, 'SELECT * FROM lineitem', { credit: 1, progressMillis: 20 })
  const progress = await client.until((message) => message.type === 'progress')
  expect(progress['stats']).toMatchObject({ state: 'RUNNING', queryId: runOf('lineitem').id })
  client.socket.close()
})
