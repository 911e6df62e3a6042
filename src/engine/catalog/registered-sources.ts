import {
  createInlineConnector,
  INLINE_SCHEMA,
  InlineTables,
} from '../../connectors/inline/connector.js'
import type { InlineColumn } from '../../connectors/inline/inline-table.js'
import { parseType } from '../../expressions/type-signature.js'
import type { ResolvedTable } from '../../planner/metadata.js'
import type { Connector } from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'
import { resolveTable } from './metadata.js'
import type { RegisteredColumn, RegisteredSource, RegisterOptions } from './registered-source.js'

/** The catalog of registered sources, which no statement names. */
export const REGISTERED_CATALOG = '$registered'

/** Sources that the program registered: tables by their bare name, in front of all others. */
export class RegisteredSources {
  readonly connector: Connector
  readonly #tables = new InlineTables()
  readonly #changed: () => void

  /** @param changed called whenever what a bare name means may have changed */
  constructor(changed: () => void) {
    this.#changed = changed
    this.connector = createInlineConnector(this.#tables)
  }

  /** @throws TYPE_MISMATCH for what is no source, DUPLICATE_COLUMN_NAME, TYPE_NOT_FOUND */
  register(
    name: string,
    source: RegisteredSource,
    columns: readonly RegisteredColumn[] | undefined,
    options: RegisterOptions,
  ): void {
    this.#tables.register(name, source, {
      ...options,
      ...(columns === undefined ? {} : { columns: columns.map(inlineColumn) }),
    })
    this.#changed()
  }

  unregister(name: string): boolean {
    const isRemoved = this.#tables.unregister(name)
    if (isRemoved) this.#changed()
    return isRemoved
  }

  get names(): readonly string[] {
    return this.#tables.names
  }

  /** The table of a bare name, in lower case; undefined where nothing is registered by it. */
  async resolve(name: string, context: QueryContext): Promise<ResolvedTable | undefined> {
    if (this.#tables.find(name) === undefined) return undefined
    return resolveTable(context, { catalog: REGISTERED_CATALOG, schema: INLINE_SCHEMA, name })
  }
}

const inlineColumn = ({ name, type }: RegisteredColumn): InlineColumn => ({
  name,
  type: typeof type === 'string' ? parseType(type) : type,
})
