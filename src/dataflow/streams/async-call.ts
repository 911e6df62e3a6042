import type { AsyncEvaluator } from '../../expressions/function-definition.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { copyBlock } from '../../operators/kernels/import.js'
import {
  type Arena,
  assert,
  createBlockBuilder,
  type Page,
  readValue,
  type SqlType,
  type Value,
} from '../../spi/index.js'
import { type PageStream, WAIT } from '../page-stream.js'
import type { AsyncCallSpec } from '../pipeline.js'
import { slicePage } from '../table-function/partitions.js'

/** Rows between the first without an answer and the last that is asked for: a slow call does not hold up the others at once. */
const ROWS_PER_CALL = 4
const ROWS_MIN = 64
/** Answers that come within this time go on as one page. */
const GATHER_MILLIS = 2

/** A page of the input, some of whose rows wait for answers. */
interface HeldPage {
  readonly page: Page
  readonly arena: Arena
  /** Number of its first row in the stream. */
  readonly firstRow: number
  /** Answers, by call and position. */
  readonly answers: readonly Value[][]
  /** Calls without an answer, by position. */
  readonly missing: Uint8Array
  next: HeldPage | undefined
}

/** A call of the node: the rows it is made for, one after another, several at once. */
interface Lane {
  readonly index: number
  readonly evaluator: AsyncEvaluator
  readonly args: readonly number[]
  readonly returnType: SqlType
  readonly callsForNulls: boolean
  /** The next row to ask for. */
  nextRow: number
  /** Where that row is, or the page before it. */
  held: HeldPage | undefined
  underWay: number
}

/**
 * Makes asynchronous calls for the rows of its input: as many at once as each function allows, over the borders of pages too. Rows
 * keep their order and go on as soon as they have their answers; what is held is bounded by rows. A call that fails does so when
 * its row's turn comes.
 */
export class AsyncCallStream implements PageStream {
  readonly #input: PageStream
  readonly #createArena: () => Arena
  readonly #abort: AbortController
  readonly #lanes: readonly Lane[]
  readonly #output: Arena
  readonly #rowsMax: number
  #first: HeldPage | undefined
  #last: HeldPage | undefined
  /** Of pages that have gone on whole: freed when the next one is asked for. */
  #used: Arena | undefined
  /** Rows that have come, that have all answers without a gap, and that have gone on. */
  #cameRows = 0
  #answeredRows = 0
  #emittedRows = 0
  #hasEnded = false
  #inputReady: Promise<void> | undefined
  #inputFailure: { readonly error: unknown } | undefined
  /** The first call that failed, by its row. */
  #failure: { readonly row: number; readonly error: unknown } | undefined
  #isAwake = false
  #resume: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  /** @param input closed with the stream */
  constructor(
    calls: readonly AsyncCallSpec[],
    input: PageStream,
    registry: FunctionRegistry,
    createArena: () => Arena,
    abort: AbortController,
  ) {
    this.#input = input
    this.#createArena = createArena
    this.#abort = abort
    this.#output = createArena()
    this.#lanes = calls.map((call, index) => laneOf(call, index, registry))
    const concurrency = Math.max(...this.#lanes.map((lane) => lane.evaluator.concurrency))
    this.#rowsMax = Math.max(ROWS_MIN, ROWS_PER_CALL * concurrency)
    abort.signal.addEventListener('abort', () => this.#wake(), { once: true })
  }

  next(): Page | typeof WAIT | undefined {
    this.#isAwake = false
    this.#used?.close()
    this.#used = undefined
    if (this.#abort.signal.aborted) return undefined
    this.#ask()
    while (this.#wantsRows() && this.#takePage()) this.#ask()
    if (this.#inputFailure !== undefined) throw this.#inputFailure.error
    if (this.#answeredRows > this.#emittedRows) return this.#emit()
    if (this.#failure?.row === this.#emittedRows) throw this.#failure.error
    return this.#hasEnded && this.#emittedRows === this.#cameRows ? undefined : WAIT
  }

  ready(): Promise<void> {
    if (this.#isAwake) return Promise.resolve()
    return new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#abort.abort()
    try {
      await this.#input.close()
    } finally {
      this.#used?.close()
      for (let held = this.#first; held !== undefined; held = held.next) held.arena.close()
      this.#output.close()
    }
  }

  /** Whether a call could be made if there were rows. */
  #wantsRows(): boolean {
    return (
      !this.#hasEnded &&
      this.#inputReady === undefined &&
      this.#inputFailure === undefined &&
      this.#failure === undefined &&
      this.#cameRows - this.#emittedRows < this.#rowsMax &&
      this.#lanes.some((lane) => lane.nextRow === this.#cameRows && hasRoom(lane))
    )
  }

  /** Takes a page of the input, copied: its rows are kept while others come. @returns false where there is none now */
  #takePage(): boolean {
    const page = this.#input.next()
    if (page === undefined) {
      this.#hasEnded = true
      return false
    }
    if (page === WAIT) {
      this.#inputReady = this.#input.ready().then(
        () => {
          this.#inputReady = undefined
          this.#wake()
        },
        (error: unknown) => {
          this.#inputFailure = { error }
          this.#wake()
        },
      )
      return false
    }
    const arena = this.#createArena()
    const { rowCount } = page
    const held: HeldPage = {
      page: { rowCount, blocks: page.blocks.map((block) => copyBlock(block, arena)) },
      arena,
      firstRow: this.#cameRows,
      answers: this.#lanes.map(() => new Array<Value>(rowCount).fill(null)),
      missing: new Uint8Array(rowCount).fill(this.#lanes.length),
      next: undefined,
    }
    if (this.#last === undefined) this.#first = held
    else this.#last.next = held
    this.#last = held
    for (const lane of this.#lanes) lane.held ??= held
    this.#cameRows += rowCount
    return true
  }

  /** Makes the calls that may be made now. */
  #ask(): void {
    if (this.#closed) return
    for (const lane of this.#lanes) {
      while (hasRoom(lane) && lane.nextRow < this.#askedMax()) this.#call(lane)
    }
  }

  /** One past the last row that may be asked for. */
  #askedMax(): number {
    return Math.min(
      this.#cameRows,
      this.#emittedRows + this.#rowsMax,
      this.#failure?.row ?? Number.POSITIVE_INFINITY,
    )
  }

  #call(lane: Lane): void {
    const row = lane.nextRow++
    let { held } = lane
    while (held !== undefined && row >= held.firstRow + held.page.rowCount) held = held.next
    assert(held !== undefined, 'the page of a row that has come')
    lane.held = held
    const position = row - held.firstRow
    const values = lane.args.map((channel) => readValue(held.page.blocks[channel]!, position))
    if (!lane.callsForNulls && values.includes(null)) {
      this.#answer(held, position)
      return
    }
    lane.underWay += 1
    lane.evaluator.call(values, this.#abort.signal).then(
      (value) => {
        lane.underWay -= 1
        held.answers[lane.index]![position] = value
        this.#answer(held, position)
        this.#goOn()
      },
      (error: unknown) => {
        lane.underWay -= 1
        if (row < (this.#failure?.row ?? Number.POSITIVE_INFINITY)) this.#failure = { row, error }
        this.#goOn()
      },
    )
  }

  #answer(held: HeldPage, position: number): void {
    held.missing[position]! -= 1
    if (held.firstRow + position !== this.#answeredRows) return
    let page: HeldPage | undefined = held
    while (page !== undefined) {
      let next: number = this.#answeredRows - page.firstRow
      while (next < page.page.rowCount && page.missing[next] === 0) next += 1
      this.#answeredRows = page.firstRow + next
      page = next < page.page.rowCount ? undefined : page.next
    }
  }

  /** After an answer: asks on, and wakes the driver where there is something for it. */
  #goOn(): void {
    if (this.#closed) return
    this.#ask()
    const fails = this.#failure?.row === this.#answeredRows
    const isIdle = this.#lanes.some((lane) => hasRoom(lane))
    if (fails || (isIdle && (this.#answeredRows > this.#emittedRows || this.#wantsRows()))) {
      this.#wake()
    } else if (this.#answeredRows > this.#emittedRows) {
      this.#timer ??= setTimeout(() => this.#wake(), GATHER_MILLIS)
    }
  }

  #wake(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isAwake = true
    this.#resume?.()
    this.#resume = undefined
  }

  /** The rows of the first page that have their answers. */
  #emit(): Page {
    const held = this.#first!
    const from = this.#emittedRows - held.firstRow
    const to = Math.min(held.page.rowCount, this.#answeredRows - held.firstRow)
    this.#output.reset()
    const rows = slicePage(held.page, from, to - from, this.#output)
    const results = this.#lanes.map(({ index, returnType }) => {
      const builder = createBlockBuilder(returnType, this.#output)
      for (let position = from; position < to; position++) {
        builder.append(held.answers[index]![position]!)
      }
      return builder.build()
    })
    this.#emittedRows = held.firstRow + to
    if (to === held.page.rowCount) {
      this.#used = held.arena
      this.#first = held.next
      if (held.next === undefined) this.#last = undefined
      for (const lane of this.#lanes) if (lane.held === held) lane.held = held.next
    }
    return { rowCount: to - from, blocks: [...rows.blocks, ...results] }
  }
}

const hasRoom = (lane: Lane): boolean => lane.underWay < lane.evaluator.concurrency

function laneOf(call: AsyncCallSpec, index: number, registry: FunctionRegistry): Lane {
  const found = registry.find(call.function.id)
  assert(found.kind === 'scalar' && found.overload.async !== undefined, 'an asynchronous function')
  return {
    index,
    evaluator: found.overload.async,
    args: call.args,
    returnType: call.function.returnType,
    callsForNulls: found.overload.nulls === 'called',
    nextRow: 0,
    held: undefined,
    underWay: 0,
  }
}
