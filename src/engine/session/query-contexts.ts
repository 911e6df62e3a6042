import { assert } from '../../spi/index.js'
import type { QueryContext } from './query-context.js'

/** The contexts of queries under way, for connectors that ask the engine in the name of one. */
export class QueryContexts {
  readonly #contexts = new Map<string, QueryContext>()

  add(context: QueryContext): void {
    this.#contexts.set(context.queryId, context)
  }

  find(queryId: string): QueryContext | undefined {
    return this.#contexts.get(queryId)
  }

  get(queryId: string): QueryContext {
    const context = this.#contexts.get(queryId)
    assert(context !== undefined, `query ${queryId} is not under way`)
    return context
  }

  remove(queryId: string): void {
    this.#contexts.delete(queryId)
  }
}
