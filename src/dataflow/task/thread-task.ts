import type { SessionContext } from '../../expressions/session-context.js'
import { createOperator, type SharedPages } from '../../operators/create-operator.js'
import { JoinIndexSink } from '../../operators/join/join-index-sink.js'
import { KeyFilterSink } from '../../operators/join/key-filter-sink.js'
import { SharedBuildSink } from '../../operators/join/shared-build.js'
import type { Operator, OperatorContext } from '../../operators/operator.js'
import { SharedBound } from '../../operators/sort/shared-bound.js'
import type { OperatorSpec } from '../../operators/spec.js'
import type { SpilledPages } from '../../operators/spill/spill-space.js'
import { assert, MillraceError } from '../../spi/index.js'
import { Driver, type DriverAccounts } from '../driver.js'
import { dynamicFilterOf } from '../dynamic-filter.js'
import { DriverMemory } from '../memory/driver-memory.js'
import { OperatorAccount } from '../memory/operator-account.js'
import { extentOfWords, readPageWords } from '../memory/page-words.js'
import { type ChunkArena, QueryMemory } from '../memory/query-memory.js'
import { pageBytes } from '../page-bytes.js'
import { type CollectedPages, CollectSink, type PageSink, placePage } from '../page-sink.js'
import { type PageStream, WAIT } from '../page-stream.js'
import type {
  CollectedSource,
  PipelineSpec,
  RemoteSource,
  ScanSource,
  SortedRunsRef,
  SourceSpec,
} from '../pipeline.js'
import { boundWord } from '../pipeline-splits.js'
import { type SortSample, sampleRuns } from '../sort-sample.js'
import { collectedCounter } from '../source-sizes.js'
import { QuerySpill } from '../spill/query-spill.js'
import {
  addTime,
  type DriverStats,
  type OperatorMeter,
  operatorMeter,
  startMeter,
} from '../stats.js'
import { AsyncCallStream } from '../streams/async-call.js'
import { CollectedStream } from '../streams/collected.js'
import { createMergeStream } from '../streams/merge.js'
import { ScanStream } from '../streams/scan.js'
import { TableFunctionStream } from '../streams/table-function.js'
import { UnionStream } from '../streams/union.js'
import { ValuesStream } from '../streams/values.js'
import type { DriverInputs, ThreadEnvironment } from '../thread-environment.js'
import type { TurnTaker } from '../turns.js'
import type { TaskDescriptor } from './task-descriptor.js'

/** Why what connectors wait for is given up: made once, since every task ends in it. */
const TASK_OVER = new MillraceError('USER_CANCELED', 'The task is over')

/** Opens the pages that tasks of other fragments hand over. */
export type OpenRemote = (source: RemoteSource, createArena: () => ChunkArena) => PageStream

/** What a driver and those that are its sources are made with. */
interface DriverMaking {
  readonly inputs: DriverInputs
  readonly meters: OperatorMeter[]
  readonly scans: ScanStream[]
  /** The stream of a `channel` source, in the calling thread. */
  readonly channelStream: ((pipeline: number) => PageStream) | undefined
  /** Where the query may spill. */
  readonly memory: DriverMemory | undefined
}

/** A query's part in one thread: makes and runs its drivers. */
export class ThreadTask {
  readonly #environment: ThreadEnvironment
  readonly #descriptor: TaskDescriptor
  readonly #session: SessionContext
  readonly memory: QueryMemory
  /** What lives as long as the query: collected pages and join indexes. */
  readonly #queryArena: ChunkArena
  readonly #aborts = new Set<AbortController>()
  readonly #pages: SharedPages
  readonly #openRemote: OpenRemote | undefined
  readonly #spill: QuerySpill | undefined
  readonly #turns: TurnTaker
  /** By pipeline. */
  readonly #reserved = new Map<number, OperatorAccount>()

  /** @param openRemote opens `remote` sources, in the calling thread of a node that runs fragments */
  constructor(environment: ThreadEnvironment, descriptor: TaskDescriptor, openRemote?: OpenRemote) {
    this.#openRemote = openRemote
    this.#environment = environment
    this.#turns = environment.turns.taker()
    this.#descriptor = descriptor
    this.memory = new QueryMemory(environment.allocator, descriptor.slot)
    this.#spill =
      descriptor.spillFolder === undefined
        ? undefined
        : new QuerySpill(descriptor.spillFolder, this.memory, descriptor.spillsEagerly)
    this.#session = { ...descriptor.session, isCancelled: () => this.memory.cancelled }
    this.#queryArena = this.memory.createArena()
    const { buffer } = environment.allocator.memory
    this.#pages = {
      read: (words, types) =>
        readPageWords(
          words,
          buffer,
          types.map((_, channel) => channel),
          types,
        ),
      place: placePage,
      boundsOf: extentOfWords,
    }
  }

  /** A sample of the sorted runs that a pipeline has left. */
  sampleRuns(runs: SortedRunsRef, states: readonly CollectedPages[]): SortSample {
    const { buffer } = this.#environment.allocator.memory
    const arena = this.memory.createArena()
    try {
      return sampleRuns(runs, states, buffer, arena, this.#spill)
    } finally {
      arena.close()
    }
  }

  pipeline(id: number): PipelineSpec {
    const pipeline = this.#descriptor.plan.pipelines.find((p) => p.id === id)
    assert(pipeline !== undefined, `no pipeline ${id}`)
    return pipeline
  }

  /**
   * Makes the driver of a pipeline, without its sink.
   * @param channelStream the stream of a `channel` source, in the calling thread
   */
  createDriver(
    pipeline: PipelineSpec,
    inputs: DriverInputs,
    channelStream?: (pipeline: number) => PageStream,
  ): { readonly driver: Driver; stats(): DriverStats; readonly memory?: DriverMemory } {
    const meters: OperatorMeter[] = []
    const scans: ScanStream[] = []
    const { source, operators, sink } = pipeline
    const isPulled = sink.kind === 'output' || sink.kind === 'channel'
    const memory =
      this.#spill === undefined ? undefined : new DriverMemory(this.memory, this.#spill.isEager)
    const making = { inputs, meters, scans, channelStream, memory }
    const driver = this.#driver(source, operators, making, isPulled ? 'consumer' : 'sink')
    return {
      driver,
      ...(memory === undefined ? {} : { memory }),
      stats: () => ({
        pipelineId: pipeline.id,
        driverIndex: inputs.driverIndex,
        thread: this.#environment.threadName,
        operators: meters,
        splits: scans.reduce((sum, scan) => sum + scan.splitCount, 0),
        runningSplits: scans.reduce((sum, scan) => sum + scan.runningSplits, 0),
      }),
    }
  }

  /**
   * Runs a pipeline that ends in a state to its end.
   * @param onStart gets what tells how far it is meanwhile
   */
  async run(
    pipeline: PipelineSpec,
    inputs: DriverInputs,
    onStart?: (stats: () => DriverStats) => void,
  ): Promise<{ readonly state: unknown; readonly stats: DriverStats }> {
    const { driver, stats: ownStats, memory } = this.createDriver(pipeline, inputs)
    const account = memory?.createAccount()
    const sink = this.#createSink(pipeline, inputs, account)
    const meter = operatorMeter(
      'planNodeId' in pipeline.sink ? pipeline.sink.planNodeId : '',
      pipeline.sink.kind,
    )
    const stats = (): DriverStats => {
      const own = ownStats()
      return { ...own, operators: [...own.operators, meter] }
    }
    onStart?.(stats)
    const givesAllRows = pipeline.sink.kind === 'joinIndex' && inputs.driverCount > 1
    const metered = <T>(action: () => T): T => {
      const startedAt = startMeter()
      const result = action()
      addTime(meter, startedAt)
      return result
    }
    let steps: Iterator<unknown> | undefined
    try {
      for (;;) {
        const page = await driver.nextPage()
        if (page === undefined) break
        // Of rows that all drivers are given, one driver tells.
        if (inputs.driverIndex === 0 || !givesAllRows) {
          meter.inputRows += page.rowCount
          meter.inputPages += 1
          meter.inputBytes += pageBytes(page)
        }
        for (const part of driver.parts(sink, account, page)) {
          if (part === WAIT) await driver.ready()
          else await metered(() => sink.add(part))
        }
      }
      steps = sink.prepare?.()[Symbol.iterator]()
      while (steps !== undefined && metered(() => steps!.next().done) !== true) {
        if (driver.takesTurn()) await driver.ready()
        // A state that nobody reads is not made to its end.
        if (driver.isCancelled) throw TASK_OVER
      }
      if (driver.takesTurn()) await driver.ready()
      const state = metered(() => sink.finish())
      return { state, stats: stats() }
    } finally {
      steps?.return?.()
      sink.close()
      account?.reserve(0)
      await driver.close()
    }
  }

  /** Memory that the query holds until it ends. */
  allocate(byteLength: number): Uint8Array {
    return this.#queryArena.allocate(byteLength)
  }

  /**
   * Keeps memory of a query that may spill from all but the drivers of a pipeline, which can't give back what they claim; 0
   * ends it.
   */
  reserve(pipelineId: number, byteLength: number): boolean {
    if (this.#spill === undefined) return true
    const known = this.#reserved.get(pipelineId)
    if (known === undefined && byteLength === 0) return true
    const account = known ?? new OperatorAccount(this.memory)
    this.#reserved.set(pipelineId, account)
    return account.reserve(byteLength)
  }

  /** Copies a page to memory that the query holds until it ends, or until `arena` is reset. */
  createArena(): ChunkArena {
    return this.memory.createArena()
  }

  deleteSpilled(pages: SpilledPages): void {
    this.#spill?.delete(pages)
  }

  /** Stops what connectors are waiting for. */
  abort(): void {
    for (const abort of this.#aborts) abort.abort(TASK_OVER)
  }

  #createSink(
    { sink }: PipelineSpec,
    inputs: DriverInputs,
    account: OperatorAccount | undefined,
  ): PageSink {
    switch (sink.kind) {
      case 'collect':
        return new CollectSink(
          (account ?? this.memory).createArena(),
          sink.types,
          sink.staysInMemory === true ? undefined : this.#spill,
        )
      case 'joinIndex': {
        const context = this.#operatorContext(sink.planNodeId, inputs, account)
        // Where queries may spill, collected pages may be on disk, and are given back when they have been read.
        const spec = { ...sink, stablePages: sink.stablePages && this.#spill === undefined }
        return inputs.driverCount > 1
          ? new SharedBuildSink(spec, context, inputs.sharedWords, this.#pages)
          : new JoinIndexSink(spec, context, placePage)
      }
      case 'keyFilters':
        return new KeyFilterSink(sink, this.#operatorContext(sink.planNodeId, inputs, account))
      case 'channel':
      case 'output':
        throw new Error('internal error: pages of this pipeline are pulled')
    }
  }

  #driver(
    source: SourceSpec,
    operators: readonly OperatorSpec[],
    making: DriverMaking,
    reader: DriverAccounts['reader'],
  ): Driver {
    const { inputs, memory } = making
    const made: Operator[] = []
    const meters = [
      operatorMeter('planNodeId' in source ? source.planNodeId : '', source.kind),
      ...operators.map((spec) => operatorMeter(spec.planNodeId, spec.kind)),
    ]
    making.meters.push(...meters)
    const accounts: OperatorAccount[] = []
    try {
      for (const spec of operators) {
        const account = memory?.createAccount()
        if (account !== undefined) accounts.push(account)
        const context = this.#operatorContext(spec.planNodeId, inputs, account)
        made.push(createOperator(spec, context, this.#pages))
      }
      // Where queries may spill, memory is found for a page before its rows are added.
      if (memory === undefined) tellOfNext(made)
      const stream = this.#stream(source, making)
      const isCancelled = () => this.memory.cancelled
      const own = memory === undefined ? undefined : { memory, accounts, reader }
      // Of remote rows that all drivers are given, one driver tells.
      const isToldOf = source.kind !== 'remote' || !source.everyDriver || inputs.driverIndex === 0
      const sourceMeter = isToldOf ? meters[0]! : operatorMeter('', source.kind)
      const metered = [sourceMeter, ...meters.slice(1)]
      return new Driver(stream, made, metered, isCancelled, this.#turns, own)
    } catch (error) {
      for (const operator of made) operator.close()
      throw error
    }
  }

  #stream(source: SourceSpec, making: DriverMaking): PageStream {
    const { inputs, scans, channelStream } = making
    const open = (s: SourceSpec, o: readonly OperatorSpec[]): PageStream =>
      this.#driver(s, o, making, 'driver')
    switch (source.kind) {
      case 'scan':
        return this.#scanStream(source, inputs, scans)
      case 'values':
        return new ValuesStream(
          source,
          this.memory.createArena(),
          this.#environment.registry,
          this.#session,
        )
      case 'collected':
        return this.#collectedStream(source, inputs)
      case 'merge':
        return createMergeStream(
          source,
          inputs.states.get(source.pipeline) as readonly CollectedPages[],
          this.#environment.allocator.memory.buffer,
          () => this.memory.createArena(),
          this.#descriptor.outputPageRows,
          this.#spill,
          { first: inputs.driverIndex, step: inputs.driverCount },
        )
      case 'union':
        return new UnionStream(
          source.branches.map((branch) => () => open(branch.source, branch.operators)),
        )
      case 'tableFunction': {
        const { catalog } = source.function
        const abort = this.#abortController()
        return new TableFunctionStream(
          source,
          source.inputs.map((input) => open(input.source, input.operators)),
          {
            createArena: () => this.memory.createArena(),
            connector: this.#environment.connector(catalog),
            session: () =>
              this.#environment.connectorSession(this.#descriptor, catalog, abort.signal),
            isCancelled: () => this.memory.cancelled,
          },
          abort,
        )
      }
      case 'asyncCall': {
        const abort = this.#abortController()
        return new AsyncCallStream(
          source.calls,
          open(source.input.source, source.input.operators),
          this.#environment.registry,
          () => this.memory.createArena(),
          abort,
        )
      }
      case 'channel':
        assert(channelStream !== undefined, 'a channel source runs in the calling thread')
        return channelStream(source.pipeline)
      case 'remote': {
        const handedOn = inputs.remotePages?.get(source.planNodeId)
        if (handedOn !== undefined) return handedOn
        assert(this.#openRemote !== undefined, 'a remote source is read by the task of a fragment')
        return this.#openRemote(source, () => this.memory.createArena())
      }
    }
  }

  #scanStream(source: ScanSource, inputs: DriverInputs, scans: ScanStream[]): ScanStream {
    const { catalog, transaction } = source.table
    const abort = this.#abortController()
    const scan = new ScanStream(
      source,
      inputs.splits,
      this.memory.createArena(),
      abort,
      dynamicFilterOf(
        source,
        (id) => inputs.states.get(id),
        new SharedBound(boundWord(inputs.sharedWords)),
      ),
      () => ({
        connector: this.#environment.connector(catalog),
        transaction: transaction ?? this.#descriptor.transactions?.[catalog],
        session: () => this.#environment.connectorSession(this.#descriptor, catalog, abort.signal),
      }),
    )
    scans.push(scan)
    return scan
  }

  /** Its drivers take the pages in turn, each page one of them; or each takes all, where `everyDriver` is set. */
  #collectedStream(source: CollectedSource, inputs: DriverInputs): CollectedStream {
    const { pipelines, everyDriver } = source
    const counter = collectedCounter(source, this.#descriptor.plan.pipelines.length)
    let own = 0
    return new CollectedStream(
      pipelines.flatMap((id) => inputs.states.get(id) as readonly CollectedPages[]),
      this.#environment.allocator.memory.buffer,
      source.types,
      this.memory.createArena(),
      this.#spill,
      everyDriver === true ? () => own++ : () => Atomics.add(inputs.counters, counter, 1),
    )
  }

  /** Of what a connector is waited for with; aborted with the task. */
  #abortController(): AbortController {
    const abort = new AbortController()
    this.#aborts.add(abort)
    return abort
  }

  #operatorContext(
    planNodeId: string,
    inputs: DriverInputs,
    account: OperatorAccount | undefined,
  ): OperatorContext {
    const memory = account ?? this.memory
    return {
      planNodeId,
      driverIndex: inputs.driverIndex,
      driverCount: inputs.driverCount,
      driverSerial:
        inputs.driverIndex * (this.#descriptor.taskCount ?? 1) + (this.#descriptor.taskIndex ?? 0),
      createArena: () => memory.createArena(),
      createScope: () => memory.createScope(),
      freeBytes: () => memory.freeBytes,
      reserve: (byteLength) => account?.reserve(byteLength) ?? true,
      queryArena: account?.createArena() ?? this.#queryArena,
      stateOf: (pipelineId) => inputs.states.get(pipelineId) ?? [],
      isCancelled: () => this.memory.cancelled,
      settings: {
        outputPageRows: this.#descriptor.outputPageRows,
        session: this.#session,
        registry: this.#environment.registry,
        ...(this.#descriptor.expressionTarget === undefined
          ? {}
          : { expressionTarget: this.#descriptor.expressionTarget }),
      },
      sharedBound: new SharedBound(boundWord(inputs.sharedWords)),
      ...(this.#spill === undefined ? {} : { spill: this.#spill }),
    }
  }
}

function tellOfNext(operators: readonly Operator[]): void {
  for (const [i, operator] of operators.entries()) {
    const next = operators[i + 1]
    if (next !== undefined) operator.feeds?.(next)
  }
}
