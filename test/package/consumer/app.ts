// What a program that has the package installed may write: type-checked against the packed tarball, then run.
import {
  type EngineOptions,
  Millrace,
  MillraceError,
  type Query,
  type QueryInfo,
  type ResultColumn,
  type SqlType,
  typeName,
} from 'millrace'
import { type Client, connect } from 'millrace/client'
import {
  type ConnectorFactory,
  defineConnector,
  integerConfig,
  type Plugin,
  SPI_VERSION,
} from 'millrace/spi'

const squares: ConnectorFactory & Plugin = defineConnector({
  name: 'squares',
  spiVersion: SPI_VERSION,
  config: { 'squares.count': integerConfig({ description: 'How many', required: true }) },
  tables: { squares: { columns: { n: 'bigint', square: 'bigint' } } },
  *rows({ config }) {
    for (let n = 0; n < config['squares.count']; n++) yield { n, square: n * n }
  },
})
const options: EngineOptions = {
  threads: 0,
  plugins: [squares],
  catalogs: { s: { 'connector.name': 'squares', 'squares.count': '4' } },
}

await using engine = await Millrace.create(options)
const query: Query<{ n: bigint; square: bigint }> = engine.query(
  'SELECT * FROM s.default.squares WHERE n > ?',
  [1],
)
const columns: readonly ResultColumn[] = await query.columns()
const types: readonly SqlType[] = columns.map((column) => column.type)
let total = 0n
for await (const { square } of query) total += square
const info: QueryInfo = await query.info()
const stages: number = info.stages.length

let pageRows = 0
for await (const page of engine.query('VALUES 1, 2').pages()) pageRows += page.rowCount
for await (const batch of engine.query('VALUES 1, 2').arrow()) pageRows += batch.numRows
const streamed: readonly { x: number }[] = await engine
  .query<{ x: number }>('SELECT 5 AS x')
  .highland()
  .map((row) => row)
  .collect()
  .toPromise(Promise)

const client: Client = connect('http://127.0.0.1:8080', { user: 'me' })
const remote: AsyncIterable<Record<string, unknown>> = client.query('SELECT 1')
let refusal = ''
try {
  await engine.query('SELEC').all()
} catch (error) {
  if (error instanceof MillraceError) refusal = error.code
}
console.log(
  JSON.stringify([
    types.map(typeName),
    String(total),
    stages > 0,
    pageRows,
    streamed,
    refusal,
    typeof remote,
  ]),
)
