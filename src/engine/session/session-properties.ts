import {
  BIGINT,
  DOUBLE,
  INTEGER,
  MillraceError,
  timeZoneId,
  timeZoneKey,
  VARCHAR,
} from '../../spi/index.js'
import { ACCEPTED_PROPERTIES } from './accepted-properties.js'
import {
  booleanProperty,
  durationProperty,
  enumProperty,
  invalid,
  numberProperty,
  powerOfTwoProperty,
  property,
  type SystemProperty,
  sizeProperty,
} from './system-property.js'

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

/** What changes something here; Trino's names, for what Millrace has too. */
const OWN_PROPERTIES: readonly SystemProperty[] = [
  booleanProperty(
    'adaptive_partial_aggregation_enabled',
    true,
    'Stop to group before rows are exchanged where hardly two of them have the same key',
  ),
  numberProperty(
    'adaptive_partial_aggregation_min_rows',
    BIGINT,
    100_000,
    0,
    'Rows of a driver by which partial aggregation decides, each time, whether it goes on to group',
  ),
  numberProperty(
    'adaptive_partial_aggregation_unique_rows_ratio_threshold',
    DOUBLE,
    0.8,
    0,
    'Share of rows with a new key beyond which partial aggregation stops to group',
    1,
  ),
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
  enumProperty(
    'exchange_compression_codec',
    'NONE',
    ['NONE', 'LZ4'],
    'Compression codec used for data in exchanges',
  ),
  booleanProperty(
    'extended_decorrelation',
    false,
    'Run correlated subqueries that Trino refuses, too',
  ),
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
  sizeProperty(
    'query_max_scan_physical_bytes',
    '',
    'Maximum of bytes that the connectors of a query read, as far as they tell',
  ),
  durationProperty(
    'query_max_run_time',
    '100.00d',
    'Maximum run time of a query (includes the queueing time)',
  ),
  booleanProperty(
    'prefer_partial_aggregation',
    true,
    'Hand states of groups to other nodes instead of their rows',
  ),
  numberProperty(
    'query_retry_attempts',
    INTEGER,
    4,
    0,
    'Further attempts of a query that may run again',
  ),
  booleanProperty('redistribute_writes', true, 'Have all nodes write what comes from one of them'),
  booleanProperty(
    'push_aggregation_through_outer_join',
    true,
    'Group the rows that an outer join adds before it looks them up',
  ),
  booleanProperty(
    'push_partial_aggregation_through_join',
    true,
    'Group rows before they are joined, where groups are far fewer',
  ),
  numberProperty(
    'required_workers_count',
    INTEGER,
    1,
    1,
    'Nodes that must be there before a query begins',
  ),
  durationProperty(
    'required_workers_max_wait_time',
    '5.00m',
    'How long a query waits for these nodes',
  ),
  numberProperty(
    'retry_delay_scale_factor',
    DOUBLE,
    2,
    1,
    'By what the time grows before another attempt',
  ),
  durationProperty('retry_initial_delay', '100.00ms', 'Time before the first further attempt'),
  durationProperty('retry_max_delay', '1.00m', 'Longest time before a further attempt'),
  enumProperty('retry_policy', 'NONE', ['NONE', 'QUERY', 'TASK'], 'Retry policy'),
  booleanProperty('share_subplans', true, 'Compute once what a query would compute several times'),
  booleanProperty(
    'skip_redundant_sort',
    true,
    'Leave out ORDER BY where it decides nothing: in subqueries, CREATE TABLE AS and INSERT',
  ),
  enumProperty(
    'sort_distribution_type',
    'AUTOMATIC',
    ['AUTOMATIC', 'MERGE', 'RANGE'],
    'What sorted by several nodes is merged by one of them, or each merges a range of the order',
  ),
  booleanProperty('spill_enabled', false, 'Enable spilling'),
  powerOfTwoProperty(
    'task_concurrency',
    '',
    'Most drivers of each pipeline of a task; unless set, as many as its node has worker threads',
  ),
  numberProperty('task_retry_attempts_per_task', INTEGER, 4, 0, 'Further attempts of a task'),
  property('time_zone_id', VARCHAR, '', 'Time Zone Id for the current session', (text) => {
    if (timeZoneKey(text) === undefined) {
      throw invalid(`Time zone not supported: ${text}`)
    }
  }),
  booleanProperty(
    'use_table_scan_node_partitioning',
    true,
    'Have tables that their connectors partition alike joined and grouped where their splits are',
  ),
]

/** All system session properties, sorted by name. */
export const SYSTEM_PROPERTIES: readonly SystemProperty[] = [
  ...OWN_PROPERTIES,
  ...ACCEPTED_PROPERTIES,
].sort((a, b) => (a.name < b.name ? -1 : 1))

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
