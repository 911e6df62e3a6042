/** A property of `config.properties`, for people. */
export interface ConfigDescription {
  readonly name: string
  readonly takes: string
  /** As written in a file; absent: none. */
  readonly default?: string
  readonly description: string
}

const describe = (
  name: string,
  takes: string,
  value: string,
  description: string,
): ConfigDescription => ({
  name,
  takes,
  description,
  ...(value === '' ? {} : { default: value }),
})

const TRUTH = '`true`, `false`'

/** Every property that a server's configuration may have, by name; a test compares them with what is read. */
export const CONFIG_PROPERTIES: readonly ConfigDescription[] = [
  describe(
    'catalog.management',
    '`static`, `dynamic`',
    'static',
    'Whether CREATE CATALOG and DROP CATALOG are allowed',
  ),
  describe('coordinator', TRUTH, 'true', 'Whether the node plans queries, or is a worker'),
  describe('discovery.uri', 'http address', '', "The coordinator's address, of a worker"),
  describe(
    'exchange.base-directories',
    'folders between commas',
    '',
    'Where tasks leave their outputs under `retry-policy=TASK`: the same for all nodes',
  ),
  describe(
    'exchange.compression-codec',
    '`NONE`, `LZ4`',
    'NONE',
    'How nodes compress what they hand to each other; of the coordinator',
  ),
  describe(
    'exchange.deduplication-buffer-size',
    'data size',
    '32MB',
    'What is held back in memory of a result whose query may run again',
  ),
  describe(
    'exchange.max-error-duration',
    'duration',
    '4s',
    'How long nodes try to reach each other before a query fails',
  ),
  describe(
    'failure-detector.heartbeat-interval',
    'duration',
    '500ms',
    'How often nodes say that they are there',
  ),
  describe(
    'failure-detector.silence-limit',
    'duration',
    '3s',
    'A node that says nothing for so long is gone',
  ),
  describe(
    'http-server.compression.enabled',
    TRUTH,
    '',
    'Whether answers are compressed; by default those that go to other machines',
  ),
  describe('http-server.http.host', 'address', '127.0.0.1', 'Where the server listens'),
  describe('http-server.http.port', 'integer, 0 to 65535', '8080', 'The same; 0: a free port'),
  describe(
    'internal-communication.shared-secret',
    'text',
    '',
    'What nodes of a cluster know each other by; needed where there are several',
  ),
  describe(
    'log.level',
    '`trace`, `debug`, `info`, `warn`, `error`',
    '',
    'What is logged, one JSON object a line; nothing by default, `info` with `log.path`',
  ),
  describe('log.path', 'file', '', 'Where logs go; standard error by default'),
  describe(
    'max-spill-per-node',
    'data size',
    '100GB',
    'What all queries of the node may have on disk',
  ),
  describe('node.environment', 'text', 'embedded', 'Shown to clients and in system.runtime'),
  describe('node.id', 'text', '', "The node's name; a random one by default"),
  describe(
    'node.internal-address',
    'address',
    '',
    'Where other nodes reach this one; by default where it listens',
  ),
  describe(
    'node-scheduler.allowed-no-matching-node-period',
    'duration',
    '2m',
    'How long a query waits for a node under a retry policy',
  ),
  describe(
    'node-scheduler.include-coordinator',
    TRUTH,
    'true',
    'Whether the coordinator works on queries too',
  ),
  describe('plugins', 'modules between commas', '', 'Plugins with connectors: packages or files'),
  describe(
    'query-max-spill-per-node',
    'data size',
    '100GB',
    'What a query may have on disk of the node',
  ),
  describe(
    'query-retry-attempts',
    'integer, 0 to 1000',
    '4',
    'Further attempts of a query under `retry-policy=QUERY`',
  ),
  describe(
    'query.client.timeout',
    'duration',
    '5m',
    'A query whose client asks nothing for so long ends',
  ),
  describe(
    'query.max-concurrent-queries',
    'integer, 1 to 1000000',
    '1000',
    'Queries that run side by side; others wait. Where queries may spill, large ones also wait until each that runs can have 32 MB',
  ),
  describe(
    'query.max-memory',
    'data size',
    '',
    "What all queries may take; by default 60% of the machine's or container's memory",
  ),
  describe(
    'query.max-queued-queries',
    'integer, 0 to 1000000',
    '5000',
    'Queries that wait for others to end; more fail',
  ),
  describe(
    'retry-delay-scale-factor',
    'number from 1',
    '2',
    'What the time between attempts grows by',
  ),
  describe('retry-initial-delay', 'duration', '100ms', 'Time before the first further attempt'),
  describe('retry-max-delay', 'duration', '1m', 'What it grows to at most'),
  describe(
    'retry-policy',
    '`NONE`, `QUERY`, `TASK`',
    'NONE',
    'What runs again when a node is lost: nothing, the whole query, or the tasks that were lost',
  ),
  describe('spill-path', 'folder', '', 'The same as `spiller-spill-path`'),
  describe(
    'spiller-spill-path',
    'folder',
    '',
    'Where queries spill what does not fit into memory; without it they fail instead',
  ),
  describe(
    'sql.default-time-zone',
    'time zone',
    '',
    "The time zone of sessions that name none; by default the machine's",
  ),
  describe(
    'stream.allowed-origins',
    'origins between commas, or `*`',
    '',
    "Pages of browsers that may use /v1/stream, besides the server's own",
  ),
  describe(
    'stream.client-timeout',
    'duration',
    '1m',
    'How long a client may neither take rows nor say that it is there',
  ),
  describe('stream.max-connections', 'integer, 1 to 1000000', '4096', 'WebSockets at once'),
  describe('stream.max-message-size', 'data size', '4MB', 'What a message of a client may have'),
  describe(
    'stream.max-queries-per-connection',
    'integer, 1 to 1000000',
    '64',
    'Queries at once of a WebSocket',
  ),
  describe(
    'stream.resume-window',
    'duration',
    '30s',
    'How long the queries of a broken connection wait for the next',
  ),
  describe(
    'task.max-worker-threads',
    'integer, 0 to 256',
    '',
    'Worker threads; by default as many as there are processors',
  ),
  describe(
    'task-retry-attempts-per-task',
    'integer, 0 to 1000',
    '4',
    'Further attempts of a task under `retry-policy=TASK`',
  ),
]
