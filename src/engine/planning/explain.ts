import type { Estimator } from '../../planner/cost/estimator.js'
import { distributedPlanText } from '../../planner/explain/fragments.js'
import { planGraphviz } from '../../planner/explain/graphviz.js'
import { ioJson, ioPlan } from '../../planner/explain/io.js'
import { planJson } from '../../planner/explain/json.js'
import { type PlanTextOptions, planText } from '../../planner/explain/text.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { OutputNode, PlanNodeId, TableScanNode } from '../../planner/plan/node.js'
import { MillraceError } from '../../spi/index.js'
import {
  type ExecutionInfo,
  type OperatorInfo,
  SOURCE_OPERATORS,
  type StageInfo,
  type TaskInfo,
} from '../execution/query-info.js'
import type { PlanExecution } from '../services.js'

type DescribeNode = NonNullable<PlanTextOptions['describeNode']>

/**
 * The plan of a statement in the form that EXPLAIN asks for, with the optimizer's estimates.
 * @param fragments shown in place of the plan where given, as text
 * @param describeNode says of a node, as text, where its expressions run
 */
export function explainText(
  plan: OutputNode,
  format: 'TEXT' | 'JSON' | 'GRAPHVIZ',
  estimator: Estimator,
  fragments: readonly PlanFragment[] | undefined,
  describeNode: DescribeNode,
): string {
  switch (format) {
    case 'TEXT':
      return fragments === undefined
        ? planText(plan, { estimator, describeNode })
        : distributedPlanText(fragments, { describeNode })
    case 'JSON':
      return JSON.stringify(planJson(plan, estimator), null, 2)
    case 'GRAPHVIZ':
      return planGraphviz([{ id: 0, plan }])
  }
}

/**
 * What a statement reads and writes, as EXPLAIN (TYPE IO) gives it.
 * @param columnNames of the columns of each scan @throws NOT_SUPPORTED for GRAPHVIZ
 */
export function ioText(
  plan: OutputNode,
  format: 'TEXT' | 'JSON' | 'GRAPHVIZ',
  estimator: Estimator,
  columnNames: ReadonlyMap<TableScanNode, readonly string[]>,
): string {
  if (format === 'GRAPHVIZ') {
    throw new MillraceError('NOT_SUPPORTED', 'EXPLAIN (TYPE IO) has no format GRAPHVIZ')
  }
  return ioJson(ioPlan(plan, estimator, (scan) => columnNames.get(scan)!))
}

interface OperatorTotals {
  readonly name: string
  inputRows: number
  outputRows: number
  inputBytes: number
  physicalInputBytes: number
  elapsedMillis: number
  compileMillis: number
  readonly drivers: DriverShare[]
}

/** What one driver of one task did. */
type DriverShare = Pick<OperatorInfo, 'inputRows' | 'outputRows' | 'elapsedMillis' | 'details'>

/**
 * Runs a plan to its end, throws its rows away and prints it with what its operators measured.
 * @param isVerbose tells how much of it each task did, and each driver
 */
export async function explainAnalyzeText(
  execution: PlanExecution,
  plan: OutputNode,
  planningMillis: number,
  estimator: Estimator,
  describeNode: DescribeNode,
  isVerbose: boolean,
): Promise<string> {
  const begun = performance.now()
  let firstPageMillis: number | undefined
  let rowCount = 0
  try {
    for (let page = await execution.nextPage(); page; page = await execution.nextPage()) {
      firstPageMillis ??= performance.now() - begun
      rowCount += page.rowCount
    }
  } finally {
    await execution.end()
  }
  const elapsedMillis = performance.now() - begun
  const info = execution.info()
  const totals = operatorTotals(info)
  const spilled = info.spilledBytes === 0 ? '' : `, spilled: ${info.spilledBytes}B`
  const summary = [
    `Planning: ${planningMillis.toFixed(2)}ms`,
    `Execution: ${elapsedMillis.toFixed(2)}ms, first page: ${(firstPageMillis ?? elapsedMillis).toFixed(2)}ms`,
    `Rows: ${rowCount}, splits: ${info.totalSplits}, peak memory: ${info.peakMemoryBytes}B${spilled}`,
  ]
  const annotate = (id: PlanNodeId) => annotation(totals.get(id), isVerbose)
  const options = { estimator, annotate, describeNode }
  const fragments = execution.fragments?.()
  const text =
    fragments === undefined
      ? planText(plan, options)
      : fragmentsText(fragments, info.stages, options, isVerbose)
  return `${summary.join('\n')}\n\n${text}`
}

/** The fragments with what their tasks did. */
const fragmentsText = (
  fragments: readonly PlanFragment[],
  stages: readonly StageInfo[],
  { annotate, describeNode }: Required<Pick<PlanTextOptions, 'annotate' | 'describeNode'>>,
  isVerbose: boolean,
): string =>
  distributedPlanText(fragments, {
    annotate,
    describeNode,
    describe: ({ id }) => {
      const { tasks = [], filters = [] } = stages.find((stage) => stage.stageId === id) ?? {}
      const rows = tasks.reduce((sum, task) => sum + (task.output?.rows ?? 0), 0)
      const bytes = tasks.reduce((sum, task) => sum + (task.output?.bytes ?? 0), 0)
      const peakBytes = tasks.reduce((sum, task) => sum + task.peakMemoryBytes, 0)
      return [
        `${timesText(tasks)}, Output: ${rows} rows (${bytes}B), Peak Memory: ${peakBytes}B, Tasks: ${tasks.length}`,
        ...(isVerbose ? tasks.map(taskText) : []),
        ...filters.map(
          ({ id: filter, isInTime }) =>
            `Dynamic filter of another fragment: ${filter}, ${isInTime ? 'before the scan began' : 'too late for its tasks'}`,
        ),
      ]
    },
  })

const taskText = ({ taskId, nodeId, output, ...task }: TaskInfo): string =>
  `Task ${taskId} on ${nodeId}: ${timesText([task])}, Splits: ${task.completedSplits}, Output: ${output?.rows ?? 0} rows (${output?.bytes ?? 0}B), Peak Memory: ${task.peakMemoryBytes}B`

/** Processor time, where it is measured, and scheduled time. */
function timesText(tasks: readonly Pick<TaskInfo, 'cpuNanos' | 'scheduledNanos'>[]): string {
  const cpuNanos = tasks.reduce((sum, task) => sum + task.cpuNanos, 0)
  const scheduledNanos = tasks.reduce((sum, task) => sum + task.scheduledNanos, 0)
  const cpu = cpuNanos === scheduledNanos ? '' : `CPU: ${(cpuNanos / 1e6).toFixed(2)}ms, `
  return `${cpu}Scheduled: ${(scheduledNanos / 1e6).toFixed(2)}ms`
}

/** Whether it is a source all of whose rows go on: what it has read is what it gives. */
const isUnfiltered = ({ name, inputRows }: Pick<OperatorInfo, 'name' | 'inputRows'>): boolean =>
  SOURCE_OPERATORS.has(name) && inputRows === 0

function annotation(total: OperatorTotals | undefined, isVerbose: boolean): readonly string[] {
  if (total === undefined) return []
  const { physicalInputBytes, compileMillis } = total
  const physical = physicalInputBytes > 0 ? `, physical input: ${physicalInputBytes}B` : ''
  const compiled = compileMillis > 0 ? ` (kernels compiled in ${compileMillis.toFixed(2)}ms)` : ''
  const isSource = isUnfiltered(total)
  const rows = isSource
    ? `Output: ${total.outputRows} rows (${total.inputBytes}B)`
    : `Input: ${total.inputRows} rows (${total.inputBytes}B), output: ${total.outputRows} rows`
  return [
    `${rows}, time: ${total.elapsedMillis.toFixed(2)}ms${compiled}${physical}`,
    ...(isVerbose ? [driversText(total.drivers, isSource), ...detailsText(total.drivers)] : []),
  ]
}

/** What operators tell of their work besides: numbers of all drivers added up, and their different words. */
function detailsText(drivers: readonly DriverShare[]): readonly string[] {
  const values = new Map<string, (string | number)[]>()
  for (const [name, value] of drivers.flatMap(({ details = {} }) => Object.entries(details))) {
    const told = values.get(name)
    if (told === undefined) values.set(name, [value])
    else told.push(value)
  }
  if (values.size === 0) return []
  const texts = [...values].map(([name, told]) => {
    const numbers = told.filter((value) => typeof value === 'number')
    const words = new Set(told.filter((value) => typeof value === 'string'))
    const sum = numbers.reduce((total, value) => total + value, 0)
    return `${name}: ${[...words, ...(numbers.length === 0 ? [] : [sum])].join(', ')}`
  })
  return [`Operators: ${texts.join('; ')}`]
}

/** The least and the most that one driver did. */
function driversText(drivers: readonly DriverShare[], isSource: boolean): string {
  const span = (values: readonly number[], places = 0): string =>
    `${Math.min(...values).toFixed(places)} to ${Math.max(...values).toFixed(places)}`
  const input = isSource ? '' : `input: ${span(drivers.map(({ inputRows }) => inputRows))} rows, `
  const output = span(drivers.map(({ outputRows }) => outputRows))
  const millis = span(
    drivers.map(({ elapsedMillis }) => elapsedMillis),
    2,
  )
  return `Drivers: ${drivers.length}, each ${input}output: ${output} rows, time: ${millis}ms`
}

/** Adds up what drivers of all tasks report by plan node. */
function operatorTotals({ stages }: ExecutionInfo): Map<PlanNodeId, OperatorTotals> {
  const totals = new Map<PlanNodeId, OperatorTotals>()
  const pipelines = stages.flatMap((stage) => stage.tasks).flatMap((task) => task.pipelines)
  for (const { operators } of pipelines.flatMap((pipeline) => pipeline.drivers)) {
    for (const operator of nodesOf(operators)) {
      const total = totals.get(operator.planNodeId)
      if (total === undefined) {
        totals.set(operator.planNodeId, { ...operator, drivers: [operator] })
        continue
      }
      total.drivers.push(operator)
      total.inputRows += operator.inputRows
      total.outputRows += operator.outputRows
      total.inputBytes += operator.inputBytes
      total.physicalInputBytes += operator.physicalInputBytes
      total.elapsedMillis += operator.elapsedMillis
      total.compileMillis += operator.compileMillis
    }
  }
  return totals
}

/** Operators of a driver that carry out one node one after another, as a scan and its dynamic filter, counted as one. */
function nodesOf(operators: readonly OperatorInfo[]): readonly OperatorInfo[] {
  const nodes: OperatorInfo[] = []
  for (const operator of operators) {
    const before = nodes.at(-1)
    if (before?.planNodeId !== operator.planNodeId) {
      nodes.push(operator)
      continue
    }
    nodes[nodes.length - 1] = {
      ...before,
      inputRows: isUnfiltered(before) ? operator.inputRows : before.inputRows,
      outputRows: operator.outputRows,
      elapsedMillis: before.elapsedMillis + operator.elapsedMillis,
      compileMillis: before.compileMillis + operator.compileMillis,
      details: { ...before.details, ...operator.details },
    }
  }
  return nodes
}
