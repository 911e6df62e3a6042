import type { StatementRun } from '../../engine/query/statement-run.js'
import type { StreamStats } from './messages.js'

/** Figures of a statement, now or at its end. */
export function streamStats(run: StatementRun): StreamStats {
  const info = run.execution?.info()
  const { startedMillis, endedMillis, planningMillis } = run.times
  return {
    queryId: run.id,
    state: run.state,
    rowCount: run.rowCount,
    planningMillis,
    elapsedMillis: startedMillis === undefined ? 0 : (endedMillis ?? Date.now()) - startedMillis,
    cpuMillis: (info?.cpuNanos ?? 0) / 1e6,
    processedRows: info?.processedRows ?? 0,
    processedBytes: info?.processedBytes ?? 0,
    memoryBytes: info?.memoryBytes ?? 0,
    peakMemoryBytes: info?.peakMemoryBytes ?? 0,
    totalSplits: info?.totalSplits ?? 0,
    completedSplits: info?.completedSplits ?? 0,
  }
}
