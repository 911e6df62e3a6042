import type { BufferAddress } from '../../exchange/address.js'
import type { ChannelFactory } from '../../exchange/channel/channel.js'
import { DEFAULT_BUFFER_BYTES, ExchangeClient } from '../../exchange/exchange-client.js'
import type { OutputBuffer } from '../../exchange/output-buffer.js'
import { partOf } from '../../operators/partition/page-partitioner.js'
import type { KeyFilterRef } from '../../operators/spec.js'
import { outputsOf } from '../../planner/plan/structure.js'
import type { Arena } from '../../spi/index.js'
import {
  assert,
  type ConnectorPageSink,
  type Domain,
  errorToRecord,
  MillraceError,
  type Page,
  toMillraceError,
} from '../../spi/index.js'
import { filteredDomain } from '../dynamic-filter.js'
import type { PageStream } from '../page-stream.js'
import type { RemoteSource, SortedRunsRef } from '../pipeline.js'
import { ExchangeStream, RemoteMergeStream, RemoteSequence } from '../streams/exchange.js'
import type { LaneShare } from '../threads/remote-feeds.js'
import type { ExecutionEnvironment } from './execution-environment.js'
import { RangeOutput } from './range-output.js'
import { type SinkPages, sinkPages } from './sink-pages.js'
import type { TaskDescriptor } from './task-descriptor.js'
import { TaskExecution } from './task-execution.js'
import {
  isTaskDone,
  type TaskListener,
  type TaskRequest,
  type TaskState,
  type TaskStatus,
  type TaskUpdate,
} from './task-request.js'

/** Reports between changes of state. */
const STATUS_MILLIS = 500

/**
 * A fragment's part in one node: runs its pipelines and puts the pages into its output buffer, until that is read. Whichever
 * way it ends, what it held is given back by the time {@link release} resolves.
 * @source Trino SqlTask, SqlTaskExecution
 */
export class NodeTask {
  readonly taskId: string
  readonly #request: TaskRequest
  readonly #listener: TaskListener
  readonly #execution: TaskExecution
  readonly #buffer: OutputBuffer
  readonly #channels: ChannelFactory
  readonly #pageRows: number
  readonly #clients: ExchangeClient[] = []
  readonly #createdMillis = Date.now()
  readonly #emit: (page: Page) => boolean
  readonly #timer: NodeJS.Timeout
  readonly #run: Promise<void>
  readonly #sink: SinkPages | undefined
  readonly #writing = new AbortController()
  /** Set where the output is cut into ranges. */
  readonly #ranges: RangeOutput | undefined
  /** Dynamic filters that the coordinator is told of; null: there are none. */
  #filters: Readonly<Record<string, Domain | null>> | undefined
  #endedMillis: number | undefined
  #state: TaskState = 'RUNNING'
  #version = 0
  #failure: MillraceError | undefined

  constructor(options: {
    readonly request: TaskRequest
    readonly listener: TaskListener
    readonly descriptor: TaskDescriptor
    readonly environment: ExecutionEnvironment
    readonly buffer: OutputBuffer
    readonly channels: ChannelFactory
    createArena(): Arena
    /** Where its dynamic filters come from, by their ids. */
    readonly keyFilters: ReadonlyMap<string, KeyFilterRef>
    /** Set where the output is cut into ranges. */
    readonly sortedRuns?: SortedRunsRef
    /** Where the fragment's rows are written instead of handed on. */
    readonly openSink?: (signal: AbortSignal) => Promise<ConnectorPageSink>
  }) {
    const { request, descriptor, buffer } = options
    this.taskId = request.taskId
    this.#request = request
    this.#listener = options.listener
    this.#buffer = buffer
    this.#channels = options.channels
    this.#pageRows = descriptor.outputPageRows
    const { keyFilters, sortedRuns } = options
    this.#execution = new TaskExecution(
      {
        ...options.environment,
        onState: (pipeline, states) => {
          this.#tellFilters(keyFilters, pipeline, states)
          if (pipeline === sortedRuns?.pipeline) this.#tellSample(sortedRuns)
        },
        openRemote: (source, createArena) => this.#openRemote(source, createArena),
        readRemote: (source, lanes) => this.#readLanes(source, lanes),
      },
      descriptor,
    )
    const { openSink } = options
    this.#sink = openSink && sinkPages(this.#execution, () => openSink(this.#writing.signal))
    const { output, root } = request.fragment
    const { createArena } = options
    if (output.kind === 'range') {
      const ranges = new RangeOutput(outputsOf(root), output.orderBy, buffer, createArena())
      this.#ranges = ranges
      this.#emit = (page) => ranges.add(page)
    } else this.#emit = emitter(buffer)
    buffer.onState((state) => {
      if (state === 'finished') this.#finished()
      else if (state === 'failed') this.#fail(buffer.failure!)
    })
    const none = (request.toldFilters ?? []).filter((id) => !keyFilters.has(id))
    if (none.length > 0) this.#filters = Object.fromEntries(none.map((id) => [id, null]))
    this.#timer = setInterval(() => this.#report(), STATUS_MILLIS)
    this.#timer.unref()
    this.#run = this.#toEnd()
  }

  status(): TaskStatus {
    const output = this.#buffer.status()
    return {
      taskId: this.taskId,
      version: this.#version++,
      state: this.#state,
      ...(this.#state !== 'FAILED' ? {} : { error: errorToRecord(this.#failure) }),
      execution: {
        ...this.#execution.info(),
        ...(this.#sink === undefined ? {} : { writtenBytes: this.#sink.writtenBytes }),
      },
      output: {
        rows: output.totalRows,
        pages: output.totalPages,
        bytes: output.totalBytes,
        bufferedBytes: output.bufferedBytes,
      },
      ...(this.#filters === undefined ? {} : { filters: this.#filters }),
      ...(this.#ranges?.sample === undefined ? {} : { sortSample: this.#ranges.sample }),
      createdMillis: this.#createdMillis,
      ...(this.#endedMillis === undefined ? {} : { endedMillis: this.#endedMillis }),
    }
  }

  update({ rangeBounds }: TaskUpdate): void {
    if (isTaskDone(this.#state)) return
    try {
      this.#ranges?.cutAt(rangeBounds)
    } catch (error) {
      this.#fail(toMillraceError(error))
      this.#ranges?.abandon()
    }
  }

  /** Ends the task where it stands; resolves when it holds nothing any more. Idempotent. */
  async release(): Promise<void> {
    if (!isTaskDone(this.#state)) {
      this.#end('ABORTED')
      const reason = new MillraceError('USER_CANCELED', `Task was ended: ${this.taskId}`)
      this.#execution.cancel(reason)
      this.#writing.abort(reason)
    }
    this.#buffer.destroy()
    this.#ranges?.abandon()
    await this.#run
  }

  /** Never rejects: a failure is the task's state, and what its readers get. */
  async #toEnd(): Promise<void> {
    try {
      const pages = this.#sink ?? this.#execution
      while (!this.#buffer.isAbandoned) {
        const page = await pages.nextPage()
        if (page === undefined) break
        await this.#ranges?.ready()
        if (this.#buffer.isAbandoned) break
        if (!this.#emit(page)) await this.#buffer.ready()
      }
      await this.#execution.end()
      if (this.#state === 'RUNNING') {
        this.#setState('FLUSHING')
        this.#buffer.finish()
      }
    } catch (error) {
      this.#fail(toMillraceError(error))
    } finally {
      for (const end of [() => this.#sink?.abort(), () => this.#execution.end()]) {
        try {
          await end()
        } catch (error) {
          this.#fail(toMillraceError(error))
        }
      }
      for (const client of this.#clients) client.close()
    }
  }

  #fail(error: MillraceError): void {
    if (isTaskDone(this.#state)) return
    this.#failure = error
    this.#end('FAILED')
    this.#buffer.fail(error)
  }

  #finished(): void {
    if (!isTaskDone(this.#state)) this.#end('FINISHED')
  }

  #end(state: TaskState): void {
    this.#endedMillis = Date.now()
    clearInterval(this.#timer)
    this.#setState(state)
  }

  #setState(state: TaskState): void {
    this.#state = state
    this.#report()
  }

  #report(): void {
    this.#listener.status(this.status())
  }

  /** Tells the coordinator what a build says of filters that scans of other fragments wait for. */
  #tellFilters(
    keyFilters: ReadonlyMap<string, KeyFilterRef>,
    pipeline: number,
    states: readonly unknown[],
  ): void {
    const told = (this.#request.toldFilters ?? []).flatMap((id) => {
      const ref = keyFilters.get(id)
      if (ref?.pipeline !== pipeline) return []
      return [[id, filteredDomain(ref, states) ?? null] as const]
    })
    if (told.length === 0) return
    this.#filters = { ...this.#filters, ...Object.fromEntries(told) }
    this.#report()
  }

  /** Tells the coordinator of the sorted rows, which are handed on when it has said where they are cut. */
  #tellSample(runs: SortedRunsRef): void {
    this.#ranges?.sampled(this.#execution.sampleRuns(runs))
    this.#report()
  }

  #addresses({ fragments }: RemoteSource): readonly BufferAddress[] {
    return fragments.flatMap((id) => {
      const found = this.#request.sources[id]
      assert(found !== undefined, `no tasks of fragment ${id}`)
      return found
    })
  }

  #readLanes(source: RemoteSource, lanes: LaneShare | undefined): ExchangeClient {
    const addresses = this.#addresses(source)
    if (lanes === undefined) return this.#openClient(addresses)
    const own = addresses.filter(
      ({ bufferId }) => (bufferId % source.lanes!) % lanes.count === lanes.index,
    )
    return this.#openClient(own, Math.ceil(DEFAULT_BUFFER_BYTES / lanes.count))
  }

  #openClient(addresses: readonly BufferAddress[], bufferBytesMax?: number): ExchangeClient {
    const client = new ExchangeClient({
      channels: this.#channels,
      ...(bufferBytesMax === undefined ? {} : { bufferBytesMax }),
    })
    this.#clients.push(client)
    for (const address of addresses) client.addSource(address)
    client.noMoreSources()
    return client
  }

  #openRemote(source: RemoteSource, createArena: () => Arena): PageStream {
    const addresses = this.#addresses(source)
    const share = Math.ceil(DEFAULT_BUFFER_BYTES / addresses.length)
    if (source.concatenates) {
      return new RemoteSequence(
        addresses.map((address) => this.#openClient([address], share)),
        createArena,
      )
    }
    return source.orderBy === undefined
      ? new ExchangeStream(this.#openClient(addresses), createArena())
      : new RemoteMergeStream(
          addresses.map((address) => this.#openClient([address], share)),
          source.orderBy,
          source.types,
          this.#pageRows,
          createArena,
        )
  }
}

/** Hands pages to the buffer, each to the partition that its driver has cut it for. */
const emitter = (buffer: OutputBuffer): ((page: Page) => boolean) =>
  buffer.kind === 'partitioned'
    ? (page) => buffer.add(page, partOf(page) ?? 0)
    : (page) => buffer.add(page)
