import {
  type ExecutionInfo,
  type OperatorInfo,
  type PipelineInfo,
  SOURCE_OPERATORS,
  type TaskInfo,
} from '../../engine/execution/query-info.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import {
  isStageDone,
  receivedBy,
  type StageNode,
  stageState,
  stageTree,
  sumOf,
} from './stage-stats.js'
import { statementStats } from './statement-stats.js'

/*
 * What a query did, in the form of Trino's QueryInfo. Figures of a stage are the sums of its tasks', those of the query the sums of
 * its stages'. What is not measured is left out.
 */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
  ['us', 1e-3],
] as const

/** A duration in the largest unit of which it has one. @source airlift io.airlift.units.Duration */
export function durationText(millis: number): string {
  const [unit, size] = UNITS.find(([, size]) => millis / size > 0.9999) ?? ['ns', 1e-6]
  return `${(millis / size).toFixed(2)}${unit}`
}

const bytesText = (bytes: number): string => `${Math.round(bytes)}B`
const nanosText = (nanos: number): string => durationText(nanos / 1e6)

const isoTime = (millis: number | undefined): string | undefined =>
  millis === undefined ? undefined : new Date(millis).toISOString()

const driversOf = (pipelines: readonly PipelineInfo[]) =>
  pipelines.flatMap((pipeline) => pipeline.drivers)

/** Drivers say what they did when they have ended; until then they are not told apart. */
interface Figures {
  readonly tasks: readonly TaskInfo[]
  readonly failedTasks: number
}

/** The figures that tasks, stages and queries have alike. */
function workOf({ tasks }: Pick<Figures, 'tasks'>) {
  const received = receivedBy(tasks)
  const readRows = sumOf(tasks, (task) => task.processedRows)
  const readBytes = sumOf(tasks, (task) => task.processedBytes)
  return {
    totalDrivers: sumOf(tasks, (task) => driversOf(task.pipelines).length),
    userMemoryReservation: bytesText(sumOf(tasks, (task) => task.memoryBytes)),
    totalMemoryReservation: bytesText(sumOf(tasks, (task) => task.memoryBytes)),
    peakUserMemoryReservation: bytesText(sumOf(tasks, (task) => task.peakMemoryBytes)),
    totalScheduledTime: nanosText(sumOf(tasks, (task) => task.scheduledNanos)),
    totalCpuTime: nanosText(sumOf(tasks, (task) => task.cpuNanos)),
    physicalInputDataSize: bytesText(readBytes),
    physicalInputPositions: readRows,
    physicalInputReadTime: nanosText(sumOf(tasks, (task) => task.physicalInputNanos)),
    physicalWrittenDataSize: bytesText(sumOf(tasks, (task) => task.physicalWrittenBytes)),
    internalNetworkInputDataSize: bytesText(received.bytes),
    internalNetworkInputPositions: received.rows,
    processedInputDataSize: bytesText(readBytes + received.bytes),
    processedInputPositions: readRows + received.rows,
    outputDataSize: bytesText(sumOf(tasks, (task) => task.output?.bytes ?? 0)),
    outputPositions: sumOf(tasks, (task) => task.output?.rows ?? 0),
    spilledDataSize: bytesText(sumOf(tasks, (task) => task.spilledBytes)),
  }
}

function taskCounts({ tasks, failedTasks }: Figures) {
  const completed = tasks.filter((task) => task.state === 'FINISHED').length
  const running = tasks.filter((task) => task.state === 'RUNNING' || task.state === 'FLUSHING')
  return {
    totalTasks: tasks.length + failedTasks,
    runningTasks: running.length,
    completedTasks: completed,
    failedTasks: failedTasks + tasks.filter((task) => task.state === 'FAILED').length,
  }
}

/** What the same operator did in all drivers of some tasks of a stage. */
function operatorSummaries(stageId: number, pipelines: readonly PipelineInfo[]) {
  const groups = new Map<string, { at: object; of: OperatorInfo[] }>()
  for (const { pipelineId, operators } of driversOf(pipelines)) {
    for (const [operatorId, operator] of operators.entries()) {
      const key = `${pipelineId}.${operatorId}`
      let group = groups.get(key)
      if (group === undefined) {
        group = { at: { stageId, pipelineId, operatorId }, of: [] }
        groups.set(key, group)
      }
      group.of.push(operator)
    }
  }
  return [...groups.values()].map(({ at, of }) => {
    const wall = durationText(sumOf(of, (operator) => operator.elapsedMillis))
    return {
      ...at,
      planNodeId: of[0]!.planNodeId,
      operatorType: of[0]!.name,
      totalDrivers: of.length,
      addInputCalls: sumOf(of, (operator) => operator.inputPages),
      inputPositions: sumOf(of, (operator) =>
        SOURCE_OPERATORS.has(operator.name) ? operator.outputRows : operator.inputRows,
      ),
      inputDataSize: bytesText(sumOf(of, (operator) => operator.inputBytes)),
      getOutputCalls: sumOf(of, (operator) => operator.outputPages),
      getOutputWall: wall,
      getOutputCpu: durationText(
        sumOf(of, (operator) => operator.cpuMillis ?? operator.elapsedMillis),
      ),
      outputPositions: sumOf(of, (operator) => operator.outputRows),
    }
  })
}

function taskInfo(stageId: number, task: TaskInfo) {
  const { taskId, nodeId, state, output, createdMillis, endedMillis, pipelines } = task
  return {
    taskStatus: {
      taskId,
      state,
      nodeId,
      ...(output === undefined ? {} : { outputDataSize: bytesText(output.bytes) }),
      memoryReservation: bytesText(task.memoryBytes),
      peakMemoryReservation: bytesText(task.peakMemoryBytes),
    },
    ...(output === undefined
      ? {}
      : {
          outputBuffers: {
            totalBufferedBytes: output.bufferedBytes,
            totalRowsSent: output.rows,
            totalPagesSent: output.pages,
          },
        }),
    stats: {
      createTime: isoTime(createdMillis),
      endTime: isoTime(endedMillis),
      ...(createdMillis === undefined
        ? {}
        : { elapsedTime: durationText((endedMillis ?? Date.now()) - createdMillis) }),
      ...workOf({ tasks: [task] }),
      totalSplits: task.totalSplits,
      runningSplits: task.runningSplits,
      completedSplits: task.completedSplits,
      pipelines: pipelines.map((pipeline) => ({
        pipelineId: pipeline.id,
        state: pipeline.state,
        totalDrivers: pipeline.drivers.length,
        operatorSummaries: operatorSummaries(stageId, [pipeline]),
      })),
    },
  }
}

/** @source Trino io.trino.execution.StageInfo */
function stageInfo(queryId: string, { stage, sources }: StageNode): object {
  const { stageId, tasks, partitioning, totalSplits, completedSplits } = stage
  const state = stageState(stage)
  return {
    stageId: `${queryId}.${stageId}`,
    state,
    partitioning,
    coordinatorOnly: partitioning === 'coordinator',
    stageStats: {
      ...taskCounts(stage),
      ...workOf(stage),
      totalSplits,
      completedSplits: isStageDone(state) ? totalSplits : completedSplits,
    },
    tasks: tasks.map((task) => taskInfo(stageId, task)),
    subStages: sources.map((source) => stageInfo(queryId, source)),
  }
}

/** `queryStats` of a query, at any length. @source Trino io.trino.execution.QueryStats */
export function queryStats(run: StatementRun, info: ExecutionInfo | undefined) {
  const { createdMillis, startedMillis, endedMillis, planningMillis, queuedMillis } = run.times
  const { rootStage: _, ...stats } = statementStats(run)
  const stages = info?.stages ?? []
  const all = {
    tasks: stages.flatMap((stage) => stage.tasks),
    failedTasks: sumOf(stages, (stage) => stage.failedTasks),
  }
  const now = Date.now()
  return {
    ...stats,
    createTime: isoTime(createdMillis),
    executionStartTime: isoTime(startedMillis),
    endTime: isoTime(endedMillis),
    elapsedTime: durationText((endedMillis ?? now) - createdMillis),
    queuedTime: durationText(queuedMillis),
    ...(startedMillis === undefined
      ? {}
      : { executionTime: durationText((endedMillis ?? now) - startedMillis) }),
    analysisTime: durationText(planningMillis),
    planningTime: durationText(planningMillis),
    ...taskCounts(all),
    ...workOf(all),
    // Of the query's result, where the others are of what tasks hand to each other.
    outputPositions: run.rowCount,
  }
}

/** The stages of a query below the one that gives its result, with all that their tasks' operators did. */
export function outputStage(run: StatementRun, info: ExecutionInfo | undefined) {
  const root = info === undefined ? undefined : stageTree(info.stages)
  return root === undefined ? undefined : stageInfo(run.id, root)
}

export const operatorSummariesOf = (info: ExecutionInfo | undefined) =>
  (info?.stages ?? []).flatMap(({ stageId, tasks }) =>
    operatorSummaries(
      stageId,
      tasks.flatMap((task) => task.pipelines),
    ),
  )
