import type { DistributedSnapshot } from '../../dataflow/scheduler/distributed-run.js'
import { sourceFragments } from '../../dataflow/scheduler/fragment-placement.js'
import { onlyTaskId } from '../../dataflow/task/task-id.js'
import type { TaskSnapshot } from '../../dataflow/task/task-snapshot.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type {
  ExecutionInfo,
  ExecutionTotals,
  OperatorInfo,
  PipelineInfo,
  StageInfo,
  TaskInfo,
} from './query-info.js'

/** Operators that bring rows into a query. */
const READING: ReadonlySet<string> = new Set(['scan', 'values'])

const operatorsOf = (pipelines: readonly PipelineInfo[]): readonly OperatorInfo[] =>
  pipelines.flatMap((pipeline) => pipeline.drivers.flatMap((driver) => driver.operators))

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

function totalsOf(snapshot: TaskSnapshot): ExecutionTotals {
  const operators = operatorsOf(snapshot.pipelines)
  const reading = operators.filter((operator) => READING.has(operator.name))
  return {
    totalSplits: snapshot.totalSplits,
    completedSplits: snapshot.completedSplits,
    runningSplits: snapshot.runningSplits,
    memoryBytes: snapshot.memoryBytes,
    peakMemoryBytes: snapshot.peakMemoryBytes,
    spilledBytes: snapshot.spilledBytes,
    processedRows: sumOf(reading, (operator) => operator.outputRows),
    processedBytes: sumOf(reading, (operator) => operator.inputBytes),
    physicalInputBytes: sumOf(operators, (operator) => operator.physicalInputBytes),
    physicalInputNanos: sumOf(operators, (operator) => operator.physicalInputNanos),
    physicalWrittenBytes: snapshot.writtenBytes ?? 0,
    scheduledNanos: sumOf(operators, (operator) => operator.elapsedMillis) * 1e6,
    cpuNanos: sumOf(operators, (operator) => operator.cpuMillis ?? operator.elapsedMillis) * 1e6,
  }
}

const NOTHING: ExecutionTotals = {
  totalSplits: 0,
  completedSplits: 0,
  runningSplits: 0,
  memoryBytes: 0,
  peakMemoryBytes: 0,
  spilledBytes: 0,
  processedRows: 0,
  processedBytes: 0,
  physicalInputBytes: 0,
  physicalInputNanos: 0,
  physicalWrittenBytes: 0,
  scheduledNanos: 0,
  cpuNanos: 0,
}

const addTotals = (parts: readonly ExecutionTotals[]): ExecutionTotals => ({
  totalSplits: sumOf(parts, (part) => part.totalSplits),
  completedSplits: sumOf(parts, (part) => part.completedSplits),
  runningSplits: sumOf(parts, (part) => part.runningSplits),
  memoryBytes: sumOf(parts, (part) => part.memoryBytes),
  peakMemoryBytes: sumOf(parts, (part) => part.peakMemoryBytes),
  spilledBytes: sumOf(parts, (part) => part.spilledBytes),
  processedRows: sumOf(parts, (part) => part.processedRows),
  processedBytes: sumOf(parts, (part) => part.processedBytes),
  physicalInputBytes: sumOf(parts, (part) => part.physicalInputBytes),
  physicalInputNanos: sumOf(parts, (part) => part.physicalInputNanos),
  physicalWrittenBytes: sumOf(parts, (part) => part.physicalWrittenBytes),
  scheduledNanos: sumOf(parts, (part) => part.scheduledNanos),
  cpuNanos: sumOf(parts, (part) => part.cpuNanos),
})

/** With what a sink has written of the result, which the first stage's first task gives it. */
export function withWrittenBytes(info: ExecutionInfo, writtenBytes: number): ExecutionInfo {
  if (writtenBytes === 0) return info
  const added = <T extends ExecutionTotals>(totals: T): T => ({
    ...totals,
    physicalWrittenBytes: totals.physicalWrittenBytes + writtenBytes,
  })
  const stages = info.stages.map((stage) =>
    stage.stageId === 0
      ? { ...stage, tasks: stage.tasks.map((task, i) => (i === 0 ? added(task) : task)) }
      : stage,
  )
  return { ...added(info), stages }
}

/** What a plan that runs in this node alone tells: one stage of one task. */
export function localInfo(
  queryId: string,
  nodeId: string,
  createdMillis: number,
  snapshot: TaskSnapshot,
): ExecutionInfo {
  const totals = totalsOf(snapshot)
  // Spread last: what follows a spread in a literal takes a microsecond each until V8 has optimised it.
  const task: TaskInfo = {
    taskId: onlyTaskId(queryId),
    nodeId,
    state: snapshot.state,
    createdMillis,
    endedMillis: undefined,
    output: undefined,
    pipelines: snapshot.pipelines,
    ...totals,
  }
  return {
    nodeCount: 1,
    stages: [
      {
        stageId: 0,
        partitioning: 'single',
        sources: [],
        totalSplits: totals.totalSplits,
        completedSplits: totals.completedSplits,
        runningSplits: totals.runningSplits,
        tasks: [task],
        failedTasks: 0,
        filters: [],
      },
    ],
    ...totals,
  }
}

const sourcesOf = (fragments: readonly PlanFragment[], id: number): readonly number[] => {
  const fragment = fragments.find((candidate) => candidate.id === id)
  return fragment === undefined ? [] : sourceFragments(fragment.root)
}

export function distributedInfo(
  { stages }: DistributedSnapshot,
  fragments: readonly PlanFragment[],
): ExecutionInfo {
  const infos = stages.map(
    (stage): StageInfo => ({
      stageId: stage.fragmentId,
      partitioning: stage.partitioning,
      sources: sourcesOf(fragments, stage.fragmentId),
      totalSplits: stage.totalSplits,
      completedSplits: sumOf(stage.tasks, ({ status }) => status?.execution.completedSplits ?? 0),
      runningSplits: sumOf(stage.tasks, ({ status }) => status?.execution.runningSplits ?? 0),
      failedTasks: stage.failedAttempts,
      filters: stage.filters,
      tasks: stage.tasks.map(({ taskId, nodeId, state, status }) => ({
        ...(status === undefined ? NOTHING : totalsOf(status.execution)),
        taskId,
        nodeId,
        state,
        createdMillis: status?.createdMillis,
        endedMillis: status?.endedMillis,
        output: status?.output,
        pipelines: status?.execution.pipelines ?? [],
      })),
    }),
  )
  const tasks = infos.flatMap((stage) => stage.tasks)
  return {
    ...addTotals(tasks),
    // Splits that no task has asked for are known to the stages only.
    totalSplits: sumOf(stages, (stage) => stage.totalSplits),
    nodeCount: new Set(tasks.map((task) => task.nodeId)).size,
    stages: infos,
  }
}
