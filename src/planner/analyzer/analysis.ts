import type { ConstantExpression, Expression } from '../../expressions/ir.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import type { SqlType } from '../../spi/index.js'
import type { Accessor, PlannerSession, ResolvedTable } from '../metadata.js'
import type {
  Expression as AstExpression,
  NodeBase,
  OrderBy,
  Query,
  WindowFrame,
} from '../parser/ast/index.js'
import type { AccessUses } from './access-uses.js'
import type { BoundCall, BoundRelation, Field, OuterColumn } from './bound.js'
import type { CollectedMetadata } from './metadata-collection.js'
import type { Scope } from './scope.js'

/** What a `?` stands for: an expression of EXECUTE … USING, or a value of the embedding program. */
export type ParameterValue = AstExpression | ConstantExpression

/** How a query stands in its statement. */
export interface QueryPlace {
  /** The rows go to the statement's result as they are, so that ORDER BY counts. */
  readonly isRoot?: boolean
  /** It is the statement's own query, or a view's: its ORDER BY is worth no warning. */
  readonly isTop?: boolean
}

/** What the client is told besides the answer. */
export interface AnalysisWarning {
  /** @source Trino StandardWarningCode */
  readonly code: 'REDUNDANT_ORDER_BY'
  readonly message: string
}

/** The state of one statement's analysis. */
export interface Analysis {
  readonly session: PlannerSession
  readonly registry: FunctionRegistry
  readonly metadata: CollectedMetadata
  /** Undefined while a prepared statement is described: each `?` is then of unknown type. */
  readonly parameters: readonly ParameterValue[] | undefined
  /** Types that described parameters were coerced to, by position. */
  readonly parameterTypes: Map<number, SqlType>
  /** What the symbols `@a…`, `@w…`, `@s…`, `@g…`, `@y…` of expressions stand for. */
  readonly calls: Map<string, BoundCall>
  /** Columns of outer queries, as they are met. */
  readonly outerColumns: OuterColumn[]
  readonly usedTables: Map<string, ResolvedTable>
  /** What is done with tables and views, and as whom; absent where nobody asks. */
  readonly access?: { readonly uses: AccessUses; readonly accessor: Accessor }
  /** Views that are being expanded, to find cycles. */
  readonly viewStack: readonly string[]
  /** Row filters and column masks that are being analysed, to find cycles. */
  readonly filterStack: readonly string[]
  /** What is analyzed can have no asynchronous calls: what it is, for the message. */
  readonly withoutAsyncCalls?: string
  /** The answer depends on when the statement ran, or on chance. */
  readonly traits: { deterministic: boolean }
  newId(prefix: 'f' | 'a' | 'w' | 's' | 'g' | 'y'): string
  /** May be told the same twice. */
  warn(warning: AnalysisWarning): void
  /** The analyzers themselves, here so that the parts of either need not import the whole. */
  analyzeExpression(node: AstExpression, context: ExpressionContext): Expression
  analyzeQuery(this: Analysis, query: Query, scope: Scope, place?: QueryPlace): BoundRelation
}

/** Makes fields of a relation with new ids from others: same names and types under another name. */
export const newFields = (
  { newId, access }: Pick<Analysis, 'newId' | 'access'>,
  fields: readonly Field[],
  change: Partial<Pick<Field, 'qualifier' | 'hidden'>> = {},
): readonly Field[] =>
  fields.map((f) => {
    const copy = { ...f, ...change, id: newId('f') }
    access?.uses.addCopy(f, copy)
    return copy
  })

export const newField = (
  analysis: Pick<Analysis, 'newId'>,
  type: SqlType,
  name?: string,
  qualifier?: readonly string[],
): Field => ({
  id: analysis.newId('f'),
  type,
  hidden: false,
  ...(name === undefined ? {} : { name }),
  ...(qualifier === undefined ? {} : { qualifier }),
})

export const visibleFields = (fields: readonly Field[]): readonly Field[] =>
  fields.some((f) => f.hidden) ? fields.filter((f) => !f.hidden) : fields

/** A call met in a clause, with the text's node for messages. */
export interface MetCall {
  readonly id: string
  readonly kind: 'aggregate' | 'window' | 'grouping'
  readonly node: NodeBase
  readonly text: string
  /** Refuses what may not stand inside of it, once the clause and all before it are right. */
  readonly check?: () => void
}

/** What an expression is analyzed in. */
export interface ExpressionContext {
  readonly analysis: Analysis
  readonly scope: Scope
  /** Collects the aggregations, window functions and GROUPING operations met, in order. */
  readonly met: MetCall[]
  /** Ids of the calls of one query specification by what they are, so that equal ones are one. */
  readonly callIds: Map<string, string>
  /** Windows of the WINDOW clause, by lower-case name. */
  readonly windows?: ReadonlyMap<string, ResolvedWindow>
  /** The expression stands inside an aggregation or GROUPING operation. */
  readonly inside?: 'aggregate' | 'grouping'
  /** Number of lambdas around, 0 outside. */
  readonly lambdaDepth: number
  /** Takes the checks of calls that come last in a query specification; without it they are made at once. */
  readonly deferred?: (() => void)[]
  /** Where the query specification begins, for errors that Trino reports there. */
  readonly specification?: NodeBase
}

/** A window of the text with its references followed. */
export interface ResolvedWindow {
  readonly partitionBy: readonly AstExpression[]
  readonly orderBy: OrderBy | undefined
  readonly frame: WindowFrame | undefined
}

export const expressionContext = (
  analysis: Analysis,
  scope: Scope,
  more: Partial<Pick<ExpressionContext, 'windows' | 'specification' | 'callIds' | 'deferred'>> = {},
): ExpressionContext => ({
  analysis,
  scope,
  met: [],
  callIds: new Map(),
  lambdaDepth: 0,
  ...more,
})

/**
 * Gives a call of a query specification its id: the one of an equal call met before, or a new one.
 * @param key a text that equal calls share
 */
export function internCall(
  context: ExpressionContext,
  prefix: 'a' | 'w' | 's' | 'g' | 'y',
  key: string,
  make: (id: string) => BoundCall,
): string {
  const known = context.callIds.get(key)
  if (known !== undefined) return known
  const id = context.analysis.newId(prefix)
  context.callIds.set(key, id)
  context.analysis.calls.set(id, make(id))
  return id
}

export const analyze = (node: AstExpression, context: ExpressionContext): Expression =>
  context.analysis.analyzeExpression(node, context)

/** An expression of the text and what analysis made of it. */
export interface Analyzed<N extends NodeBase = NodeBase> {
  readonly node: N
  readonly expression: Expression
}
export const analyzed = <N extends AstExpression>(
  node: N,
  context: ExpressionContext,
): Analyzed<N> => ({ node, expression: analyze(node, context) })
