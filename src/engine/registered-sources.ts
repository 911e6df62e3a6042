import type { ResolvedTable } from '../planner/metadata.js'
import { MillraceError } from '../spi/index.js'
import type { QueryContext } from './query-context.js'

/** What `register` takes: rows as objects or arrays, pages, an Arrow table, or a function that makes one of those. */
export type RegisteredSource =
  | Iterable<unknown>
  | AsyncIterable<unknown>
  | (() => Iterable<unknown> | AsyncIterable<unknown>)

export interface RegisteredColumn {
  readonly name: string
  /** Such as `varchar(10)`. */
  readonly type: string
}
/** Sources that the program registered: tables by their bare name, in front of all others. */
export class RegisteredSources {
  readonly #changed: () => void

  /** @param changed called whenever what a bare name means may have changed */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  register(
    name: string,
    _source: RegisteredSource,
    _columns?: readonly RegisteredColumn[] | Readonly<Record<string, string>>,
  ): void {
    this.#changed()
    throw new MillraceError('NOT_SUPPORTED', `Sources cannot be registered yet: ${name}`)
  }

  unregister(_name: string): boolean {
    return false
  }

  async resolve(_name: string, _context: QueryContext): Promise<ResolvedTable | undefined> {
    return undefined
  }
}
