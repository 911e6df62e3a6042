import { copyBlock } from '../../operators/kernels/import.js'
import {
  type Arena,
  type Connector,
  type ConnectorSession,
  MAX_PAGE_ROWS,
  MillraceError,
  type Page,
  type TableFunctionDataProcessor,
} from '../../spi/index.js'
import { type PageStream, WAIT } from '../page-stream.js'
import type { TableFunctionArgumentSpec, TableFunctionSource } from '../pipeline.js'
import { type Combination, combinationsOf } from '../table-function/combinations.js'
import { outputPage, type PassedRows } from '../table-function/output-page.js'
import {
  type Partition,
  PartitionBorders,
  pagesOf,
  partitionsOf,
  slicePage,
} from '../table-function/partitions.js'

export interface TableFunctionEnvironment {
  createArena(): Arena
  readonly connector: Connector | Promise<Connector>
  session(): ConnectorSession
  isCancelled(): boolean
}

/**
 * Runs a table function over its table arguments: for each combination of their partitions a processor of the connector. Rows of
 * a single argument flow through as they come; what a function may pass on by its number, and partitions that are combined
 * with others, are held whole.
 * @source Trino TableFunctionOperator
 */
export class TableFunctionStream implements PageStream {
  readonly #spec: TableFunctionSource
  readonly #inputs: readonly PageStream[]
  readonly #environment: TableFunctionEnvironment
  readonly #abort: AbortController
  readonly #arenas = new Set<Arena>()
  readonly #output: Arena
  readonly #scratch: Arena
  readonly #pages: AsyncGenerator<Page, void>
  #processor: TableFunctionDataProcessor | undefined
  #pending: Promise<void> | undefined
  #arrived: { readonly page: Page | undefined } | undefined
  #closed = false

  /** @param inputs the rows of each table argument, partition after partition; closed with the stream */
  constructor(
    spec: TableFunctionSource,
    inputs: readonly PageStream[],
    environment: TableFunctionEnvironment,
    abort: AbortController,
  ) {
    this.#spec = spec
    this.#inputs = inputs
    this.#environment = environment
    this.#abort = abort
    this.#output = this.#createArena()
    this.#scratch = this.#createArena()
    const [first] = spec.inputs
    const isAlone = spec.inputs.length === 1
    this.#pages =
      isAlone && (!first!.argument.passesThrough || first!.argument.rowSemantics)
        ? this.#flowing(first!.argument)
        : isAlone
          ? this.#wholePartitions(first!.argument)
          : this.#combined()
  }

  next(): Page | typeof WAIT | undefined {
    const arrived = this.#arrived
    if (arrived !== undefined) {
      // The end stays.
      if (arrived.page !== undefined) this.#arrived = undefined
      return arrived.page
    }
    this.#pending ??= this.#pages
      .next()
      .then(({ done, value }) => {
        this.#arrived = { page: done === true ? undefined : (value as Page) }
      })
      .finally(() => {
        this.#pending = undefined
      })
    // The driver awaits it through ready(); a driver that is closed meanwhile must not leave it unhandled.
    this.#pending.catch(() => undefined)
    return WAIT
  }

  ready(): Promise<void> {
    return this.#pending ?? Promise.resolve()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#abort.abort()
    try {
      // What still waits for an answer of the function finds itself closed, and goes no further.
      this.#pages.return().catch(() => undefined)
      await this.#closeProcessor()
    } finally {
      await Promise.all(this.#inputs.map((input) => input.close()))
      for (const arena of this.#arenas) arena.close()
    }
  }

  #createArena(): Arena {
    const arena = this.#environment.createArena()
    this.#arenas.add(arena)
    return arena
  }

  #closeArena(arena: Arena): void {
    // Those that are left when the stream is closed are closed there.
    if (this.#arenas.delete(arena) && !this.#closed) arena.close()
  }

  /** An argument of which nothing needs to be held but, of its partition, the first row. */
  async *#flowing(argument: TableFunctionArgumentSpec): AsyncGenerator<Page, void> {
    const borders = new PartitionBorders(argument)
    const kept = this.#createArena()
    let rows: PassedRows | undefined
    let rowsBefore = 0
    for await (const page of this.#input(0)) {
      this.#scratch.reset()
      for (const { from, to, starts } of borders.runs(page)) {
        const slice = slicePage(page, from, to - from, this.#scratch)
        if (starts) {
          yield* this.#finish([rows])
          await this.#open()
          rowsBefore = 0
          kept.reset()
          const first = slicePage(slice, 0, 1, kept)
          // What is not passed on is not read again.
          const blocks = first.blocks.map((block, channel) =>
            argument.passed.includes(channel) ? copyBlock(block, kept) : block,
          )
          rows = { blocks, firstRow: 0, rowCount: 1 }
        }
        const { rowCount, blocks } = slice
        if (argument.passesThrough) rows = { blocks, firstRow: rowsBefore, rowCount }
        yield* this.#process([requiredOf(slice, argument)], [rows])
        if (argument.passesThrough) rows = undefined
        rowsBefore += rowCount
      }
    }
    this.#throwIfOver()
    if (rowsBefore === 0 && !argument.pruneWhenEmpty) await this.#open()
    yield* this.#finish([rows])
  }

  async *#wholePartitions(argument: TableFunctionArgumentSpec): AsyncGenerator<Page, void> {
    let isEmpty = true
    const createArena = () => this.#createArena()
    for await (const { partition, arena } of partitionsOf(this.#input(0), argument, createArena)) {
      isEmpty = false
      yield* this.#run([partition])
      this.#closeArena(arena)
    }
    this.#throwIfOver()
    if (isEmpty && !argument.pruneWhenEmpty) yield* this.#run([undefined])
  }

  async *#combined(): AsyncGenerator<Page, void> {
    const specs = this.#spec.inputs.map(({ argument }) => argument)
    const partitions: Partition[][] = []
    for (const [i, argument] of specs.entries()) {
      const own: Partition[] = []
      partitions.push(own)
      const createArena = () => this.#createArena()
      for await (const { partition } of partitionsOf(this.#input(i), argument, createArena)) {
        own.push(partition)
      }
    }
    this.#throwIfOver()
    for (const combination of combinationsOf(partitions, specs, this.#spec.copartitions)) {
      yield* this.#run(combination)
    }
  }

  /** One processor over whole partitions. */
  async *#run(combination: Combination<Partition>): AsyncGenerator<Page, void> {
    await this.#open()
    const rows = combination.map((partition) =>
      partition === undefined ? undefined : { ...partition, firstRow: 0 },
    )
    const longest = Math.max(...combination.map((partition) => partition?.rowCount ?? 0))
    for (let from = 0; from < longest; from += MAX_PAGE_ROWS) {
      this.#scratch.reset()
      const pages = combination.map((partition, i) => {
        const count = Math.min((partition?.rowCount ?? 0) - from, MAX_PAGE_ROWS)
        if (partition === undefined || count <= 0) return undefined
        const { argument } = this.#spec.inputs[i]!
        return slicePage(requiredOf(partition, argument), from, count, this.#scratch)
      })
      yield* this.#process(pages, rows)
    }
    yield* this.#finish(rows)
  }

  async *#input(index: number): AsyncGenerator<Page, void> {
    for await (const page of pagesOf(this.#inputs[index]!)) {
      this.#throwIfOver()
      yield page
    }
  }

  async #open(): Promise<void> {
    const { connector, session } = this.#environment
    const { handle, name } = this.#spec.function
    const provider = (await connector)
      .getFunctionProvider?.()
      .getTableFunctionProcessorProvider(handle)
    const processor = await provider?.getDataProcessor?.(session(), handle, this.#abort.signal)
    if (processor === undefined) {
      const message = `Connector has no data processor for its table function: ${name}`
      throw new MillraceError('FUNCTION_IMPLEMENTATION_MISSING', message)
    }
    this.#processor = processor
    // It came after the stream was closed.
    if (this.#closed) await this.#closeProcessor()
    this.#throwIfOver()
  }

  async *#process(
    input: readonly (Page | undefined)[],
    rows: readonly (PassedRows | undefined)[],
  ): AsyncGenerator<Page, void> {
    for await (const page of this.#processor!.process(input)) {
      this.#throwIfOver()
      if (page.rowCount === 0) continue
      this.#output.reset()
      yield outputPage(page, this.#spec, rows, this.#output)
    }
    this.#throwIfOver()
  }

  /** Tells the processor, if there is one, that its rows have ended. */
  async *#finish(rows: readonly (PassedRows | undefined)[]): AsyncGenerator<Page, void> {
    if (this.#processor === undefined) return
    yield* this.#process(
      this.#spec.inputs.map(() => undefined),
      rows,
    )
    await this.#closeProcessor()
  }

  async #closeProcessor(): Promise<void> {
    const processor = this.#processor
    this.#processor = undefined
    await processor?.close?.()
  }

  /** The inputs of a cancelled query end early: a processor must not take that for the end of its rows. */
  #throwIfOver(): void {
    if (this.#closed || this.#environment.isCancelled()) {
      throw new MillraceError('USER_CANCELED', 'Query was canceled')
    }
  }
}

const requiredOf = (
  page: Pick<Page, 'rowCount' | 'blocks'>,
  { required }: TableFunctionArgumentSpec,
): Page => ({
  rowCount: page.rowCount,
  blocks: required.map((channel) => page.blocks[channel]!),
})
