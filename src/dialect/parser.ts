import { MillraceError } from '../spi/index.js'
import type { Grammar } from './dialect.js'

/** Parses a text into node-sql-parser's tree. @throws its SyntaxError, with `location` */
export type ForeignParser = (text: string) => unknown

/** Each grammar is a file of its own: only what is used is loaded. */
const MODULES: { readonly [G in Grammar]: () => Promise<unknown> } = {
  athena: () => import('node-sql-parser/build/athena.js'),
  bigquery: () => import('node-sql-parser/build/bigquery.js'),
  db2: () => import('node-sql-parser/build/db2.js'),
  flinksql: () => import('node-sql-parser/build/flinksql.js'),
  hive: () => import('node-sql-parser/build/hive.js'),
  mariadb: () => import('node-sql-parser/build/mariadb.js'),
  mysql: () => import('node-sql-parser/build/mysql.js'),
  noql: () => import('node-sql-parser/build/noql.js'),
  postgresql: () => import('node-sql-parser/build/postgresql.js'),
  redshift: () => import('node-sql-parser/build/redshift.js'),
  snowflake: () => import('node-sql-parser/build/snowflake.js'),
  sqlite: () => import('node-sql-parser/build/sqlite.js'),
  transactsql: () => import('node-sql-parser/build/transactsql.js'),
}

interface ParserConstructor {
  new (): {
    parse(
      sql: string,
      options: {
        readonly database: string
        readonly parseOptions: { readonly includeLocations: boolean }
      },
    ): { readonly ast: unknown }
  }
}

const loaded = new Map<Grammar, Promise<ForeignParser>>()

/** The parser of a grammar, loaded by its first use. @throws CONFIGURATION_INVALID where it is not installed */
export function loadParser(grammar: Grammar): Promise<ForeignParser> {
  let parser = loaded.get(grammar)
  if (parser === undefined) loaded.set(grammar, (parser = load(grammar)))
  return parser
}

async function load(grammar: Grammar): Promise<ForeignParser> {
  let module: unknown
  try {
    module = await MODULES[grammar]()
  } catch (cause) {
    loaded.delete(grammar)
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `SQL dialects need the package node-sql-parser, which could not be loaded: ${grammar}`,
      { cause, hint: 'Install it beside millrace: npm install node-sql-parser' },
    )
  }
  const { Parser } = (module as { readonly default: { readonly Parser: ParserConstructor } })
    .default
  const parser = new Parser()
  return (text) =>
    parser.parse(text, { database: grammar, parseOptions: { includeLocations: true } }).ast
}
