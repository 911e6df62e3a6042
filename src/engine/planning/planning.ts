import { canCoerce } from '../../expressions/coercion.js'
import { evaluate, evaluateConstant } from '../../expressions/interpreter.js'
import type { Expression as IrExpression } from '../../expressions/ir.js'
import { coerce } from '../../expressions/ir-build.js'
import { neverFails } from '../../expressions/never-fails.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { callsLoop } from '../../expressions/routine.js'
import { parseType } from '../../expressions/type-signature.js'
import { stateTypes } from '../../operators/aggregation/aggregation.js'
import {
  describeRoutine,
  type RoutineDescription,
} from '../../planner/analyzer/routine-registry.js'
import { Estimator } from '../../planner/cost/estimator.js'
import type { SymbolStatistics } from '../../planner/cost/statistics.js'
import { scansOf, TableStatisticsCache } from '../../planner/cost/table-statistics.js'
import { workEstimates } from '../../planner/cost/work-estimates.js'
import {
  describeInput,
  describeOutput,
  viewColumns,
} from '../../planner/logical-planner/describe.js'
import {
  analyzeAndPlan,
  type LogicalPlan,
  type PlanningOptions,
  withAnalysis,
} from '../../planner/logical-planner/logical-planner.js'
import type { QualifiedObjectName } from '../../planner/metadata.js'
import { connectorOptimizerMetadata } from '../../planner/optimizer/connector-metadata.js'
import { optimize } from '../../planner/optimizer/optimizer.js'
import type { Expression, NodeBase, Query, Statement } from '../../planner/parser/ast/index.js'
import { isStackOverflow } from '../../planner/parser/stack-overflow.js'
import type { OutputNode, PlanNode, TableScanNode } from '../../planner/plan/node.js'
import {
  assert,
  type ColumnStatistics,
  MillraceError,
  type SqlType,
  storageClass,
  typeName,
  typesEqual,
  type Value,
} from '../../spi/index.js'
import { resolveFiles } from '../catalog/local-files.js'
import { createMetadataResolver } from '../catalog/metadata.js'
import { type MetadataAnswer, recordMetadata } from '../catalog/recorded-metadata.js'
import type { RegisteredSources } from '../catalog/registered-sources.js'
import { sessionContext } from '../execution/plan-runner.js'
import type { ResultColumn } from '../result/result-column.js'
import type { ParameterValue, PlannedStatement } from '../services.js'
import { plannerSession, type QueryContext } from '../session/query-context.js'
import { propertyText } from '../session/session-properties.js'
import type { ColumnStats } from '../statements/show-object.js'
import type { StatementContext } from '../statements/statement.js'
import type { PlanCache } from './plan-cache.js'
import { pushRowChange } from './row-change-pushdown.js'
import { checkUnbounded } from './unbounded-check.js'

export interface PlanningServices {
  readonly functions: FunctionRegistry
  readonly cache: PlanCache
  readonly registered: RegisteredSources
}

const resolverOf = (services: PlanningServices, context: QueryContext) =>
  createMetadataResolver(context, {
    parseType,
    registered: (name) => services.registered.resolve(name, context),
    registeredNames: () => services.registered.names,
    files: (path) => resolveFiles(context, path),
  })

/** Analyses, plans and optimises a statement, or finds the plan of an earlier run of it that still holds. */
export async function planStatement(
  services: PlanningServices,
  statement: Statement,
  context: StatementContext,
): Promise<PlannedStatement> {
  const resolver = resolverOf(services, context)
  const cacheable = statement.kind === 'query' && context.parameters.length === 0
  if (cacheable) {
    const known = await services.cache.find(context, statement, resolver)
    if (known !== undefined) {
      await context.access?.checkUses(known.uses)
      await validateScans(known.plan, context)
      return known
    }
  }
  const answers: MetadataAnswer[] = []
  const metadata = cacheable ? recordMetadata(resolver, answers) : resolver
  const logical = await withinStack('analysis', () =>
    analyzeAndPlan(statement, { ...planningOptions(services, context), metadata }),
  )
  const optimized = await withinStack('planning', () => optimizePlan(services, logical, context))
  const plan = await pushRowChange(optimized, context)
  await refuseEndlessWaits(plan, context)
  await validateScans(plan, context)
  const estimator = await estimatorOf(services, plan, context)
  const planned: PlannedStatement = {
    plan,
    ...workEstimates(plan, scansOf(plan), estimator),
    columns: logical.columns,
    tables: logical.tables.map(({ table }) => table),
    uses: logical.uses,
  }
  if (cacheable) services.cache.add(context, statement, answers, logical, planned)
  return planned
}

/** Asks connectors whether the scans of a plan may run. @source Trino TableScanValidator */
async function validateScans(plan: OutputNode, context: StatementContext): Promise<void> {
  for (const { table } of scansOf(plan)) {
    const metadata = await context.metadata(table.catalog)
    await metadata.validateScan?.(context.connectorSession(table.catalog), table.handle)
  }
}

/**
 * Analysis and planning recurse over the statement: a chain of thousands of operators leaves no stack.
 * @throws STACK_OVERFLOW
 * @source Trino SqlQueryExecution
 */
async function withinStack<T>(phase: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!isStackOverflow(cause)) throw cause
    const message = `statement is too large (stack overflow during ${phase})`
    throw new MillraceError('STACK_OVERFLOW', message, { cause })
  }
}

const planningOptions = (
  services: PlanningServices,
  context: StatementContext,
): PlanningOptions => ({
  metadata: resolverOf(services, context),
  session: plannerSession(context),
  registry: services.functions,
  parameters: context.parameters,
  maxRecursionDepth: Number(propertyText(context.session, 'max_recursion_depth')),
  warn: (warning) => context.warn(warning),
  ...checkedAccess(context),
})

const checkedAccess = ({
  access,
}: QueryContext): Pick<PlanningOptions, 'checkAccess' | 'accessor'> =>
  access === undefined
    ? {}
    : {
        checkAccess: (uses) => access.checkUses(uses),
        ...(access.owner === undefined
          ? {}
          : { accessor: { owner: access.owner, passesOn: true } }),
      }

function optimizePlan(
  services: PlanningServices,
  logical: LogicalPlan,
  context: QueryContext,
): Promise<OutputNode> {
  const options = { registry: services.functions, session: sessionContext(context) }
  const setting = (name: string) => propertyText(context.session, name)
  return optimize(logical.root, {
    metadata: optimizerMetadata(services, context),
    session: {
      joinReorderingStrategy: setting('join_reordering_strategy').toUpperCase() as
        | 'NONE'
        | 'ELIMINATE_CROSS_JOINS'
        | 'AUTOMATIC',
      maxReorderedJoins: Number(setting('max_reordered_joins')),
      enableDynamicFiltering: setting('enable_dynamic_filtering') === 'true',
      complexExpressionPushdown: setting('complex_expression_pushdown') === 'true',
      allowPushdownIntoConnectors: setting('allow_pushdown_into_connectors') === 'true',
      extendedDecorrelation: setting('extended_decorrelation') === 'true',
      shareSubplans: setting('share_subplans') === 'true',
      pushPartialAggregationThroughJoin:
        setting('push_partial_aggregation_through_join') === 'true',
      pushAggregationThroughOuterJoin: setting('push_aggregation_through_outer_join') === 'true',
    },
    symbols: logical.symbolAllocator,
    ids: logical.idAllocator,
    evaluate(expression) {
      // Rules leave what can't be evaluated as it is.
      if (callsLoop(expression)) {
        throw new MillraceError('NOT_SUPPORTED', 'A loop is not evaluated while planning')
      }
      return evaluateConstant(expression, options)
    },
    neverFails: (expression) => neverFails(expression, services.functions),
    stateTypes: (aggregate) =>
      stateTypes(aggregate, (resolved) => services.functions.intermediateType(resolved)),
    warn: (warning) => context.warn(warning),
  })
}

/** The query `SELECT expression`, located where the expression is. */
const selectOf = (expression: Expression): Query => ({
  kind: 'query',
  location: expression.location,
  span: { start: 0, end: 0 },
  sessionProperties: [],
  functions: [],
  queryBody: {
    kind: 'values',
    location: expression.location,
    rows: [{ kind: 'row', location: expression.location, items: [expression] }],
  },
})

/** @throws NOT_SUPPORTED where something waits for the end of a source that has none */
async function refuseEndlessWaits(plan: OutputNode, context: QueryContext): Promise<void> {
  const unbounded = new Set<TableScanNode>()
  for (const scan of scansOf(plan)) {
    const { catalog, handle } = scan.table
    const { connector } = context.catalogs.get(catalog)
    // What other threads read has splits, and these an end.
    if (connector.threadBound !== true) continue
    const metadata = await context.metadata(catalog)
    const table = await metadata.getTableMetadata(context.connectorSession(catalog), handle)
    if (table.unbounded === true) unbounded.add(scan)
  }
  if (unbounded.size > 0) checkUnbounded(plan, (scan) => unbounded.has(scan))
}

/** An expression of a statement with the parameters that it has itself, counted from 0. */
function ownParameters(
  expression: Expression,
  parameters: readonly ParameterValue[],
): { readonly expression: Expression; readonly parameters: readonly ParameterValue[] } {
  const own: ParameterValue[] = []
  const renumber = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renumber)
    if (typeof value !== 'object' || value === null) return value
    if ('kind' in value && value.kind === 'parameter' && 'position' in value) {
      const parameter = parameters[Number(value.position)]
      if (parameter === undefined) return value
      own.push(parameter)
      return { ...value, position: own.length - 1 }
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renumber(item)]))
  }
  return parameters.length === 0
    ? { expression, parameters }
    : { expression: renumber(expression) as Expression, parameters: own }
}

/**
 * The value of an expression without columns.
 * @param type what it is coerced to
 * @throws what its analysis and evaluation throw; TYPE_MISMATCH where it can't be coerced
 */
export async function evaluateExpression(
  services: PlanningServices,
  expression: Expression,
  context: StatementContext,
  type: SqlType | undefined,
): Promise<{ readonly type: SqlType; readonly value: Value }> {
  const own = ownParameters(expression, context.parameters)
  const logical = await analyzeAndPlan(selectOf(own.expression), {
    ...planningOptions(services, context),
    parameters: own.parameters,
  })
  const options = { registry: services.functions, session: sessionContext(context) }
  const { outputs, source } = logical.root
  const output = outputs[0]!
  const evaluateSymbol = (node: PlanNode, name: string): Value => {
    const found = definitionOf(node, name)
    if (found === undefined) {
      throw new MillraceError('EXPRESSION_NOT_CONSTANT', 'Expression must be constant', {
        location: expression.location,
      })
    }
    return evaluate(
      found.expression,
      {
        channel: (): never => {
          assert(false, 'no channels in a constant')
        },
        symbol: (inner) => evaluateSymbol(found.below, inner),
      },
      options,
    )
  }
  const value = evaluateSymbol(source, output.name)
  if (type === undefined || typesEqual(type, output.type)) return { type: output.type, value }
  if (!canCoerce(output.type, type)) {
    throw new MillraceError(
      'TYPE_MISMATCH',
      `Cannot cast type ${typeName(output.type)} to ${typeName(type)}`,
      { location: expression.location },
    )
  }
  const constant: IrExpression = { kind: 'constant', type: output.type, value }
  return { type, value: evaluateConstant(coerce(constant, type), options) }
}

/** The expression that a symbol stands for in the plan of a single row. */
function definitionOf(
  node: PlanNode,
  name: string,
): { readonly expression: IrExpression; readonly below: PlanNode } | undefined {
  switch (node.kind) {
    case 'values': {
      const index = node.outputs.findIndex((symbol) => symbol.name === name)
      const expression = node.rows.length === 1 ? node.rows[0]![index] : undefined
      return expression === undefined ? undefined : { expression, below: node }
    }
    case 'project': {
      const found = node.assignments.find((assignment) => assignment.symbol.name === name)
      return found === undefined ? undefined : { expression: found.expression, below: node.source }
    }
    default:
      return undefined
  }
}

/** What a statement gives, and what its `?` take, without planning it to run. */
export async function describeStatement(
  services: PlanningServices,
  statement: Statement,
  context: StatementContext,
): Promise<{ readonly parameters: readonly SqlType[]; readonly columns: readonly ResultColumn[] }> {
  const options = planningOptions(services, context)
  const columns = await describeOutput(statement, options)
  return {
    parameters: await describeInput(statement, options),
    columns: columns.map(({ origin, ...column }) => ({
      ...column,
      ...(origin === undefined
        ? {}
        : { origin: { catalog: origin.catalog, schema: origin.schema, table: origin.name } }),
    })),
  }
}

/** The columns of a view made of a query. @throws at `node` where one has no name or type, or two have one name */
export const columnsOfView = (
  services: PlanningServices,
  query: Query,
  node: NodeBase,
  name: QualifiedObjectName,
  context: StatementContext,
): Promise<readonly ResultColumn[]> =>
  viewColumns(query, node, name, planningOptions(services, context))

/** Analyses a function written in SQL. @throws what its analysis throws */
export async function describeFunction(
  services: PlanningServices,
  statement: Extract<Statement, { kind: 'createFunction' }>,
  context: StatementContext,
): Promise<RoutineDescription> {
  // A function takes no parameters: its analysis refuses them at their places.
  return withAnalysis(statement, planningOptions(services, context), undefined, (analysis) =>
    describeRoutine(statement.specification, analysis),
  )
}

/** Estimates of the nodes of an optimised plan. */
export async function estimatorOf(
  services: PlanningServices,
  plan: OutputNode,
  context: QueryContext,
): Promise<Estimator> {
  const metadata = optimizerMetadata(services, context)
  const tables = new TableStatisticsCache((table, columns) =>
    metadata.tableStatistics(table, columns),
  )
  await tables.load(plan)
  return new Estimator(tables)
}

/** The names that the columns of a plan's scans have in their tables. */
export async function scanColumnNames(
  plan: OutputNode,
  context: QueryContext,
): Promise<ReadonlyMap<TableScanNode, readonly string[]>> {
  const names = new Map<TableScanNode, readonly string[]>()
  for (const scan of scansOf(plan)) {
    const { catalog, handle } = scan.table
    const metadata = await context.metadata(catalog)
    const session = context.connectorSession(catalog)
    const columns: string[] = []
    for (const column of scan.columns) {
      columns.push((await metadata.getColumnMetadata(session, handle, column)).name)
    }
    names.set(scan, columns)
  }
  return names
}

/** What the optimizer expects of the rows of a query. */
export async function estimateQuery(
  services: PlanningServices,
  query: Query,
  context: StatementContext,
): Promise<{ readonly rowCount: number | undefined; readonly columns: readonly ColumnStats[] }> {
  const { plan, columns } = await planStatement(services, query, context)
  const estimate = (await estimatorOf(services, plan, context)).of(plan)
  return {
    rowCount: estimate.known ? estimate.rowCount : undefined,
    columns: columns.map(({ name, type }, i) => {
      const symbol = estimate.symbols.get(plan.outputs[i]!.name)
      return { name, type, statistics: symbol && columnEstimate(symbol, type, estimate.rowCount) }
    }),
  }
}

/** An estimate of a column as SHOW STATS has it; sizes are those of types whose values differ in size. */
function columnEstimate(
  { low, high, nullsFraction, distinct, averageSize }: SymbolStatistics,
  type: SqlType,
  rowCount: number,
): ColumnStatistics {
  const dataSize =
    storageClass(type) === 'bytes' ? averageSize * rowCount * (1 - nullsFraction) : Number.NaN
  return {
    ...(Number.isNaN(nullsFraction) ? {} : { nullsFraction }),
    ...(Number.isNaN(distinct) ? {} : { distinctValuesCount: distinct }),
    ...(Number.isFinite(dataSize) ? { dataSize } : {}),
    ...(Number.isFinite(low) && Number.isFinite(high) ? { range: { min: low, max: high } } : {}),
  }
}

const optimizerMetadata = (services: PlanningServices, context: QueryContext) =>
  connectorOptimizerMetadata(services.functions, (catalog) => ({
    metadata: context.joinedMetadata(catalog),
    session: context.connectorSession(catalog),
  }))
