import type { StatementRun } from '../../engine/query/statement-run.js'
import { receivedBy, stageStats, stageTree, sumOf } from './stage-stats.js'

/** The `stats` of a response. @source Trino StatementStats */
export function statementStats(run: StatementRun) {
  const info = run.execution?.info()
  const { createdMillis, endedMillis, finishingMillis, planningMillis, queuedMillis } = run.times
  const totalSplits = info?.totalSplits ?? 0
  const completedSplits = run.isDone ? totalSplits : (info?.completedSplits ?? 0)
  const runningSplits = run.isDone ? 0 : (info?.runningSplits ?? 0)
  const progress = totalSplits === 0 ? undefined : (100 * completedSplits) / totalSplits
  const root = info === undefined ? undefined : stageTree(info.stages)
  return {
    state: run.state,
    queued: run.state === 'QUEUED',
    scheduled: run.state !== 'QUEUED' && run.state !== 'PLANNING',
    ...(progress === undefined
      ? {}
      : {
          progressPercentage: progress,
          runningPercentage: (100 * runningSplits) / totalSplits,
        }),
    nodes: info?.nodeCount ?? 0,
    totalSplits,
    queuedSplits: totalSplits - completedSplits - runningSplits,
    runningSplits,
    completedSplits,
    planningTimeMillis: Math.round(planningMillis),
    analysisTimeMillis: Math.round(planningMillis),
    cpuTimeMillis: Math.round((info?.cpuNanos ?? 0) / 1e6),
    wallTimeMillis: Math.round((info?.scheduledNanos ?? 0) / 1e6),
    queuedTimeMillis: queuedMillis,
    elapsedTimeMillis: (endedMillis ?? Date.now()) - createdMillis,
    finishingTimeMillis: finishingMillis,
    physicalInputTimeMillis: Math.round((info?.physicalInputNanos ?? 0) / 1e6),
    processedRows: info?.processedRows ?? 0,
    processedBytes: info?.processedBytes ?? 0,
    physicalInputBytes: info?.processedBytes ?? 0,
    physicalWrittenBytes: info?.physicalWrittenBytes ?? 0,
    internalNetworkInputBytes: sumOf(info?.stages ?? [], ({ tasks }) => receivedBy(tasks).bytes),
    peakMemoryBytes: info?.peakMemoryBytes ?? 0,
    spilledBytes: info?.spilledBytes ?? 0,
    ...(root === undefined ? {} : { rootStage: stageStats(root) }),
  }
}
