import type { QueryRegistry } from '../../engine/query/query-registry.js'
import type { QueryState } from '../../engine/query/query-run.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import { DurationHistogram } from './duration-histogram.js'
import type { MetricFamily } from './exposition.js'

const LIVE_STATES: readonly QueryState[] = ['QUEUED', 'PLANNING', 'RUNNING', 'FINISHING']

interface Totals {
  resultRows: number
  processedRows: number
  processedBytes: number
  cpuSeconds: number
}

/** Counts the queries of an engine since it was made; what they have done counts while they run. */
export class QueryMetrics {
  readonly #queries: QueryRegistry
  readonly #stop: () => void
  /** Ended queries by how they ended: FINISHED, or the code of their error. */
  readonly #ended = new Map<string, number>()
  readonly #durations = new DurationHistogram()
  readonly #endedTotals: Totals = {
    resultRows: 0,
    processedRows: 0,
    processedBytes: 0,
    cpuSeconds: 0,
  }
  #createdCount = 0

  constructor(queries: QueryRegistry) {
    this.#queries = queries
    this.#stop = queries.listen({
      created: () => {
        this.#createdCount++
      },
      ended: (run) => this.#add(run),
    })
  }

  #add(run: StatementRun): void {
    const outcome = run.failure?.code ?? 'FINISHED'
    this.#ended.set(outcome, (this.#ended.get(outcome) ?? 0) + 1)
    const { createdMillis, endedMillis } = run.times
    this.#durations.add(((endedMillis ?? Date.now()) - createdMillis) / 1000)
    addTo(this.#endedTotals, run)
  }

  families(): MetricFamily[] {
    const live = this.#queries.active()
    const totals = { ...this.#endedTotals }
    for (const run of live) addTo(totals, run)
    const counter = (name: string, help: string, value: number): MetricFamily => ({
      name,
      type: 'counter',
      help,
      samples: [{ value }],
    })
    return [
      counter('millrace_queries_started', 'Queries that were sent.', this.#createdCount),
      {
        name: 'millrace_queries_ended',
        type: 'counter',
        help: 'Queries that ended, by FINISHED or the code of their error.',
        samples: [...this.#ended].map(([outcome, value]) => ({ labels: { outcome }, value })),
      },
      {
        name: 'millrace_queries',
        type: 'gauge',
        help: 'Queries under way by state.',
        samples: LIVE_STATES.map((state) => ({
          labels: { state },
          value: live.filter((run) => run.state === state).length,
        })),
      },
      {
        name: 'millrace_query_duration_seconds',
        type: 'histogram',
        help: 'Time from the statement to its end.',
        samples: this.#durations.samples({}),
      },
      counter('millrace_result_rows', 'Rows of results.', totals.resultRows),
      counter('millrace_processed_rows', 'Rows that scans have read.', totals.processedRows),
      counter('millrace_processed_bytes', 'Bytes that scans have read.', totals.processedBytes),
      counter('millrace_query_cpu_seconds', 'CPU time of drivers.', totals.cpuSeconds),
    ]
  }

  close(): void {
    this.#stop()
  }
}

function addTo(totals: Totals, run: StatementRun): void {
  const info = run.execution?.info()
  totals.resultRows += run.rowCount
  totals.processedRows += info?.processedRows ?? 0
  totals.processedBytes += info?.processedBytes ?? 0
  totals.cpuSeconds += (info?.cpuNanos ?? 0) / 1e9
}
