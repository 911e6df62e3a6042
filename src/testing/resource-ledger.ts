import type {
  Awaitable,
  Connector,
  ConnectorPageSink,
  ConnectorPageSource,
  ConnectorSplitBatch,
  ConnectorSplitSource,
  RecordCursor,
} from '../spi/index.js'
import type { SpiCallName } from './spi-call.js'

interface OpenResource {
  readonly kind: string
  readonly openedBy: SpiCallName
  /** Calls that have not been answered. */
  pending: number
  ended: boolean
  finished: boolean
}

/** Calls after which nothing is to be asked of a resource any more. */
const ENDING: Readonly<Record<string, readonly string[]>> = {
  splitSource: ['close'],
  pageSource: ['close'],
  cursor: ['close'],
  pageSink: ['abort', 'finish'],
  mergeSink: ['abort', 'finish'],
}
/** Calls that may not come while another is pending; close and abort may. */
const EXCLUSIVE: ReadonlySet<SpiCallName> = new Set([
  'splitSource.getNextBatch',
  'pageSource.getNextPage',
  'pageSink.appendPage',
  'pageSink.finish',
  'mergeSink.storeMergedRows',
  'mergeSink.finish',
])

/** What the engine has opened in a connector, and whether it keeps to the order that the contract promises. */
export class ResourceLedger {
  readonly #resources = new Map<object, OpenResource>()
  readonly #transactions = new Map<string, number>()
  #transactionCount = 0

  opened(kind: string, resource: object, openedBy: SpiCallName): void {
    if (ENDING[kind] === undefined || this.#resources.has(resource)) return
    this.#resources.set(resource, { kind, openedBy, pending: 0, ended: false, finished: false })
  }

  isEnding(call: SpiCallName): boolean {
    const [kind, method] = split(call)
    if (kind === 'connector') return method === 'rollback' || method === 'shutdown'
    return method !== 'finish' && (ENDING[kind]?.includes(method) ?? false)
  }

  /** @returns the rule that the call breaks */
  beforeCall(target: object, call: SpiCallName, args: readonly unknown[]): string | undefined {
    const resource = this.#resources.get(target)
    if (call === 'connector.commit' || call === 'connector.rollback') {
      if ((target as Connector).beginTransaction === undefined) return undefined
      return this.#transactionEnds(call, args[0])
    }
    if (resource === undefined) return undefined
    const [, method] = split(call)
    const isEnding = ENDING[resource.kind]!.includes(method)
    // A sink whose finish failed is aborted.
    const isAbort = method === 'abort' && !resource.finished
    if (resource.ended && !(isAbort && isEnding)) {
      const what = isEnding ? `${method} was called twice` : `${method} was called after its end`
      return `${resource.kind}: ${what}`
    }
    const wasPending = resource.pending > 0
    resource.pending += 1
    if (isEnding) resource.ended = true
    if (wasPending && EXCLUSIVE.has(call)) {
      return `${call}: called while another call was pending`
    }
    return undefined
  }

  failedCall(target: object, call: SpiCallName): void {
    const resource = this.#resources.get(target)
    if (resource === undefined) return
    resource.pending -= 1
    if (split(call)[1] === 'finish') {
      // The abort that follows ends it.
      resource.ended = false
      return
    }
    if (resource.ended) this.#resources.delete(target)
  }

  answeredCall(
    target: object,
    call: SpiCallName,
    args: readonly unknown[],
    value: unknown,
  ): string | undefined {
    if (call === 'connector.beginTransaction') {
      const key = keyOf(value)
      this.#transactions.set(key, (this.#transactions.get(key) ?? 0) + 1)
      this.#transactionCount += 1
      return undefined
    }
    const resource = this.#resources.get(target)
    if (resource !== undefined) {
      resource.pending -= 1
      if (split(call)[1] === 'finish') resource.finished = true
      if (resource.ended) this.#resources.delete(target)
    }
    if (call === 'splitSource.getNextBatch') {
      const { splits, noMoreSplits } = value as ConnectorSplitBatch
      const maxSize = Number(args[0])
      if (!Array.isArray(splits) || typeof noMoreSplits !== 'boolean') {
        return `${call}: gives splits and noMoreSplits`
      }
      if (splits.length > maxSize) {
        return `${call}: gave ${splits.length} splits where at most ${maxSize} were asked for`
      }
    }
    return undefined
  }

  /** Closes what a call has opened that its caller will never know of; undefined where that is nothing. */
  closing(
    target: object,
    call: SpiCallName,
    answer: unknown,
  ): (() => Awaitable<void> | undefined) | undefined {
    const [, method] = split(call)
    if (call === 'connector.beginTransaction') {
      this.#forgetTransaction(answer)
      return () => (target as Connector).rollback?.(answer)
    }
    if (method === 'getSplits' || method === 'getTableFunctionSplits') {
      return () => (answer as ConnectorSplitSource).close()
    }
    if (method === 'createPageSource' || method === 'createSplitProcessor') {
      return () => (answer as ConnectorPageSource).close()
    }
    if (method === 'cursor') return () => (answer as RecordCursor).close()
    if (/^create\w*Sink$/.test(method)) return () => (answer as ConnectorPageSink).abort()
    return undefined
  }

  /** What is open, in words; it is forgotten. */
  takeOpen(): string[] {
    const open = [...this.#resources.values()].map(
      ({ kind, openedBy }) => `${kind} of ${openedBy} was never closed`,
    )
    this.#resources.clear()
    if (this.#transactionCount > 0) {
      open.push(`${this.#transactionCount} transactions were neither committed nor rolled back`)
    }
    this.#transactions.clear()
    this.#transactionCount = 0
    return open
  }

  get isEmpty(): boolean {
    return this.#resources.size === 0 && this.#transactionCount === 0
  }

  #transactionEnds(call: SpiCallName, transaction: unknown): string | undefined {
    return this.#forgetTransaction(transaction)
      ? undefined
      : `${call}: the transaction has ended before, or never began`
  }

  #forgetTransaction(transaction: unknown): boolean {
    const key = keyOf(transaction)
    const count = this.#transactions.get(key) ?? 0
    if (count === 0) return false
    if (count === 1) this.#transactions.delete(key)
    else this.#transactions.set(key, count - 1)
    this.#transactionCount -= 1
    return true
  }
}

function split(call: SpiCallName): readonly [string, string] {
  const dot = call.indexOf('.')
  return [call.slice(0, dot), call.slice(dot + 1)]
}

const keyOf = (transaction: unknown): string => {
  try {
    return JSON.stringify(transaction, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) ?? 'none'
  } catch {
    // A handle that is no plain data is reported where it is given out.
    return String(transaction)
  }
}
