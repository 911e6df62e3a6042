import {
  BIGINT,
  BOOLEAN,
  INTEGER,
  MillraceError,
  parseDataSize,
  parseDuration,
  type SqlType,
  timeZoneId,
  timeZoneKey,
  VARCHAR,
} from '../../spi/index.js'

/** A property of the engine itself that SET SESSION sets; values travel as text. */
export interface SystemProperty {
  readonly name: string
  readonly description: string
  readonly type: SqlType
  /** Text of the default; empty: none. */
  readonly defaultText: string
  readonly hidden: boolean
  /** Checks a text. @throws MillraceError INVALID_SESSION_PROPERTY */
  check(text: string): void
}

const invalid = (message: string): MillraceError =>
  new MillraceError('INVALID_SESSION_PROPERTY', message)

const property = (
  name: string,
  type: SqlType,
  defaultText: string,
  description: string,
  check: (text: string) => void,
): SystemProperty => ({ name, type, defaultText, description, check, hidden: false })

const booleanProperty = (name: string, value: boolean, description: string) =>
  property(name, BOOLEAN, String(value), description, (text) => {
    if (text !== 'true' && text !== 'false') throw invalid(`${name} must be true or false: ${text}`)
  })

const numberProperty = (
  name: string,
  type: SqlType,
  value: number,
  min: number,
  description: string,
  max = Number.POSITIVE_INFINITY,
) =>
  property(name, type, String(value), description, (text) => {
    const number = Number(text)
    if (!Number.isFinite(number)) throw invalid(`${name} must be a number: ${text}`)
    if (number < min) throw invalid(`${name} must be equal or greater than ${min}`)
    if (number > max) throw invalid(`${name} must be less than or equal to ${max}`)
  })

const enumProperty = (
  name: string,
  value: string,
  values: readonly string[],
  description: string,
) =>
  property(
    name,
    VARCHAR,
    value,
    `${description}. Possible values: [${values.join(', ')}]`,
    (text) => {
      if (!values.includes(text.toUpperCase())) {
        throw invalid(`Invalid value [${text}]. Valid values: [${values.join(', ')}]`)
      }
    },
  )

/** The letters that a quantity ends with; undefined where the text is none. */
const unitOf = (text: string): string | undefined =>
  /^\s*\d+(?:\.\d+)?\s*([a-zA-Z]+)\s*$/.exec(text)?.[1]

/** Milliseconds of a duration such as `1.5h`. @throws MillraceError INVALID_SESSION_PROPERTY */
export function durationMillis(text: string): number {
  const millis = parseDuration(text)
  if (millis !== undefined) return millis
  const unit = unitOf(text)
  throw invalid(
    unit === undefined
      ? `duration is not a valid data duration string: ${text}`
      : `Unknown time unit: ${unit}`,
  )
}

const SIZE_UNITS: readonly string[] = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Bytes of a size such as `64MB`, units in Trino's letter case. @throws MillraceError INVALID_SESSION_PROPERTY */
export function dataSizeBytes(text: string): number {
  const unit = unitOf(text)
  if (unit !== undefined && !SIZE_UNITS.includes(unit)) throw invalid(`Unknown unit: ${unit}`)
  const bytes = parseDataSize(text)
  if (bytes === undefined) throw invalid(`size is not a valid data size string: ${text}`)
  return bytes
}

const durationProperty = (name: string, value: string, description: string) =>
  property(name, VARCHAR, value, description, durationMillis)
const sizeProperty = (name: string, value: string, description: string) =>
  property(name, VARCHAR, value, description, dataSizeBytes)

/** What statements may be written in: Trino's SQL, and what `src/dialect` translates. */
const DIALECTS = [
  'TRINO',
  'ATHENA',
  'BIGQUERY',
  'DB2',
  'FLINKSQL',
  'HIVE',
  'MARIADB',
  'MYSQL',
  'NOQL',
  'POSTGRESQL',
  'REDSHIFT',
  'SNOWFLAKE',
  'SQLITE',
  'TRANSACTSQL',
]

/** All system session properties, sorted by name; Trino's names, for what Millrace has too. */
export const SYSTEM_PROPERTIES: readonly SystemProperty[] = [
  booleanProperty('allow_pushdown_into_connectors', true, 'Allow pushdown into connectors'),
  booleanProperty('colocated_join', true, 'Use a colocated join when possible'),
  booleanProperty(
    'complex_expression_pushdown',
    true,
    'Allow complex expression pushdown into connectors',
  ),
  enumProperty('dialect', 'TRINO', DIALECTS, 'Dialect of SQL'),
  booleanProperty('distributed_sort', true, 'Parallelize sort across multiple nodes'),
  booleanProperty('enable_dynamic_filtering', true, 'Enable dynamic filtering'),
  booleanProperty(
    'extended_decorrelation',
    false,
    'Run correlated subqueries that Trino refuses, too',
  ),
  durationProperty('iterative_optimizer_timeout', '3.00m', 'Timeout for plan optimization'),
  enumProperty(
    'join_distribution_type',
    'AUTOMATIC',
    ['BROADCAST', 'PARTITIONED', 'AUTOMATIC'],
    'Join distribution type',
  ),
  sizeProperty(
    'join_max_broadcast_table_size',
    '100MB',
    'Maximum estimated size of a table that can be broadcast when using automatic join type selection',
  ),
  enumProperty(
    'join_reordering_strategy',
    'AUTOMATIC',
    ['NONE', 'ELIMINATE_CROSS_JOINS', 'AUTOMATIC'],
    'Join reordering strategy',
  ),
  numberProperty(
    'join_skew_min_rows',
    BIGINT,
    5_000_000,
    0,
    'Fewest rows of a side of a partitioned join of which a sample tells whether many have one key',
  ),
  numberProperty(
    'max_grouping_sets',
    INTEGER,
    2048,
    1,
    'Maximum number of grouping sets in a group by',
  ),
  numberProperty(
    'max_recursion_depth',
    INTEGER,
    10,
    1,
    'Maximum recursion depth for recursive common table expression',
  ),
  numberProperty(
    'max_reordered_joins',
    INTEGER,
    9,
    2,
    'The maximum number of joins to reorder as one group in cost-based join reordering',
  ),
  durationProperty('query_max_cpu_time', '1000000000.00d', 'Maximum CPU time of a query'),
  durationProperty('query_max_execution_time', '100.00d', 'Maximum execution time of a query'),
  sizeProperty('query_max_memory', '20GB', 'Maximum amount of distributed memory a query can use'),
  sizeProperty(
    'query_max_memory_per_node',
    '',
    'Maximum amount of memory a query can use per node',
  ),
  durationProperty('query_max_planning_time', '10.00m', 'Maximum planning time of a query'),
  durationProperty(
    'query_max_run_time',
    '100.00d',
    'Maximum run time of a query (includes the queueing time)',
  ),
  numberProperty(
    'query_priority',
    INTEGER,
    1,
    -Infinity,
    'The priority of queries. Larger numbers are higher priority',
  ),
  enumProperty('retry_policy', 'NONE', ['NONE', 'QUERY', 'TASK'], 'Retry policy'),
  booleanProperty('share_subplans', true, 'Compute once what a query would compute several times'),
  enumProperty(
    'sort_distribution_type',
    'AUTOMATIC',
    ['AUTOMATIC', 'MERGE', 'RANGE'],
    'What sorted by several nodes is merged by one of them, or each merges a range of the order',
  ),
  booleanProperty('spill_enabled', false, 'Enable spilling'),
  property(
    'task_concurrency',
    INTEGER,
    '2',
    'Default number of local parallel jobs per worker',
    (text) => {
      const number = Number(text)
      const isPowerOfTwo = number >= 1 && Number.isInteger(Math.log2(number))
      if (!isPowerOfTwo) throw invalid(`task_concurrency must be a power of 2: ${text}`)
    },
  ),
  property('time_zone_id', VARCHAR, '', 'Time Zone Id for the current session', (text) => {
    if (timeZoneKey(text) === undefined) {
      throw invalid(`Time zone not supported: ${text}`)
    }
  }),
]

const byName = new Map(SYSTEM_PROPERTIES.map((p) => [p.name, p]))

export const findSystemProperty = (name: string): SystemProperty | undefined => byName.get(name)

/** A system property's text in a session, or its default. */
export function propertyText(
  session: { readonly properties: ReadonlyMap<string, string> },
  name: string,
): string {
  return session.properties.get(name) ?? byName.get(name)!.defaultText
}

export const canonicalTimeZone = (id: string): string => {
  const key = timeZoneKey(id)
  if (key === undefined) throw new MillraceError('NOT_SUPPORTED', `Time zone not supported: ${id}`)
  return timeZoneId(key)
}
