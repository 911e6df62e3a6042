import { evaluateConstant } from '../../expressions/interpreter.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import type { SessionContext } from '../../expressions/session-context.js'
import { type Arena, createBlockBuilder, MAX_PAGE_ROWS, type Page } from '../../spi/index.js'
import type { PageStream } from '../page-stream.js'
import type { ValuesSource } from '../pipeline.js'

/** Rows that stand in the plan. */
export class ValuesStream implements PageStream {
  readonly #spec: ValuesSource
  readonly #arena: Arena
  readonly #registry: FunctionRegistry
  readonly #session: SessionContext
  #nextRow = 0

  constructor(
    spec: ValuesSource,
    arena: Arena,
    registry: FunctionRegistry,
    session: SessionContext,
  ) {
    this.#spec = spec
    this.#arena = arena
    this.#registry = registry
    this.#session = session
  }

  next(): Page | undefined {
    const rows = this.#spec.rows.slice(this.#nextRow, this.#nextRow + MAX_PAGE_ROWS)
    if (rows.length === 0) return undefined
    this.#nextRow += rows.length
    this.#arena.reset()
    const blocks = this.#spec.types.map((type, channel) => {
      const builder = createBlockBuilder(type, this.#arena)
      for (const row of rows) {
        builder.append(
          evaluateConstant(row[channel]!, { registry: this.#registry, session: this.#session }),
        )
      }
      return builder.build()
    })
    return { rowCount: rows.length, blocks }
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  close(): void {
    this.#arena.close()
  }
}
