import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import type { ClusterNode } from '../cluster/cluster-node.js'
import type { QueryTracker } from '../query-tracker.js'
import type { StreamServer } from '../stream/stream-server.js'
import { DurationHistogram } from './duration-histogram.js'
import { exposition, type MetricFamily, OPENMETRICS_TYPE, PROMETHEUS_TYPE } from './exposition.js'
import { QueryMetrics } from './query-metrics.js'

const DELAY_RESOLUTION_MILLIS = 10
const QUANTILES = [0.5, 0.9, 0.99, 1] as const

const gauge = (name: string, help: string, value: number): MetricFamily => ({
  name,
  type: 'gauge',
  help,
  samples: [{ value }],
})

/** `GET /metrics`: what the node does, for Prometheus. */
export function metricsRoutes(
  server: FastifyInstance,
  engine: Engine,
  statements: QueryTracker,
  streams: StreamServer,
  node: () => ClusterNode | undefined,
): void {
  const queries = new QueryMetrics(engine.services.queries)
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MILLIS })
  delay.enable()
  const http = httpMetrics(server)
  server.addHook('onClose', async () => {
    delay.disable()
    queries.close()
  })
  server.get('/metrics', (request, reply) => {
    const isOpenMetrics = request.headers.accept?.includes('application/openmetrics-text') === true
    const families = [
      ...queries.families(),
      ...memoryFamilies(engine),
      ...exchangeFamilies(node()),
      ...statementFamilies(statements),
      ...streamFamilies(streams),
      ...loopFamilies(delay),
      ...http(),
    ]
    // A scrape tells of the time since the one before.
    delay.reset()
    reply
      .type(isOpenMetrics ? OPENMETRICS_TYPE : PROMETHEUS_TYPE)
      .send(exposition(families, isOpenMetrics))
  })
}

function memoryFamilies(engine: Engine): MetricFamily[] {
  const { usedBytes, limitBytes } = engine.memory
  const { rss, heapUsed, external } = process.memoryUsage()
  let bufferedBytes = 0
  let bufferCount = 0
  for (const buffer of engine.member.buffers.values()) {
    bufferedBytes += buffer.status().bufferedBytes
    bufferCount++
  }
  return [
    gauge('millrace_memory_pool_used_bytes', 'Shared memory in use.', usedBytes),
    gauge('millrace_memory_pool_limit_bytes', 'Shared memory in all.', limitBytes),
    {
      name: 'millrace_process_memory_bytes',
      type: 'gauge',
      help: 'Memory of the process.',
      samples: Object.entries({ rss, heapUsed, external }).map(([kind, value]) => ({
        labels: { kind },
        value,
      })),
    },
    gauge('millrace_worker_threads', 'Worker threads.', engine.threads.count),
    gauge('millrace_exchange_buffers', 'Output buffers of tasks.', bufferCount),
    gauge('millrace_exchange_buffered_bytes', 'Bytes in output buffers of tasks.', bufferedBytes),
  ]
}

function exchangeFamilies(node: ClusterNode | undefined): MetricFamily[] {
  if (node === undefined) return []
  const { streamCount, connectionCount } = node.exchange
  return [
    gauge('millrace_exchange_streams', 'Outputs of tasks that other nodes read.', streamCount),
    gauge('millrace_exchange_connections', 'Connections of nodes that read.', connectionCount),
    gauge(
      'millrace_exchange_received_bytes',
      'Bytes of other nodes that have come and were not taken.',
      node.reads.bufferedBytes,
    ),
  ]
}

const statementFamilies = ({ count, bufferedBytes }: QueryTracker): MetricFamily[] => [
  gauge('millrace_statements', 'Statements of clients, ended ones for a minute.', count),
  gauge('millrace_statement_buffered_bytes', 'Bytes kept for their answers.', bufferedBytes),
]

function streamFamilies(streams: StreamServer): MetricFamily[] {
  let connections = 0
  let queries = 0
  let bufferedBytes = 0
  for (const connection of streams.connections) {
    connections++
    for (const query of connection.queries) {
      queries++
      bufferedBytes += query.bufferedBytes
    }
  }
  return [
    gauge('millrace_stream_connections', 'Connections of the stream.', connections),
    gauge('millrace_stream_queries', 'Queries of the stream.', queries),
    gauge(
      'millrace_stream_buffered_bytes',
      'Bytes that clients of the stream have not acknowledged.',
      bufferedBytes,
    ),
  ]
}

function loopFamilies(delay: IntervalHistogram): MetricFamily[] {
  return [
    {
      name: 'millrace_event_loop_delay_seconds',
      type: 'gauge',
      help: 'How late the event loop was since the last scrape, by quantile.',
      samples: QUANTILES.map((quantile) => ({
        labels: { quantile },
        value: Math.max(0, delay.percentile(quantile * 100) / 1e9),
      })),
    },
  ]
}

/** Counts and times the answers of a server, by its routes: addresses have no bound. */
function httpMetrics(server: FastifyInstance): () => MetricFamily[] {
  const requests = new Map<string, { readonly labels: Record<string, string>; value: number }>()
  const durations = new Map<string, DurationHistogram>()
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    const labels = { method: request.method, route, status: String(reply.statusCode) }
    const key = Object.values(labels).join(' ')
    const counted = requests.get(key)
    if (counted === undefined) requests.set(key, { labels, value: 1 })
    else counted.value++
    let histogram = durations.get(route)
    if (histogram === undefined) {
      histogram = new DurationHistogram()
      durations.set(route, histogram)
    }
    histogram.add(reply.elapsedTime / 1000)
  })
  return () => [
    {
      name: 'millrace_http_requests',
      type: 'counter',
      help: 'Requests that were answered.',
      samples: [...requests.values()],
    },
    {
      name: 'millrace_http_request_duration_seconds',
      type: 'histogram',
      help: 'Time to the end of the answer.',
      samples: [...durations].flatMap(([route, histogram]) => histogram.samples({ route })),
    },
  ]
}
