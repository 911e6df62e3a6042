import type {
  ExecutionInfo,
  ExecutionTotals,
  StageInfo,
} from '../../engine/execution/query-info.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import { durationText } from '../protocol/query-info.js'
import { stageState, sumOf } from '../protocol/stage-stats.js'
import { type Html, html, table, wholePage } from './html.js'
import { elapsedText, stateText } from './overview-page.js'

const REFRESH_SECONDS = 2
const MB = 2 ** 20

const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`
const count = (value: number): string => value.toLocaleString('en-US')

/** What one query does, or did: its text, its failure, its stages and their tasks. */
export function queryPage(run: StatementRun): string {
  const info = run.execution?.info()
  const { failure, session } = run
  const body = html`<nav><a href="/ui/">Queries</a> · <a href="/v1/query/${run.id}">JSON</a></nav>
<h1>${run.id} ${stateText(run.state)}</h1>
${table(
  [
    { name: 'User' },
    { name: 'Source' },
    { name: 'Catalog' },
    { name: 'Schema' },
    { name: 'Elapsed', isNumber: true },
    { name: 'Planning', isNumber: true },
    { name: 'Rows of the result', isNumber: true },
  ],
  [
    [
      session.user,
      session.source,
      session.catalog,
      session.schema,
      elapsedText(run),
      durationText(run.times.planningMillis),
      count(run.rowCount),
    ],
  ],
)}
<pre>${run.sql}</pre>
${failure === undefined ? undefined : html`<pre class="failure">${failure.code}: ${failure.message}</pre>`}
${run.warnings.map((warning) => html`<p>${warning.code}: ${warning.message}</p>`)}
${info === undefined ? undefined : stages(info)}`
  return wholePage(run.id, body, run.isDone ? undefined : REFRESH_SECONDS)
}

/** There is no such query, or it is forgotten. */
export const unknownQueryPage = (id: string): string =>
  wholePage(
    'Query not found',
    html`<nav><a href="/ui/">Queries</a></nav><h1>Query not found</h1><p>${id}</p>`,
  )

const figures = (totals: ExecutionTotals): readonly string[] => [
  count(totals.processedRows),
  megabytes(totals.processedBytes),
  durationText(totals.cpuNanos / 1e6),
  megabytes(totals.peakMemoryBytes),
  megabytes(totals.spilledBytes),
]

const FIGURES = [
  { name: 'Rows read', isNumber: true },
  { name: 'Read', isNumber: true },
  { name: 'Processor', isNumber: true },
  { name: 'Memory at most', isNumber: true },
  { name: 'Spilled', isNumber: true },
]

const stages = (info: ExecutionInfo): Html =>
  html`<h2>In all</h2>${table(
    [{ name: 'Splits' }, ...FIGURES],
    [[splits(info), ...figures(info)]],
  )}${info.stages.map(stage)}`

const splits = ({
  completedSplits,
  totalSplits,
}: Pick<ExecutionTotals, 'completedSplits' | 'totalSplits'>): Html =>
  totalSplits === 0
    ? html``
    : html`<progress max="${totalSplits}" value="${completedSplits}"></progress> ${completedSplits} of ${totalSplits}`

const stage = (
  info: StageInfo,
): Html => html`<h2>Stage ${info.stageId}: ${info.partitioning} ${stateText(stageState(info))}${
  info.sources.length === 0 ? undefined : ` reads ${info.sources.join(', ')}`
}${info.failedTasks === 0 ? undefined : `, ${info.failedTasks} tasks run again`}</h2>
${info.totalSplits === 0 ? undefined : splits(info)}
${table(
  [
    { name: 'Task' },
    { name: 'Node' },
    { name: 'State' },
    { name: 'Rows out', isNumber: true },
    ...FIGURES,
  ],
  info.tasks.map((task) => [
    task.taskId,
    task.nodeId,
    stateText(task.state),
    count(task.output?.rows ?? 0),
    ...figures(task),
  ]),
)}
<details><summary>${count(sumOf(info.tasks, (task) => task.pipelines.length))} pipelines</summary>${operators(info)}</details>`

const operators = ({ tasks }: StageInfo): Html =>
  table(
    [
      { name: 'Operator' },
      { name: 'Task' },
      { name: 'Thread' },
      { name: 'Rows in', isNumber: true },
      { name: 'Rows out', isNumber: true },
      { name: 'Time', isNumber: true },
    ],
    tasks.flatMap((task) =>
      task.pipelines.flatMap((pipeline) =>
        pipeline.drivers.flatMap((driver) =>
          driver.operators.map((operator) => [
            `${pipeline.id} ${operator.name}`,
            task.taskId,
            driver.thread,
            count(operator.inputRows),
            count(operator.outputRows),
            durationText(operator.elapsedMillis),
          ]),
        ),
      ),
    ),
  )
