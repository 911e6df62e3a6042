import { planLocally } from '../../dataflow/local-planner.js'
import { QueryMemory, takeQuerySlot } from '../../dataflow/memory/query-memory.js'
import type { LocalPlan } from '../../dataflow/pipeline.js'
import { DistributedExecution } from '../../dataflow/scheduler/distributed-execution.js'
import type {
  DistributedEnvironment,
  DistributedRun,
  MakePlan,
} from '../../dataflow/scheduler/distributed-run.js'
import { FaultTolerantExecution } from '../../dataflow/scheduler/fault-tolerant-execution.js'
import { RepeatedExecution } from '../../dataflow/scheduler/repeated-execution.js'
import type { RetryPolicy } from '../../dataflow/scheduler/retry-settings.js'
import type { SpillDirectory } from '../../dataflow/spill/spill-directory.js'
import type { ExecutionEnvironment } from '../../dataflow/task/execution-environment.js'
import type { TaskDescriptor } from '../../dataflow/task/task-descriptor.js'
import { TaskExecution } from '../../dataflow/task/task-execution.js'
import { onlyTaskId } from '../../dataflow/task/task-id.js'
import type { ThreadEnvironment } from '../../dataflow/thread-environment.js'
import type { ThreadPool } from '../../dataflow/threads/pool.js'
import type { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import { callsLoop } from '../../expressions/routine.js'
import type { SessionContext } from '../../expressions/session-context.js'
import type { Estimator } from '../../planner/cost/estimator.js'
import { scansOf } from '../../planner/cost/table-statistics.js'
import type { InsertRequest } from '../../planner/metadata.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { OutputNode, TableWriterNode } from '../../planner/plan/node.js'
import { assert, MillraceError } from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import type { OwnFunctions } from '../functions/own-functions.js'
import type { PlanExecution } from '../services.js'
import type { QueryContext } from '../session/query-context.js'
import type { QueryContexts } from '../session/query-contexts.js'
import { taskLimits } from '../session/query-limits.js'
import { propertyText } from '../session/session-properties.js'
import { durationMillis } from '../session/system-property.js'
import type { PlanResult } from '../statements/statement.js'
import { VERSION } from '../version.js'
import type { Cluster, ClusterMember, TaskNode, TaskWrite } from './cluster.js'
import {
  catalogsOf,
  fragmentsOf,
  isDistributable,
  nodesReadBy,
  partitioningsOf,
  partsWritten,
  rowsToWrite,
  wholePlan,
  writerOf,
} from './distributed-run.js'
import { distributedInfo, localInfo } from './execution-info.js'
import type { FaultTolerance } from './fault-tolerance.js'
import { localExecution } from './local-execution.js'
import { openSplits } from './open-splits.js'
import { requiredWorkers } from './required-workers.js'
import { faultToleranceFor } from './session-fault-tolerance.js'
import { fragmentsWithoutSkew, type SkewSampling } from './skewed-joins.js'

export interface PlanRunnerOptions {
  readonly thread: ThreadEnvironment
  readonly pool: ThreadPool | undefined
  /** See {@link LocalPlannerOptions}. */
  readonly callingThreadMillis: number
  readonly catalogs: CatalogManager
  readonly ownFunctions: OwnFunctions
  /** Enumerating splits needs the transactions of queries. */
  readonly contexts: QueryContexts
  /** Query slots of the node's memory that are taken. */
  readonly slotsInUse: Set<number>
  /** The engine as a node, which may have a cluster. */
  readonly member: ClusterMember
  /** Absent: queries may not spill. */
  readonly spill: SpillDirectory | undefined
  readonly faultTolerance: FaultTolerance
  /** Whether nodes compress the pages that they hand to each other. */
  readonly compressesExchanges: boolean
  /** Where tasks leave what is read again; absent: nowhere. */
  readonly exchangeDirectory: SpoolDirectory | undefined
  readonly spillsEagerly: boolean
  readonly memoryLimitBytes: number
  readonly outputPageRows: number
  readonly expressionTarget: 'wasm' | 'js' | 'interpreter' | undefined
}

/** Runs optimised plans on the engine's threads, and over its cluster. */
export class PlanRunner {
  readonly #options: PlanRunnerOptions
  readonly #environment: ExecutionEnvironment
  /** What templates of plans have become, by whether their queries may spill. */
  readonly #localPlans = {
    spilling: new WeakMap<OutputNode, LocalPlan>(),
    inMemory: new WeakMap<OutputNode, LocalPlan>(),
  }

  constructor(options: PlanRunnerOptions) {
    this.#options = options
    this.#environment = {
      thread: options.thread,
      pool: options.pool,
      openSplits: (task, scan, dynamicFilter, signal) =>
        openSplits(
          options.contexts.get(task.queryId),
          scan.table,
          scan.isTableFunction === true,
          dynamicFilter,
          signal,
        ),
    }
  }

  /**
   * Makes the execution of a plan: over the nodes of the cluster, if there is one and they can read what the plan reads, or
   * here. Nothing runs before the first page is asked for.
   * @returns the execution, and the writer whose rows its pages are, if the plan writes
   */
  start(
    result: Pick<PlanResult, 'plan' | 'template' | 'inputBytes' | 'nodeRows' | 'joinPairs'>,
    context: QueryContext,
    estimator: () => Promise<Estimator>,
  ): StartedPlan {
    const { plan, template } = result
    const cluster = this.clusterFor(plan)
    if (cluster !== undefined) {
      const writer = writerOf(plan)
      if (writer !== undefined && this.#writesParts(writer, context)) {
        const parts = partsWritten(writer)
        return {
          writesParts: true,
          writer,
          execution: (begin) => this.#distributed(parts, cluster, context, estimator, begin),
        }
      }
      const rows = writer === undefined ? plan : rowsToWrite(writer)
      return {
        writesParts: false,
        writer,
        execution: this.#distributed(rows, cluster, context, estimator),
      }
    }
    const { maySpill } = taskLimits(context, this.#options.spill !== undefined)
    if (template === undefined) {
      const { writer, ...local } = this.#planLocally(plan, result, maySpill)
      return {
        writesParts: false,
        writer,
        execution: this.#execution({ plan: local }, context),
      }
    }
    const known = maySpill ? this.#localPlans.spilling : this.#localPlans.inMemory
    let local = known.get(template)
    if (local === undefined) {
      local = this.#planLocally(template, result, maySpill)
      known.set(template, local)
    }
    const transactions = transactionsOf(plan)
    return {
      writesParts: false,
      writer: undefined,
      execution: this.#execution({ plan: local, isKept: true, transactions }, context),
    }
  }

  /** Makes the execution of a plan that writes nothing. */
  startRows(
    plan: OutputNode,
    context: QueryContext,
    estimator: () => Promise<Estimator>,
  ): PlanExecution {
    const started = this.start({ plan, inputBytes: 0, nodeRows: new Map() }, context, estimator)
    assert(!started.writesParts, 'a plan that writes nothing')
    return started.execution
  }

  /** Whether tasks write the rows that they make. */
  #writesParts({ target }: TableWriterNode, context: QueryContext): boolean {
    const { connector } = this.#options.catalogs.get(target.catalog)
    const isInsert =
      target.kind === 'create' ||
      (target.kind === 'insert' && (target.handle as InsertRequest).refresh === undefined)
    return (
      isInsert &&
      context.transaction.settings.autoCommit &&
      connector.distributesWrites === true &&
      (this.#retryPolicy(context) === 'NONE' || connector.supportsWriteRetries === true)
    )
  }

  #planLocally(
    plan: OutputNode,
    estimates: Pick<PlanResult, 'inputBytes' | 'nodeRows' | 'joinPairs'>,
    maySpill: boolean,
  ): LocalPlan & { readonly writer?: TableWriterNode } {
    const { thread, pool, callingThreadMillis, catalogs, ownFunctions } = this.#options
    return planLocally(plan, {
      threads: ownFunctions.areCalledBy(plan) ? 0 : (pool?.size ?? 0),
      callingThreadMillis,
      ...(estimates.inputBytes === undefined ? {} : { inputBytes: estimates.inputBytes }),
      ...(estimates.nodeRows === undefined ? {} : { nodeRows: estimates.nodeRows }),
      ...(estimates.joinPairs === undefined ? {} : { joinPairs: estimates.joinPairs }),
      maySpill,
      isThreadBound: (name) => catalogs.isThreadBound(name),
      liesInMemory: (name) => catalogs.liesInMemory(name),
      mayRunForEver: callsLoop(plan),
      intermediateType: (aggregate) => thread.registry.intermediateType(aggregate),
    })
  }

  /** The cluster that a plan runs on; undefined where it runs here. */
  clusterFor(plan: OutputNode): Cluster | undefined {
    const { catalogs, ownFunctions, member } = this.#options
    const { cluster } = member
    if (cluster === undefined || ownFunctions.areCalledBy(plan)) return undefined
    if (!isDistributable(plan, catalogs)) return undefined
    for (const node of nodesReadBy(plan, catalogs)) {
      if (node !== member.localNode.nodeId) return cluster
    }
    const workers = cluster.workers()
    return workers.length === 1 && workers[0] === member.localNode ? undefined : cluster
  }

  /** Where a test has expressions run. */
  get expressionTarget(): 'wasm' | 'js' | 'interpreter' | undefined {
    return this.#options.expressionTarget
  }

  /** The fragments that EXPLAIN shows of a plan; undefined where it shows the plan itself. */
  async explain(
    plan: OutputNode,
    type: 'LOGICAL' | 'DISTRIBUTED' | 'IO' | undefined,
    context: QueryContext,
    estimator: Estimator,
  ): Promise<readonly PlanFragment[] | undefined> {
    const cluster = this.clusterFor(plan)
    if (type !== 'DISTRIBUTED' && (type !== undefined || cluster === undefined)) return undefined
    const writer = writerOf(plan)
    if (cluster === undefined) return [wholePlan(plan)]
    if (writer === undefined) return this.#fragments(plan, cluster, context, estimator)
    return this.#writesParts(writer, context)
      ? this.#fragments(partsWritten(writer), cluster, context, estimator)
      : [wholePlan(plan)]
  }

  /** As far as it is known before anything is read. */
  async #fragments(
    plan: OutputNode,
    cluster: Cluster,
    context: QueryContext,
    estimator: Estimator,
  ): Promise<readonly PlanFragment[]> {
    const cut = await this.#cutter(plan, cluster, context, estimator)
    return cut(plan)
  }

  async #cutter(
    plan: OutputNode,
    cluster: Cluster,
    context: QueryContext,
    estimator: Estimator,
  ): Promise<SkewSampling['cut']> {
    const { catalogs, thread } = this.#options
    const options = {
      registry: thread.registry,
      catalogs,
      estimator,
      nodeCount: cluster.workers().length,
      partitionings: await partitioningsOf(plan, context),
      retriesTasks: this.#retryPolicy(context) === 'TASK',
    }
    return (whole, skew) =>
      fragmentsOf(whole, context, { ...options, ...(skew === undefined ? {} : { skew }) })
  }

  #execution(
    plan: Pick<TaskDescriptor, 'plan' | 'isKept' | 'transactions'>,
    context: QueryContext,
  ): PlanExecution {
    const { queryId } = context
    const { thread, member, outputPageRows, expressionTarget, spill } = this.#options
    const createdMillis = Date.now()
    const { memoryBytes, maySpill, driversMax } = taskLimits(context, spill !== undefined)
    const memoryLimitBytes = Math.min(this.#options.memoryLimitBytes, memoryBytes)
    const slot = takeQuerySlot(thread.allocator, this.#options.slotsInUse, memoryLimitBytes)
    let execution: TaskExecution
    try {
      execution = new TaskExecution(this.#environment, {
        taskId: onlyTaskId(queryId),
        queryId,
        slot,
        ...plan,
        session: sessionContext(context),
        catalogProperties: catalogProperties(context),
        outputPageRows,
        ...(driversMax === undefined ? {} : { driversMax }),
        ...(spill !== undefined && maySpill
          ? {
              spillFolder: spill.open(queryId, new QueryMemory(thread.allocator, slot)),
              spillsEagerly: this.#options.spillsEagerly,
            }
          : {}),
        ...(expressionTarget === undefined ? {} : { expressionTarget }),
      })
    } catch (error) {
      this.#options.slotsInUse.delete(slot)
      throw error
    }
    return localExecution(
      execution,
      (snapshot) => localInfo(queryId, member.localNode.nodeId, createdMillis, snapshot),
      () => this.#options.slotsInUse.delete(slot),
    )
  }

  /** Makes the execution of a plan over the nodes of the cluster. */
  #distributed(
    plan: OutputNode,
    cluster: Cluster,
    context: QueryContext,
    estimator: () => Promise<Estimator>,
    beginWrite?: () => Promise<TaskWrite>,
  ): PlanExecution {
    const { catalogs } = this.#options
    const environment = this.#distributedEnvironment(cluster, nodesReadBy(plan, catalogs), context)
    const common = {
      request: {
        queryId: context.queryId,
        session: sessionContext(context),
        limits: taskLimits(context, true),
        compressesOutput: this.#compressesExchanges(context),
        catalogProperties: catalogProperties(context),
      },
      catalogsOf: (fragment: PlanFragment) => catalogsOf(fragment, catalogs),
    }
    // Of a plan that runs again the write is the same, and its sinks are others.
    let write: Promise<TaskWrite> | undefined
    const execution = this.#run(environment, context, async (signal) => {
      await requiredWorkers(cluster, context.session, signal)
      const sampling = {
        rowsMin: Number(propertyText(context.session, 'join_skew_min_rows')),
        nodeCount: cluster.workers().length,
        cut: await this.#cutter(plan, cluster, context, await estimator()),
        run: (fragments: readonly PlanFragment[], name: string) =>
          new DistributedExecution(environment, async () => ({
            ...common,
            fragments,
            name: `${context.queryId}_${name}`,
          })),
      }
      const fragments = await fragmentsWithoutSkew(plan, sampling, signal)
      if (beginWrite === undefined) return { ...common, fragments }
      write ??= beginWrite()
      return { ...common, write: await write, fragments }
    })
    return {
      nextPage: () => execution.nextPage(),
      cancel: (reason) => execution.cancel(reason),
      end: () => execution.end(),
      info: () => distributedInfo(execution.info(), execution.fragments),
      fragments: () => execution.fragments,
    }
  }

  #distributedEnvironment(
    cluster: Cluster,
    required: ReadonlySet<string>,
    context: QueryContext,
  ): DistributedEnvironment {
    const { member, pool } = this.#options
    const { driversMax = Number.POSITIVE_INFINITY } = taskLimits(context, true)
    return {
      workers: () => nodesFor(cluster, required),
      lanes: Math.min(pool?.size ?? 0, driversMax),
      onNodeLost: cluster.onNodeLost.bind(cluster),
      taskFailed: cluster.taskFailed.bind(cluster),
      coordinator: member.localNode,
      channels: member.channels,
      openSplits: ({ table, isTableFunction }, dynamicFilter, signal) =>
        openSplits(context, table, isTableFunction, dynamicFilter, signal),
    }
  }

  /** @throws EXCHANGE_MANAGER_NOT_CONFIGURED */
  #run(environment: DistributedEnvironment, context: QueryContext, plan: MakePlan): DistributedRun {
    const { exchangeDirectory: directory } = this.#options
    const settings = faultToleranceFor(context.session, this.#options.faultTolerance)
    switch (settings.policy) {
      case 'NONE':
        return new DistributedExecution(environment, plan)
      case 'QUERY': {
        const { queryId } = context
        return new RepeatedExecution(environment, plan, { queryId, settings, directory })
      }
      case 'TASK':
        if (directory !== undefined) {
          return new FaultTolerantExecution(environment, plan, settings, directory)
        }
        throw new MillraceError(
          'EXCHANGE_MANAGER_NOT_CONFIGURED',
          'retry_policy TASK needs a place for the outputs of tasks',
          { hint: 'Set exchange.base-directories in config.properties' },
        )
    }
  }

  #compressesExchanges({ session }: QueryContext): boolean {
    const codec = session.properties.get('exchange_compression_codec')
    return codec === undefined ? this.#options.compressesExchanges : codec.toUpperCase() === 'LZ4'
  }

  #retryPolicy({ session }: QueryContext): RetryPolicy {
    return faultToleranceFor(session, this.#options.faultTolerance).policy
  }
}

/** What {@link PlanRunner.start} makes of a plan. */
export type StartedPlan =
  /** Its pages are those of the plan, or the rows that its writer takes. */
  | {
      readonly writesParts: false
      readonly execution: PlanExecution
      readonly writer: TableWriterNode | undefined
    }
  /** Each of its tasks writes; the connector has to be told before. */
  | {
      readonly writesParts: true
      readonly execution: (begin: () => Promise<TaskWrite>) => PlanExecution
      readonly writer: TableWriterNode
    }

/** The nodes that take tasks, and those that alone have what is read. @throws NO_NODES_AVAILABLE where one of these is gone */
function nodesFor(cluster: Cluster, required: ReadonlySet<string>): readonly TaskNode[] {
  const workers = cluster.workers()
  const known = new Set(workers.map(({ nodeId }) => nodeId))
  const others = [...required]
    .filter((nodeId) => !known.has(nodeId))
    .map((nodeId) => {
      const node = cluster.node(nodeId)
      if (node !== undefined) return node
      throw new MillraceError(
        'NO_NODES_AVAILABLE',
        `The node that has a part of the table is not in the cluster: ${nodeId}`,
        { hint: 'DROP or TRUNCATE the table' },
      )
    })
  return [...workers, ...others]
}

/** Handles of the transactions that the scans of a plan are in, by catalog. */
const transactionsOf = (plan: OutputNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    scansOf(plan).flatMap(({ table }) =>
      table.transaction === undefined ? [] : [[table.catalog, table.transaction]],
    ),
  )

/** Session properties of catalogs, as text. */
const catalogProperties = (context: QueryContext) =>
  Object.fromEntries(
    [...context.session.catalogProperties].map(([catalog, properties]) => [
      catalog,
      Object.fromEntries(properties),
    ]),
  )

/** What functions of the query see of its session. */
export function sessionContext(context: QueryContext): SessionContext {
  const { session } = context
  const limitMillis = durationMillis(propertyText(session, 'query_max_run_time'))
  return {
    startPicos: BigInt(context.startMillis) * 1_000_000_000n,
    timeZone: session.timeZone,
    locale: session.locale,
    user: session.user,
    version: VERSION,
    partialAggregation: {
      isAdaptive: propertyText(session, 'adaptive_partial_aggregation_enabled') === 'true',
      minRows: Number(propertyText(session, 'adaptive_partial_aggregation_min_rows')),
      uniqueRowsRatioThreshold: Number(
        propertyText(session, 'adaptive_partial_aggregation_unique_rows_ratio_threshold'),
      ),
    },
    ...(Number.isFinite(limitMillis) ? { deadlineMillis: context.startMillis + limitMillis } : {}),
    ...(session.catalog === undefined ? {} : { catalog: session.catalog }),
    ...(session.schema === undefined ? {} : { schema: session.schema }),
    ...(session.pathText === undefined ? {} : { path: session.pathText }),
  }
}
