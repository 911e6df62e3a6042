import type { FunctionRules } from './function-rule.js'
import { FUNCTIONS_OF_ALL_DIALECTS } from './functions/all-dialects.js'
import { BIGQUERY_FUNCTIONS } from './functions/bigquery.js'
import { DB2_FUNCTIONS } from './functions/db2.js'
import { FLINKSQL_FUNCTIONS } from './functions/flinksql.js'
import { HIVE_FUNCTIONS } from './functions/hive.js'
import { MYSQL_FUNCTIONS } from './functions/mysql.js'
import { POSTGRESQL_FUNCTIONS } from './functions/postgresql.js'
import { REDSHIFT_FUNCTIONS } from './functions/redshift.js'
import { SNOWFLAKE_FUNCTIONS } from './functions/snowflake.js'
import { SQLITE_FUNCTIONS } from './functions/sqlite.js'
import { TRANSACTSQL_FUNCTIONS } from './functions/transactsql.js'

/** A grammar of node-sql-parser: the file name of its build. */
export type Grammar =
  | 'athena'
  | 'bigquery'
  | 'db2'
  | 'flinksql'
  | 'hive'
  | 'mariadb'
  | 'mysql'
  | 'noql'
  | 'postgresql'
  | 'redshift'
  | 'snowflake'
  | 'sqlite'
  | 'transactsql'

export type DialectName = Grammar

/** How the text of a dialect is cut into tokens. */
export interface Lexical {
  /** What double quotes hold. */
  readonly doubleQuotes: 'name' | 'string'
  readonly backquotes: boolean
  readonly brackets: boolean
  /** A backslash in a string escapes what follows. */
  readonly backslashes: boolean
  /** `$$ … $$`, `$tag$ … $tag$`. */
  readonly dollarQuotes: boolean
  /** Prefixes of strings: E (escapes), R (raw), N (national). */
  readonly stringPrefixes: string
  readonly tripleQuotes: boolean
  readonly hashComments: boolean
  /** What begins a parameter beside `?`: `$1`, `:name`, `@name`. */
  readonly parameters: string
}

/** What tells a dialect from Trino's SQL. */
export interface Dialect {
  readonly name: DialectName
  /** Tried in order: what the own grammar can't read, the next may. */
  readonly grammars: readonly Grammar[]
  readonly lexical: Lexical
  /** What becomes of the case of names without quotes, as result columns show it. */
  readonly names: 'lower' | 'upper' | 'kept'
  /** Where ORDER BY puts NULLs unless told. */
  readonly nulls: 'smallest' | 'largest' | 'last'
  /** What `1.5` is. */
  readonly decimalLiterals: 'exact' | 'double'
  /** Whether conditions are 1 and 0, and numbers conditions. */
  readonly booleansAreIntegers: boolean
  /** The rule of `/`: scales, and whether integers divide to an integer. */
  readonly arithmetic:
    | 'athena'
    | 'bigquery'
    | 'mysql'
    | 'postgresql'
    | 'snowflake'
    | 'sqlite'
    | 'transactsql'
  /** What `||` does. */
  readonly pipes: 'concatenation' | 'or'
  /** A NULL that is concatenated. */
  readonly setOperators: 'intersect first' | 'left to right' | 'parenthesised'
  readonly likeIgnoresCase: boolean
  /** Result columns without name are called after their function. */
  readonly namesCalls: boolean
  readonly functions: FunctionRules
}

const LEXICAL: Lexical = {
  doubleQuotes: 'name',
  backquotes: false,
  brackets: false,
  backslashes: false,
  dollarQuotes: false,
  stringPrefixes: '',
  tripleQuotes: false,
  hashComments: false,
  parameters: '',
}

const POSTGRESQL: Dialect = {
  name: 'postgresql',
  grammars: ['postgresql'],
  lexical: { ...LEXICAL, dollarQuotes: true, stringPrefixes: 'E', parameters: '$:' },
  names: 'lower',
  nulls: 'largest',
  decimalLiterals: 'exact',
  booleansAreIntegers: false,
  arithmetic: 'postgresql',
  pipes: 'concatenation',
  setOperators: 'intersect first',
  likeIgnoresCase: false,
  namesCalls: true,
  functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...POSTGRESQL_FUNCTIONS },
}

const MYSQL: Dialect = {
  name: 'mysql',
  grammars: ['mysql', 'mariadb', 'postgresql'],
  lexical: {
    ...LEXICAL,
    doubleQuotes: 'string',
    backquotes: true,
    backslashes: true,
    stringPrefixes: 'N',
    hashComments: true,
    parameters: ':@',
  },
  names: 'kept',
  nulls: 'smallest',
  decimalLiterals: 'exact',
  booleansAreIntegers: true,
  arithmetic: 'mysql',
  pipes: 'or',
  setOperators: 'intersect first',
  likeIgnoresCase: false,
  namesCalls: false,
  functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...MYSQL_FUNCTIONS },
}

const SNOWFLAKE: Dialect = {
  ...POSTGRESQL,
  name: 'snowflake',
  grammars: ['snowflake', 'postgresql'],
  lexical: { ...LEXICAL, dollarQuotes: true, backslashes: true, parameters: ':' },
  names: 'upper',
  arithmetic: 'snowflake',
  namesCalls: false,
  functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...SNOWFLAKE_FUNCTIONS },
}

const ATHENA: Dialect = {
  ...POSTGRESQL,
  name: 'athena',
  grammars: ['athena', 'postgresql'],
  lexical: LEXICAL,
  names: 'kept',
  nulls: 'last',
  arithmetic: 'athena',
  namesCalls: false,
  functions: FUNCTIONS_OF_ALL_DIALECTS,
}

const BIGQUERY: Dialect = {
  ...ATHENA,
  name: 'bigquery',
  grammars: ['bigquery'],
  lexical: {
    ...LEXICAL,
    doubleQuotes: 'string',
    backquotes: true,
    backslashes: true,
    stringPrefixes: 'R',
    tripleQuotes: true,
    hashComments: true,
    parameters: '@',
  },
  nulls: 'smallest',
  decimalLiterals: 'double',
  arithmetic: 'bigquery',
  setOperators: 'parenthesised',
  functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...BIGQUERY_FUNCTIONS },
}

const DIALECTS: { readonly [Name in DialectName]: Dialect } = {
  athena: ATHENA,
  bigquery: BIGQUERY,
  db2: {
    ...ATHENA,
    name: 'db2',
    grammars: ['db2', 'postgresql'],
    names: 'upper',
    nulls: 'largest',
    arithmetic: 'transactsql',
    functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...DB2_FUNCTIONS },
  },
  flinksql: {
    ...ATHENA,
    name: 'flinksql',
    grammars: ['flinksql', 'postgresql'],
    lexical: { ...LEXICAL, backquotes: true },
    nulls: 'smallest',
    arithmetic: 'transactsql',
    functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...FLINKSQL_FUNCTIONS },
  },
  hive: {
    ...ATHENA,
    name: 'hive',
    grammars: ['hive', 'mysql', 'postgresql'],
    lexical: { ...LEXICAL, doubleQuotes: 'string', backquotes: true, backslashes: true },
    names: 'lower',
    nulls: 'smallest',
    arithmetic: 'bigquery',
    functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...HIVE_FUNCTIONS },
  },
  mariadb: { ...MYSQL, name: 'mariadb', grammars: ['mariadb', 'mysql', 'postgresql'] },
  mysql: MYSQL,
  noql: { ...POSTGRESQL, name: 'noql', grammars: ['noql', 'postgresql'] },
  postgresql: POSTGRESQL,
  redshift: {
    ...POSTGRESQL,
    name: 'redshift',
    grammars: ['redshift', 'postgresql', 'snowflake'],
    functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...REDSHIFT_FUNCTIONS },
  },
  snowflake: SNOWFLAKE,
  sqlite: {
    ...POSTGRESQL,
    name: 'sqlite',
    grammars: ['sqlite', 'postgresql'],
    lexical: { ...LEXICAL, backquotes: true, brackets: true, parameters: ':@$' },
    names: 'kept',
    nulls: 'smallest',
    decimalLiterals: 'double',
    booleansAreIntegers: true,
    arithmetic: 'sqlite',
    setOperators: 'left to right',
    likeIgnoresCase: true,
    namesCalls: false,
    functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...SQLITE_FUNCTIONS },
  },
  transactsql: {
    ...ATHENA,
    name: 'transactsql',
    grammars: ['transactsql'],
    lexical: { ...LEXICAL, brackets: true, stringPrefixes: 'N', parameters: '@' },
    nulls: 'smallest',
    arithmetic: 'transactsql',
    setOperators: 'intersect first',
    functions: { ...FUNCTIONS_OF_ALL_DIALECTS, ...TRANSACTSQL_FUNCTIONS },
  },
}

export const DIALECT_NAMES = Object.keys(DIALECTS) as readonly DialectName[]

/** The dialect of a name, in any case; undefined for `trino` and for names that there are not. */
export function findDialect(name: string): Dialect | undefined {
  const key = name.toLowerCase()
  return Object.hasOwn(DIALECTS, key) ? DIALECTS[key as DialectName] : undefined
}
