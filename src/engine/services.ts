import type { CatalogDescriptor } from '../dataflow/threads/messages.js'
import type { ConstantExpression } from '../expressions/ir.js'
import type { FunctionRegistry } from '../expressions/registry.js'
import type { RelationUse } from '../planner/analyzer/access-uses.js'
import type { RoutineDescription } from '../planner/analyzer/routine-registry.js'
import type { WorkEstimates } from '../planner/cost/work-estimates.js'
import type { QualifiedObjectName } from '../planner/metadata.js'
import type { Expression, NodeBase, Query, Statement } from '../planner/parser/ast/index.js'
import type { PlanFragment } from '../planner/plan/fragment.js'
import type { OutputNode, TableReference } from '../planner/plan/node.js'
import type { MillraceError, Page, SqlType, Value } from '../spi/index.js'
import type { CatalogManager } from './catalog/catalog-manager.js'
import type { ExecutionInfo } from './execution/query-info.js'
import type { Admission } from './query/admission.js'
import type { QueryRegistry } from './query/query-registry.js'
import type { ResultColumn } from './result/result-column.js'
import type { SystemAccessControl } from './security/system-access-control.js'
import type { QueryContext } from './session/query-context.js'
import type { QueryContexts } from './session/query-contexts.js'
import type { TransactionManager } from './session/transaction.js'
import type { ColumnStats } from './statements/show-object.js'
import type { PlanResult, StatementContext, StatementResult } from './statements/statement.js'

/** A value of a `?`: an expression of EXECUTE … USING, or a value of the embedding program. */
export type ParameterValue = Expression | ConstantExpression

/** A statement that reads or writes rows, planned and optimised. */
export interface PlannedStatement extends WorkEstimates {
  readonly plan: OutputNode
  /** The plan as it is kept: of no transaction, and the same object whenever it is used again. Absent: it is not kept. */
  readonly template?: OutputNode
  readonly columns: readonly ResultColumn[]
  /** The tables that it names, itself or through views. */
  readonly tables: readonly TableReference[]
  /** What it does with tables and views, where access is controlled. */
  readonly uses: readonly RelationUse[]
}

/** What there is of an engine before its first statement. */
export interface EngineCore {
  readonly version: string
  readonly nodeId: string
  readonly environment: string
  readonly catalogs: CatalogManager
  /** Who may do what; absent where all may do everything that connectors let them. */
  readonly accessControl?: SystemAccessControl
  /** Groups of a user that the configuration names. */
  groupsOf(user: string): readonly string[]
  /** Makes and drops catalogs; absent where they are fixed (catalog.management=static). */
  readonly catalogStore?: {
    create(catalog: CatalogDescriptor): Promise<void>
    drop(name: string): Promise<void>
  }
  /** Text of system properties whose defaults the configuration sets. */
  readonly propertyDefaults: ReadonlyMap<string, string>
  readonly transactions: TransactionManager
  readonly queries: QueryRegistry
  readonly admission: Admission
  readonly contexts: QueryContexts
  /** The type of a name such as `array(varchar(10))`. @throws TYPE_NOT_FOUND */
  parseType(name: string): SqlType
  /** What statements are parsed, planned and run with, loaded by whoever asks first. */
  statements(): Promise<EngineServices>
}

/** What statements use of the engine. */
export interface EngineServices extends EngineCore {
  readonly functions: FunctionRegistry
  /** @throws SYNTAX_ERROR */
  parse(sql: string): Statement
  /** Carries a statement out, or for one with a plan as far as the plan. @throws INVALID_PARAMETER_USAGE, what the statement throws */
  handle(statement: Statement, context: StatementContext): Promise<StatementResult>
  /** Analyses, plans and optimises. */
  plan(statement: Statement, context: StatementContext): Promise<PlannedStatement>
  /** Types that the `?` of a statement take, and the columns it gives. */
  describe(
    statement: Statement,
    context: StatementContext,
  ): Promise<{ readonly parameters: readonly SqlType[]; readonly columns: readonly ResultColumn[] }>
  /** The columns of a view of a query. @throws at `node` where one has no name or type, or two have one name */
  viewColumns(
    query: Query,
    node: NodeBase,
    name: QualifiedObjectName,
    context: StatementContext,
  ): Promise<readonly ResultColumn[]>
  /** Analyses a function written in SQL. @throws what its analysis throws */
  describeFunction(
    statement: Extract<Statement, { kind: 'createFunction' }>,
    context: StatementContext,
  ): Promise<RoutineDescription>
  /** The value of an expression without columns, coerced to `type` if given. */
  evaluate(
    expression: Expression,
    context: StatementContext,
    type?: SqlType,
  ): Promise<{ readonly type: SqlType; readonly value: Value }>
  /** The plan of an EXPLAIN as text; without a type as it runs: in fragments, where there are nodes to run them. */
  explain(
    planned: PlannedStatement,
    type: 'LOGICAL' | 'DISTRIBUTED' | 'IO' | undefined,
    format: 'TEXT' | 'JSON' | 'GRAPHVIZ',
    context: StatementContext,
  ): Promise<string>
  /** Runs a plan to its end and gives its text with what each part measured. */
  explainAnalyze(
    result: PlanResult,
    planningMillis: number,
    isVerbose: boolean,
    context: StatementContext,
  ): Promise<string>
  /** What the optimizer expects of the rows of a query. */
  estimate(
    query: Query,
    context: StatementContext,
  ): Promise<{ readonly rowCount: number | undefined; readonly columns: readonly ColumnStats[] }>
  /** Brings the parts of a table that other nodes have to this one, so that its rows can be changed. */
  gather(table: TableReference, context: QueryContext): Promise<void>
  /** Starts a plan; nothing runs before its first page is asked for. */
  run(result: PlanResult, context: QueryContext): PlanExecution
  /** The first value of a page's first channel, which is a BIGINT; undefined where it is NULL. */
  firstBigint(page: Page): bigint | undefined
}

/** A plan under way. */
export interface PlanExecution {
  /** Valid until the next call; undefined at the end. */
  nextPage(): Promise<Page | undefined>
  cancel(reason: MillraceError): void
  /** Gives back what it held. Idempotent. */
  end(): Promise<void>
  info(): ExecutionInfo
  /** The plan as nodes run it, once it has started; absent where it runs in this one alone. */
  fragments?(): readonly PlanFragment[]
}
