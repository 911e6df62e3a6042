import { tpchConnectorFactory } from '../../../../src/connectors/tpch/connector.js'
import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import { evaluateConstant } from '../../../../src/expressions/interpreter.js'
import { neverFails } from '../../../../src/expressions/never-fails.js'
import type { FunctionRegistry } from '../../../../src/expressions/registry.js'
import { stateTypes } from '../../../../src/operators/aggregation/aggregation.js'
import { analyzeAndPlan } from '../../../../src/planner/logical-planner/logical-planner.js'
import type { MetadataResolver, PlannerSession } from '../../../../src/planner/metadata.js'
import type { QueryCatalog } from '../../../../src/planner/optimizer/connector-metadata.js'
import { connectorOptimizerMetadata } from '../../../../src/planner/optimizer/connector-metadata.js'
import type {
  OptimizerContext,
  OptimizerEnvironment,
  OptimizerSession,
  OptimizerWarning,
} from '../../../../src/planner/optimizer/context.js'
import { optimizerContext } from '../../../../src/planner/optimizer/context.js'
import { optimize } from '../../../../src/planner/optimizer/optimizer.js'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import type { OutputNode } from '../../../../src/planner/plan/node.js'
import { planNodeIdAllocator } from '../../../../src/planner/plan/node.js'
import { symbolAllocator } from '../../../../src/planner/plan/symbol.js'
import type {
  ConnectorContext,
  ConnectorMetadata,
  ConnectorSession,
} from '../../../../src/spi/index.js'
import { heapArena } from '../../../../src/spi/index.js'

const SESSION: OptimizerSession = {
  joinReorderingStrategy: 'AUTOMATIC',
  maxReorderedJoins: 9,
  enableDynamicFiltering: true,
  complexExpressionPushdown: true,
  allowPushdownIntoConnectors: true,
  extendedDecorrelation: true,
  shareSubplans: true,
  pushPartialAggregationThroughJoin: true,
  pushAggregationThroughOuterJoin: true,
}

/** Planning over real connectors, for tests of the optimizer. */
export const registry: FunctionRegistry = builtinRegistry()

export const connectorSession: ConnectorSession = {
  queryId: 'test',
  identity: { user: 'test', groups: [] },
  user: 'test',
  timeZone: 'UTC',
  locale: 'en-US',
  startMillis: 1_600_000_000_000,
  signal: new AbortController().signal,
  getProperty: (property) => property.defaultValue as never,
}

const connectorContext: ConnectorContext = {
  version: 'test',
  nodeId: 'test',
  isCoordinator: true,
  pageStore: {
    store: () => {
      throw new Error('no pages here')
    },
    load: () => {
      throw new Error('no pages here')
    },
    release: () => {},
  },
  memoryLimitBytes: 1 << 30,
  createArena: heapArena,
  getType: () => {
    throw new Error('no types here')
  },
}

export type Catalogs = ReadonlyMap<string, ConnectorMetadata>

/** The catalogs `tpch` and `tpchstd` of the conformance cases. */
export async function tpchCatalogs(): Promise<Catalogs> {
  const plain = await tpchConnectorFactory.create('tpch', {}, connectorContext)
  const standard = await tpchConnectorFactory.create(
    'tpchstd',
    { 'tpch.column-naming': 'STANDARD', 'tpch.double-type-mapping': 'DECIMAL' },
    connectorContext,
  )
  return new Map([
    ['tpch', plain.getMetadata(connectorSession, null)],
    ['tpchstd', standard.getMetadata(connectorSession, null)],
  ])
}

export function environment(
  catalogs: Catalogs,
  options: {
    readonly session?: Partial<OptimizerSession>
    readonly warnings?: OptimizerWarning[]
    readonly trace?: OptimizerEnvironment['trace']
  } = {},
): OptimizerEnvironment {
  return {
    metadata: connectorOptimizerMetadata(registry, (name): QueryCatalog => {
      const metadata = catalogs.get(name)
      if (metadata === undefined) throw new Error(`no catalog ${name}`)
      return { metadata, session: connectorSession }
    }),
    session: { ...SESSION, ...options.session },
    symbols: symbolAllocator(),
    ids: planNodeIdAllocator(),
    evaluate: (expression) => evaluateConstant(expression, { registry }),
    neverFails: (expression) => neverFails(expression, registry),
    stateTypes: (aggregate) =>
      stateTypes(aggregate, (resolved) => registry.intermediateType(resolved)),
    warn: (warning) => options.warnings?.push(warning),
    ...(options.trace === undefined ? {} : { trace: options.trace }),
  }
}

export const testContext = (catalogs: Catalogs = new Map()): OptimizerContext =>
  optimizerContext(environment(catalogs))

/** A resolver over connectors' metadata, as the engine makes one. */
function resolver(catalogs: Catalogs): MetadataResolver {
  return {
    catalogExists: async (catalog) => catalogs.has(catalog),
    schemaExists: async () => true,
    getRelation: async (name) => {
      const metadata = catalogs.get(name.catalog)
      const handle = await metadata?.getTableHandle(connectorSession, {
        schema: name.schema,
        table: name.name,
      })
      if (metadata === undefined || handle === undefined) return undefined
      const table = await metadata.getTableMetadata(connectorSession, handle)
      const handles = await metadata.getColumnHandles(connectorSession, handle)
      return {
        kind: 'table',
        name,
        table: { catalog: name.catalog, schema: name.schema, table: name.name, handle },
        columns: table.columns.map((column) => ({
          name: column.name,
          type: column.type,
          handle: handles.get(column.name),
          ...(column.hidden === undefined ? {} : { hidden: column.hidden }),
        })),
      }
    },
  }
}

export interface Planned {
  readonly logical: OutputNode
  readonly plan: OutputNode
  readonly context: OptimizerContext
}

/** Parses, analyzes, plans and optimises a query. */
export async function planQuery(
  sql: string,
  catalogs: Catalogs,
  at: { readonly catalog: string; readonly schema: string },
  options: Parameters<typeof environment>[1] = {},
): Promise<Planned> {
  const session: PlannerSession = {
    user: 'test',
    ...at,
    timeZone: 'UTC',
    startMillis: connectorSession.startMillis,
  }
  const logical = await analyzeAndPlan(parseStatement(sql), {
    metadata: resolver(catalogs),
    session,
    registry,
  })
  const env: OptimizerEnvironment = {
    ...environment(catalogs, options),
    symbols: logical.symbolAllocator,
    ids: logical.idAllocator,
  }
  const plan = await optimize(logical.root, env)
  const context = optimizerContext(env)
  await context.tables.load(plan)
  return { logical: logical.root, plan, context }
}
