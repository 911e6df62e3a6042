import type { ConfigOf, ConfigSchema } from '../config/config.js'
import { parseConfig } from '../config/config.js'
import type { PropertyMetadata } from '../config/property.js'
import type { Connector, ConnectorContext, ConnectorFactory } from '../connector/connector.js'
import type { Plugin } from '../connector/plugin.js'
import type { ConnectorSortItem } from '../metadata/pushdown.js'
import type { Awaitable } from '../metadata/schema.js'
import type { Page } from '../page/page.js'
import type { Domain } from '../predicate/domain.js'
import type { DefinedAggregation } from './defined-connector.js'
import { createDefinedConnector, type DefinedTable, type ScanRequest } from './defined-connector.js'
import type { RowSource } from './row-reader.js'

/**
 * A connector in one object: tables, and a function that gives their rows.
 *
 *     export default defineConnector({
 *       name: 'hello',
 *       config: { 'hello.count': integerConfig({ description: 'Rows', default: '10' }) },
 *       tables: { greetings: { columns: { id: 'bigint', text: 'varchar' } } },
 *       async *rows({ config }) {
 *         for (let id = 0; id < config['hello.count']; id++) yield { id, text: `hello ${id}` }
 *       },
 *     })
 *
 * Rows are objects by column name or arrays in the order of `request.columns`; values are JavaScript's, see
 * {@link valueConverter}. Whatever is not declared the engine does itself.
 */
export interface ConnectorDefinition<S extends ConfigSchema, State> {
  readonly name: string
  /** The {@link SPI_VERSION} that the connector was written for, such as `1.0`. */
  readonly spiVersion?: string
  readonly config?: S
  /** By name, as `table` (in the schema `default`) or `schema.table`; or a function that finds them. */
  readonly tables: Tables | ((context: DefinitionContext<S, State>) => Awaitable<Tables>)
  /** Makes what all scans of a catalog and thread share, such as a client. */
  open?(config: ConfigOf<S>, context: ConnectorContext): Awaitable<State>
  close?(state: State): Awaitable<void>
  /** The rows of a scan, or of one split of it. */
  rows?(request: DefinedRequest<S, State>): RowSource | Promise<RowSource>
  /** Their pages, where rows would be too slow; blocks as `request.columns`. One of rows and pages is there. */
  pages?(request: DefinedRequest<S, State>): Iterable<Page> | AsyncIterable<Page>
  /** Parts of a scan that can be read at the same time, as plain values that come back as `request.split`. */
  splits?(
    request: DefinedRequest<S, State>,
  ): Iterable<unknown> | AsyncIterable<unknown> | Promise<Iterable<unknown>>
  /** Where a row comes from, such as `http://host/x.csv (line 7)`, for the message about a value that its column can't hold. */
  placeOf?(row: unknown, request: DefinedRequest<S, State>): string
  readonly pushdown?: DefinedPushdown
  readonly sessionProperties?: readonly PropertyMetadata[]
  /** True: rows can only be had in the thread that the program runs in. */
  readonly threadBound?: boolean
}

/** What rows() does itself. A hook that is absent or says false leaves the work to the engine. */
export interface DefinedPushdown {
  /**
   * Whether rows() leaves out rows with values of a column outside of the domain: `true` for all of them, `'some'` where the
   * engine has to check again. Accepted domains come as `request.filter`.
   */
  filter?(table: DefinedTable, column: string, domain: Domain): boolean | 'some'
  /** Whether rows() gives at most so many rows (`'some'`: it may give more), each split on its own. */
  limit?(table: DefinedTable, limit: number): boolean | 'some'
  /** Whether rows() gives the first rows of an order; comes as `request.orderBy` and `request.limit`. */
  topN?(table: DefinedTable, orderBy: readonly ConnectorSortItem[], limit: number): boolean | 'some'
  /** Whether rows() aggregates; comes as `request.aggregation`. Asked only where there are no splits. */
  aggregate?(table: DefinedTable, aggregation: DefinedAggregation): boolean
}

export type Tables = Readonly<Record<string, TableDefinition>>
export interface TableDefinition {
  /** Types as SQL writes them, by name; or described. */
  readonly columns:
    | Readonly<Record<string, string>>
    | readonly {
        readonly name: string
        readonly type: string
        readonly nullable?: boolean
        readonly comment?: string
      }[]
  readonly comment?: string
  readonly rowCount?: number
  readonly unbounded?: boolean
  readonly requiredPredicateColumns?: readonly string[]
}

export interface DefinitionContext<S extends ConfigSchema, State> {
  readonly config: ConfigOf<S>
  readonly state: State
}
export interface DefinedRequest<S extends ConfigSchema, State>
  extends DefinitionContext<S, State>,
    ScanRequest {}

/** Makes a connector factory, which is also a plugin, of a definition. @throws TypeError for a definition that has no rows */
export function defineConnector<const S extends ConfigSchema = ConfigSchema, State = undefined>(
  definition: ConnectorDefinition<S, State>,
): ConnectorFactory & Plugin {
  if (definition.rows === undefined && definition.pages === undefined) {
    throw new TypeError(`Connector has neither rows nor pages: ${definition.name}`)
  }
  const factory: ConnectorFactory = {
    name: definition.name,
    properties: definition.config ?? {},
    async create(_catalogName, properties, context): Promise<Connector> {
      const config = parseConfig(definition.config ?? ({} as S), properties)
      const state = (await definition.open?.(config, context)) as State
      const shared = { config, state }
      const { tables, rows, pages, splits, placeOf, close } = definition
      return createDefinedConnector({
        context,
        listTables: () => (typeof tables === 'function' ? tables(shared) : tables),
        ...(rows === undefined ? {} : { rows: (r) => rows.call(definition, { ...r, ...shared }) }),
        ...(pages === undefined
          ? {}
          : { pages: (r) => pages.call(definition, { ...r, ...shared }) }),
        ...(splits === undefined
          ? {}
          : { splits: (r) => splits.call(definition, { ...r, ...shared }) }),
        ...(placeOf === undefined
          ? {}
          : { placeOf: (row, r) => placeOf.call(definition, row, { ...r, ...shared }) }),
        pushdown: definition.pushdown ?? {},
        sessionProperties: definition.sessionProperties ?? [],
        threadBound: definition.threadBound ?? false,
        close: async () => close?.call(definition, state),
      })
    },
  }
  return {
    ...factory,
    ...(definition.spiVersion === undefined ? {} : { spiVersion: definition.spiVersion }),
    getConnectorFactories: () => [factory],
  }
}
