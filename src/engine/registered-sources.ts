import type { ResolvedTable } from '../planner/metadata.js'
import type { QueryContext } from './query-context.js'

/** Sources that the program registered: tables by their bare name, in front of all others. */
export class RegisteredSources {
  readonly #changed: () => void
  constructor(changed: () => void) {
    this.#changed = changed
  }
  async resolve(_name: string, _context: QueryContext): Promise<ResolvedTable | undefined> {
    void this.#changed
    return undefined
  }
}
