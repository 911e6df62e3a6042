import { planLocally } from '../dataflow/local-planner.js'
import { takeQuerySlot } from '../dataflow/memory/query-memory.js'
import type { LocalPlan, ScanSource } from '../dataflow/pipeline.js'
import {
  type ExecutionEnvironment,
  type ExecutionSnapshot,
  QueryExecution,
} from '../dataflow/query-execution.js'
import type { TaskDescriptor, ThreadEnvironment } from '../dataflow/thread-environment.js'
import type { ThreadPool } from '../dataflow/threads/pool.js'
import type { SessionContext } from '../expressions/session-context.js'
import type { OutputNode, TableWriterNode } from '../planner/plan/node.js'
import {
  type ConnectorSplitSource,
  type DynamicFilter,
  TRUE_EXPRESSION,
  TUPLE_DOMAIN_ALL,
} from '../spi/index.js'
import type { CatalogManager } from './catalog-manager.js'
import type { OwnFunctions } from './own-functions.js'
import type { QueryContext } from './query-context.js'
import type { QueryContexts } from './query-contexts.js'
import type { ExecutionInfo, PlanExecution } from './services.js'
import type { PlanResult } from './statements/statement.js'

export interface PlanRunnerOptions {
  readonly thread: ThreadEnvironment
  readonly pool: ThreadPool | undefined
  readonly catalogs: CatalogManager
  readonly ownFunctions: OwnFunctions
  /** Enumerating splits needs the transactions of queries. */
  readonly contexts: QueryContexts
  readonly memoryLimitBytes: number
  readonly outputPageRows: number
  readonly expressionTarget: 'wasm' | 'js' | 'interpreter' | undefined
}

/** Runs optimised plans on the engine's threads. */
export class PlanRunner {
  readonly #options: PlanRunnerOptions
  readonly #environment: ExecutionEnvironment
  readonly #slotsInUse = new Set<number>()

  constructor(options: PlanRunnerOptions) {
    this.#options = options
    this.#environment = {
      thread: options.thread,
      pool: options.pool,
      openSplits: (task, scan, dynamicFilter, signal) =>
        this.#openSplits(task, scan, dynamicFilter, signal),
    }
  }

  /**
   * Cuts a plan into pipelines and makes their execution; nothing runs before the first page is asked for.
   * @returns the execution, and the writer whose rows its pages are, if the plan writes
   */
  start(
    plan: OutputNode,
    estimates: Pick<PlanResult, 'inputBytes' | 'nodeRows'>,
    context: QueryContext,
  ): { readonly execution: PlanExecution; readonly writer: TableWriterNode | undefined } {
    const { thread, pool, catalogs, ownFunctions } = this.#options
    const { writer, ...local } = planLocally(plan, {
      threads: ownFunctions.areCalledBy(plan) ? 0 : (pool?.size ?? 0),
      ...(estimates.inputBytes === undefined ? {} : { inputBytes: estimates.inputBytes }),
      ...(estimates.nodeRows === undefined ? {} : { nodeRows: estimates.nodeRows }),
      isThreadBound(name) {
        const { connector, isLocal } = catalogs.get(name)
        return isLocal === true || connector.threadBound === true
      },
      intermediateType: (aggregate) => thread.registry.intermediateType(aggregate),
    })
    return { execution: this.#execution(local, context), writer }
  }

  #execution(local: LocalPlan, context: QueryContext): PlanExecution {
    const { queryId } = context
    const { thread, memoryLimitBytes, outputPageRows, expressionTarget } = this.#options
    const slot = takeQuerySlot(thread.allocator, this.#slotsInUse, memoryLimitBytes)
    const execution = new QueryExecution(this.#environment, {
      queryId,
      slot,
      plan: local,
      session: sessionContext(context),
      catalogProperties: Object.fromEntries(
        [...context.session.catalogProperties].map(([catalog, properties]) => [
          catalog,
          Object.fromEntries(properties),
        ]),
      ),
      outputPageRows,
      ...(expressionTarget === undefined ? {} : { expressionTarget }),
    })
    let ending: Promise<void> | undefined
    return {
      nextPage: () => execution.nextPage(),
      cancel: (reason) => execution.cancel(reason),
      end: () =>
        (ending ??= execution.end().finally(() => {
          this.#slotsInUse.delete(slot)
        })),
      info: () => executionInfo(execution.info()),
    }
  }

  async #openSplits(
    task: TaskDescriptor,
    scan: ScanSource,
    dynamicFilter: DynamicFilter,
    signal: AbortSignal,
  ): Promise<ConnectorSplitSource> {
    const context = this.#options.contexts.get(task.queryId)
    const { catalog, handle } = scan.table
    const { connector, handle: transaction } = await context.transaction.join(catalog)
    const splitManager = connector.getSplitManager?.()
    if (splitManager === undefined) {
      throw new Error(`internal error: connector of catalog ${catalog} has no split manager`)
    }
    return splitManager.getSplits(
      transaction,
      context.connectorSession(catalog),
      handle,
      dynamicFilter,
      { summary: TUPLE_DOMAIN_ALL, expression: TRUE_EXPRESSION, assignments: {} },
      signal,
    )
  }
}

/** What functions of the query see of its session. */
export function sessionContext(context: QueryContext): SessionContext {
  const { session } = context
  return {
    startPicos: BigInt(context.startMillis) * 1_000_000_000n,
    timeZone: session.timeZone,
    locale: session.locale,
    user: session.user,
    ...(session.catalog === undefined ? {} : { catalog: session.catalog }),
    ...(session.schema === undefined ? {} : { schema: session.schema }),
    ...(session.pathText === undefined ? {} : { path: session.pathText }),
  }
}

function executionInfo(snapshot: ExecutionSnapshot): ExecutionInfo {
  const drivers = snapshot.pipelines.flatMap((pipeline) => pipeline.drivers)
  const sources = drivers.flatMap((driver) => driver.operators.slice(0, 1))
  const operators = drivers.flatMap((driver) => driver.operators)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    totalSplits: snapshot.totalSplits,
    completedSplits: snapshot.completedSplits,
    memoryBytes: snapshot.memoryBytes,
    peakMemoryBytes: snapshot.peakMemoryBytes,
    processedRows: sum(sources.map((source) => source.outputRows)),
    processedBytes: sum(sources.map((source) => source.inputBytes)),
    cpuNanos: sum(operators.map((operator) => operator.elapsedMillis)) * 1e6,
    detail: snapshot,
  }
}
