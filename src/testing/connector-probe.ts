import type { Connector, ConnectorContext, ConnectorFactory, Page } from '../spi/index.js'
import { pageProblems } from './page-problems.js'
import { whereNotPlain } from './plain-value.js'
import { ResourceLedger } from './resource-ledger.js'
import { type Fault, PLAIN_RESULTS, SERVICE_LISTS, SERVICES, type SpiCallName } from './spi-call.js'

/** What a face of the connector shows and does. */
export interface Face {
  /** Methods that are not there, by call name. */
  readonly hidden?: ReadonlySet<SpiCallName>
  /** What handles and splits go through on their way to the engine. */
  readonly carry?: (value: unknown) => unknown
  /**
   * True: page sources and record sets come from a second connector, made of the same configuration as in a worker thread;
   * so do sinks, unless the connector's writes are bound to the thread that plans.
   */
  readonly readsInWorker?: boolean
}

type Method = (this: unknown, ...args: unknown[]) => unknown

/**
 * A connector under observation. Every call the engine makes of it (and of its metadata, split sources, page sources,
 * sinks …) is recorded; what it opens must be closed exactly once; faults can be put into any call.
 */
export class ConnectorProbe {
  readonly ledger = new ResourceLedger()
  /** Broken rules, in the order they were seen. */
  readonly violations: string[] = []
  /** How often each call was made, since the last {@link startRecording}. */
  #counts = new Map<SpiCallName, number>()
  /** How often each pushdown method took what it was offered, ever. */
  readonly taken = new Map<string, number>()
  #fault: Fault | undefined
  readonly #lostSinks = new WeakSet<object>()
  #faultDone = false

  /** Forgets the calls so far; the fault, if there is one, is put into one of those to come. */
  startRecording(fault?: Fault): void {
    this.#counts = new Map()
    this.#fault = fault
    this.#faultDone = false
  }

  get calls(): ReadonlyMap<SpiCallName, number> {
    return this.#counts
  }
  /** Whether the fault has happened. */
  get faultDone(): boolean {
    return this.#faultDone
  }

  /** All broken rules and what is open though nothing runs; the violations are forgotten. */
  takeProblems(): string[] {
    return [...this.violations.splice(0), ...this.ledger.takeOpen()]
  }

  /** A factory whose connectors are the one of `factory`, observed. */
  observe(factory: ConnectorFactory, face: Face = {}): ConnectorFactory {
    return {
      name: factory.name,
      create: async (catalogName, config, context) => {
        const connector = await factory.create(catalogName, config, context)
        const worker = await this.#workerOf(factory, catalogName, config, context, connector, face)
        return this.wrap(connector, face, worker)
      },
    }
  }

  async #workerOf(
    factory: ConnectorFactory,
    catalogName: string,
    config: Readonly<Record<string, string>>,
    context: ConnectorContext,
    connector: Connector,
    { readsInWorker = false }: Face,
  ): Promise<Connector | undefined> {
    if (!readsInWorker || connector.threadBound === true) return undefined
    return factory.create(catalogName, config, { ...context, isCoordinator: false })
  }

  /** The observed face of a connector. `worker` stands for the connector of another thread. */
  wrap(connector: Connector, face: Face = {}, worker?: Connector): Connector {
    const observed = this.#service(connector, 'connector', face)
    if (worker === undefined) return observed
    const inWorker = this.#service(worker, 'connector', face)
    const sinks = connector.threadBoundWrites === true ? observed : inWorker
    const replaced: Readonly<Record<string, unknown>> = {
      getPageSourceProvider: inWorker.getPageSourceProvider,
      getRecordSetProvider: inWorker.getRecordSetProvider,
      getPageSinkProvider: sinks.getPageSinkProvider,
      shutdown: async () => {
        await Promise.all([observed.shutdown?.(), inWorker.shutdown?.()])
      },
    }
    return new Proxy(observed, {
      get: (target, name) =>
        typeof name === 'string' && Object.hasOwn(replaced, name)
          ? replaced[name]
          : Reflect.get(target, name),
    })
  }

  #service<S extends object>(service: S, kind: string, face: Face): S {
    const methods = new Map<string, unknown>()
    // Over an empty object, since a proxy of a frozen one may not answer otherwise than that.
    return new Proxy({} as S, {
      has: (_, name) => Reflect.has(service, name),
      get: (_, name) => {
        const member: unknown = Reflect.get(service, name, service)
        if (typeof name !== 'string') return member
        if (face.hidden?.has(`${kind}.${name}`)) return undefined
        if (typeof member !== 'function') return member
        const known = methods.get(name)
        if (known !== undefined) return known
        const call = `${kind}.${name}`
        const method = (...args: unknown[]) =>
          this.#call(service, call, member as Method, args, face)
        methods.set(name, method)
        return method
      },
    })
  }

  #call(target: object, call: SpiCallName, method: Method, args: unknown[], face: Face): unknown {
    const count = (this.#counts.get(call) ?? 0) + 1
    this.#counts.set(call, count)
    const problem = this.ledger.beforeCall(target, call, args)
    if (problem !== undefined) this.violations.push(problem)
    const fault = this.#fault
    const isFault = fault !== undefined && fault.call === call && fault.occurrence === count
    if (isFault && fault.moment === 'before') return this.#failInstead(target, call, args, method)
    // The sink has finished, though the engine was told otherwise: nothing is left to abort.
    if (this.#lostSinks.has(target) && call.endsWith('.abort')) return undefined
    let result: unknown
    try {
      result = method.apply(target, args)
    } catch (error) {
      this.ledger.failedCall(target, call)
      throw error
    }
    const settle = (value: unknown) => {
      const answer = this.#answer(target, call, args, value, face)
      if (isFault) return this.#failAfter(target, call, answer)
      return answer
    }
    if (!(result instanceof Promise)) return settle(result)
    return result.then(settle, (error: unknown) => {
      this.ledger.failedCall(target, call)
      throw error
    })
  }

  /**
   * What ends something still ends it, as a connector that fails to close has lost it all the same; a commit that fails
   * has changed nothing. Thrown, where the connector does not have to be waited for.
   */
  #failInstead(
    target: object,
    call: SpiCallName,
    args: unknown[],
    method: Method,
  ): never | Promise<never> {
    this.#faultDone = true
    const { error } = this.#fault!
    const isCommit = call === 'connector.commit'
    if (!isCommit && !this.ledger.isEnding(call)) {
      this.ledger.failedCall(target, call)
      throw error()
    }
    const fail = async (): Promise<never> => {
      await (isCommit ? (target as Connector).rollback?.(args[0]) : method.apply(target, args))
      this.ledger.answeredCall(target, call, args, undefined)
      throw error()
    }
    return fail()
  }

  /** The connector has done its part, but the engine never hears of it: what was opened is closed here. */
  #failAfter(target: object, call: SpiCallName, answer: unknown): never | Promise<never> {
    this.#faultDone = true
    const { error } = this.#fault!
    if (call.endsWith('Sink.finish')) this.#lostSinks.add(target)
    const close = this.ledger.closing(target, call, answer)
    if (close === undefined) throw error()
    const fail = async (): Promise<never> => {
      await close()
      throw error()
    }
    return fail()
  }

  #answer(target: object, call: SpiCallName, args: unknown[], value: unknown, face: Face): unknown {
    const method = call.slice(call.indexOf('.') + 1)
    if (method.startsWith('apply') && value !== undefined) {
      this.taken.set(method, (this.taken.get(method) ?? 0) + 1)
    }
    if (call === 'pageSource.getNextPage' && value !== undefined) {
      for (const problem of pageProblems(value as Page)) this.violations.push(`${call}: ${problem}`)
    }
    const problem = this.ledger.answeredCall(target, call, args, value)
    if (problem !== undefined) this.violations.push(problem)
    const plain = PLAIN_RESULTS.has(call) ? this.#plain(call, value, face) : value
    return this.#wrapped(call, plain, face)
  }

  #plain(call: SpiCallName, value: unknown, { carry }: Face): unknown {
    const place =
      value instanceof Map ? whereNotPlain([...value.values()], call) : whereNotPlain(value, call)
    if (place !== undefined) {
      this.violations.push(`Handles and splits are plain data: ${place}`)
      return value
    }
    return carry === undefined || value === undefined ? value : carry(value)
  }

  #wrapped(call: SpiCallName, value: unknown, face: Face): unknown {
    if (call === 'metadata.streamTableColumns' || call === 'metadata.streamRelationComments') {
      return this.#iterable(call, value as Iterable<unknown> | AsyncIterable<unknown>)
    }
    const list = SERVICE_LISTS[call]
    if (list !== undefined) {
      return (value as readonly object[]).map((service) => this.#service(service, list, face))
    }
    const kind = SERVICES[call]
    if (kind === undefined || value === undefined) return value
    const service = this.#service(value as object, kind, face)
    this.ledger.opened(kind, value as object, call)
    return service
  }

  /** Items one by one, each a call `….next` that can fail. */
  async *#iterable(
    call: SpiCallName,
    items: Iterable<unknown> | AsyncIterable<unknown>,
  ): AsyncGenerator<unknown> {
    const next = `${call}.next`
    for await (const item of items) {
      const count = (this.#counts.get(next) ?? 0) + 1
      this.#counts.set(next, count)
      const fault = this.#fault
      if (fault?.call === next && fault.occurrence === count) {
        this.#faultDone = true
        throw fault.error()
      }
      yield item
    }
  }
}
