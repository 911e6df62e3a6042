import type { StageInfo, TaskInfo } from '../../engine/execution/query-info.js'

export type StageState = 'PLANNED' | 'RUNNING' | 'FLUSHING' | 'FINISHED' | 'ABORTED' | 'FAILED'

/** What becomes of a stage, by what becomes of its tasks. @source Trino io.trino.execution.StageState */
export function stageState({ tasks }: StageInfo): StageState {
  const has = (state: StageState): boolean => tasks.some((task) => task.state === state)
  const all = (...states: readonly StageState[]): boolean =>
    tasks.every((task) => states.includes(task.state))
  if (has('FAILED')) return 'FAILED'
  if (has('ABORTED')) return 'ABORTED'
  if (all('PLANNED')) return 'PLANNED'
  if (all('FINISHED')) return 'FINISHED'
  return all('FLUSHING', 'FINISHED') ? 'FLUSHING' : 'RUNNING'
}

export const isStageDone = (state: StageState): boolean =>
  state === 'FINISHED' || state === 'ABORTED' || state === 'FAILED'

/** A stage and those that it reads. */
export interface StageNode {
  readonly stage: StageInfo
  readonly sources: readonly StageNode[]
}

/** The first stage, which gives the result, with those below it; undefined where nothing runs yet. */
export function stageTree(stages: readonly StageInfo[]): StageNode | undefined {
  const nodeOf = (stage: StageInfo): StageNode => ({
    stage,
    sources: stage.sources.flatMap((id) => {
      const source = stages.find((candidate) => candidate.stageId === id)
      return source === undefined ? [] : [nodeOf(source)]
    }),
  })
  const root = stages.find((stage) => stage.stageId === 0)
  return root === undefined ? undefined : nodeOf(root)
}

export const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** The operator that brings rows of other tasks into a task. */
const RECEIVING = 'remote'

/** What tasks have read of others; drivers say so when they have ended. */
export function receivedBy(tasks: readonly TaskInfo[]): {
  readonly rows: number
  readonly bytes: number
} {
  let rows = 0
  let bytes = 0
  for (const { pipelines } of tasks) {
    for (const { drivers } of pipelines) {
      for (const { operators } of drivers) {
        for (const operator of operators) {
          if (operator.name !== RECEIVING) continue
          rows += operator.outputRows
          bytes += operator.inputBytes
        }
      }
    }
  }
  return { rows, bytes }
}

/** `stats.rootStage` of a response. @source Trino io.trino.client.StageStats */
export function stageStats({ stage, sources }: StageNode): object {
  const { tasks, totalSplits, failedTasks, partitioning } = stage
  const state = stageState(stage)
  const done = isStageDone(state)
  const completedSplits = done ? totalSplits : stage.completedSplits
  const runningSplits = done ? 0 : stage.runningSplits
  const cpuTimeMillis = Math.round(sumOf(tasks, (task) => task.cpuNanos) / 1e6)
  const processedBytes = sumOf(tasks, (task) => task.processedBytes)
  return {
    stageId: String(stage.stageId),
    state,
    done,
    nodes: new Set(tasks.map((task) => task.nodeId)).size,
    totalSplits,
    queuedSplits: totalSplits - completedSplits - runningSplits,
    runningSplits,
    completedSplits,
    cpuTimeMillis,
    wallTimeMillis: Math.round(sumOf(tasks, (task) => task.scheduledNanos) / 1e6),
    processedRows: sumOf(tasks, (task) => task.processedRows),
    processedBytes,
    physicalInputBytes: processedBytes,
    failedTasks,
    coordinatorOnly: partitioning === 'coordinator',
    subStages: sources.map(stageStats),
  }
}
