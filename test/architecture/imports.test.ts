import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../../src')

/** Which folders (or files) of src a folder may import from, besides itself. Data flows one way. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  spi: [],
  // Texts and JavaScript values of what blocks carry.
  values: ['spi'],
  // Arrow's formats, for whoever writes or reads them.
  arrow: ['spi', 'values'],
  expressions: ['spi', 'values'],
  planner: ['spi', 'expressions'],
  dialect: ['spi', 'planner/parser'],
  operators: ['spi', 'expressions'],
  exchange: ['spi', 'operators/operator', 'arrow'],
  dataflow: ['spi', 'expressions', 'operators', 'exchange', 'planner/plan'],
  connectors: ['spi/index', 'spi', 'values', 'arrow'],
  engine: [
    'spi',
    'values',
    'arrow',
    'expressions',
    'planner',
    'dialect',
    'operators',
    'exchange',
    'dataflow',
    'connectors',
  ],
  server: ['spi', 'values', 'arrow', 'engine', 'exchange', 'planner/metadata'],
  // What reads pages, loaded by those who ask for them; the messages of the stream are types.
  client: ['spi', 'exchange/arrow', 'values', 'engine/result/arrow', 'server/stream/messages'],
  cli: ['spi', 'values', 'arrow', 'engine', 'client', 'server', 'planner/parser'],
  testing: ['spi', 'engine', 'server/cluster/plain-codec'],
}

/** npm packages and the only places that may import them. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  'apache-arrow': ['engine/result/arrow'],
  highland: ['engine/result/highland', 'client/remote-query', 'dataflow/streams/highland'],
  fastify: ['server'],
  fzstd: ['connectors/files'],
  'isomorphic-git': ['connectors/git'],
  ws: ['exchange/websocket', 'server/stream', 'client', 'server/cluster'],
  'node-sql-parser': ['dialect/parser'],
  'snowball-stemmers': ['expressions/functions/string/word-stem'],
  '@orama/stemmers': ['expressions/functions/string/word-stem'],
  libsql: ['connectors/sqlite'],
  '@duckdb/node-api': ['connectors/duckdb'],
  '@duckdb/node-bindings': ['connectors/duckdb'],
  msgpackr: ['exchange/protocol', 'server/cluster/plain-codec'],
}

interface Import {
  readonly file: string
  readonly target: string
  readonly isPackage: boolean
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
)

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(SRC, file), 'utf8')
  // Statements begin a line, or close a list of names that began one.
  const found = text.matchAll(
    /^(?:(?:import|export)\b[^'"\n]*from |import |\} from )'([^']+)'|\bimport\(\s*'([^']+)'/gm,
  )
  return [...found].map(([, fixed, dynamic]) => {
    const specifier = fixed ?? dynamic
    const isPackage = !specifier!.startsWith('.')
    const target = isPackage
      ? specifier!
      : relative(SRC, resolve(SRC, dirname(file), specifier!)).replace(/\.js$/, '')
    return { file, target, isPackage }
  })
})

const isWithin = (target: string, place: string): boolean =>
  target === place || target.startsWith(`${place}/`)

test('a folder imports only what lies below it', () => {
  const wrong = imports.filter(({ file, target, isPackage }) => {
    if (isPackage) return false
    const folder = file.split('/')[0]!
    // src/index.ts is the public face of the engine.
    const allowed = folder === 'index.ts' ? ['engine', 'spi'] : MAY_IMPORT[folder]
    if (allowed === undefined) return true
    return !isWithin(target, folder) && !allowed.some((place) => isWithin(target, place))
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

/** What the connectors of SQL databases share, texts of values, and Arrow's formats. */
const SHARED_CONNECTOR_CODE = ['connectors/sql-base', 'values', 'arrow']

test('connectors import the SPI only, never each other', () => {
  const wrong = imports.filter(({ file, target, isPackage }) => {
    if (isPackage || !file.startsWith('connectors/')) return false
    const own = file.split('/').slice(0, 2).join('/')
    const allowed = [own, 'spi/index', ...SHARED_CONNECTOR_CODE]
    return !allowed.some((place) => isWithin(target, place))
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('each npm package has one importer', () => {
  const wrong = imports.filter(({ file, target, isPackage }) => {
    if (!isPackage || target.startsWith('node:')) return false
    const name = target.startsWith('@')
      ? target.split('/').slice(0, 2).join('/')
      : target.split('/')[0]!
    const owners = PACKAGE_OWNERS[name]
    return (
      owners === undefined || !owners.some((owner) => isWithin(file.replace(/\.ts$/, ''), owner))
    )
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

/** Files that may be longer, with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {}
const LINES_MAX = 500

test('no file is a god-file', () => {
  const long = files.filter(
    (file) =>
      LONG_FILES[file] === undefined &&
      readFileSync(join(SRC, file), 'utf8').split('\n').length > LINES_MAX + 1,
  )
  expect(long).toEqual([])
})

test('code is made from text in two files: compiled expressions, and rows for the consumer', () => {
  const found = files.filter((file) => /new Function\(/.test(readFileSync(join(SRC, file), 'utf8')))
  expect(found.sort()).toEqual(['expressions/js/js-compiler.ts', 'values/row-reader.ts'])
})
