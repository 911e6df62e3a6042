import type { FunctionRegistry } from '../../expressions/registry.js'
import { MillraceError, type SqlType } from '../../spi/index.js'
import type { Analysis, ParameterValue } from '../analyzer/analysis.js'
import { visibleFields } from '../analyzer/analysis.js'
import { newAnalysis } from '../analyzer/analyzer.js'
import type { BoundRelation } from '../analyzer/bound.js'
import { type CollectedMetadata, collectMetadata } from '../analyzer/metadata-collection.js'
import { parameterCount } from '../analyzer/parameter-count.js'
import { rootScope } from '../analyzer/scope.js'
import { semanticError } from '../analyzer/semantic-error.js'
import type { MetadataResolver, PlannerSession, ResolvedTable } from '../metadata.js'
import type { Query, Statement } from '../parser/ast/index.js'
import { parseStatement } from '../parser/parser.js'
import { type OutputNode, type PlanNodeIdAllocator, planNodeIdAllocator } from '../plan/node.js'
import { type SymbolAllocator, symbolAllocator } from '../plan/symbol.js'
import { planRelation } from './relation-planner.js'
import type { PlannerState } from './sub-plan.js'
import { visibleSymbols } from './subquery-planner.js'

export interface PlanningOptions {
  readonly metadata: MetadataResolver
  readonly session: PlannerSession
  readonly registry: FunctionRegistry
  /** Values of the statement's `?`, in order. */
  readonly parameters?: readonly ParameterValue[]
}

export interface LogicalPlan {
  readonly root: OutputNode
  readonly symbolAllocator: SymbolAllocator
  readonly idAllocator: PlanNodeIdAllocator
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
  /** `CREATE TABLE`, `INSERT`; absent for queries. */
  readonly updateType?: string
  /** What was read, with versions: a plan is good as long as they are current. */
  readonly tables: readonly ResolvedTable[]
  /** The same plan gives the same answer at another time: no now(), no random(). */
  readonly isDeterministic: boolean
}

const MAX_RECURSION_DEPTH = 10

/**
 * Analyzes a query, CREATE TABLE AS or INSERT and plans it. Waits for metadata only.
 * @throws MillraceError with Trino's code and the place in the text; NOT_SUPPORTED for statements that are no plans
 */
export async function analyzeAndPlan(
  statement: Statement,
  options: PlanningOptions,
): Promise<LogicalPlan> {
  const metadata = await collect(statement, options)
  const parameters = options.parameters ?? []
  checkParameters(statement, parameters.length)
  const analysis = newAnalysis({ ...options, metadata, parameters })
  if (statement.kind !== 'query') {
    throw semanticError('NOT_SUPPORTED', statement, `Not a query: ${statement.kind}`)
  }
  return planRoot(analysis.analyzeQuery(statement, rootScope, { isRoot: true }), analysis)
}

const collect = (statement: Statement, options: PlanningOptions): Promise<CollectedMetadata> =>
  collectMetadata(statement, options.metadata, options.session, parseQuery, () => {
    throw new MillraceError('NOT_SUPPORTED', 'Versioned tables are not supported')
  })

function parseQuery(sql: string): Query {
  const statement = parseStatement(sql)
  if (statement.kind === 'query') return statement
  throw new MillraceError('INVALID_VIEW', `The text of the view is not a query: ${sql}`)
}

export function checkParameters(statement: Statement, given: number): void {
  const expected = parameterCount(statement)
  if (expected === given) return
  throw semanticError(
    'INVALID_PARAMETER_USAGE',
    statement,
    `Incorrect number of parameters: expected ${expected} but found ${given}`,
  )
}

export const newPlannerState = (analysis: Analysis): PlannerState => ({
  symbols: symbolAllocator(),
  ids: planNodeIdAllocator(),
  calls: analysis.calls,
  maxRecursionDepth: MAX_RECURSION_DEPTH,
})

function planRoot(relation: BoundRelation, analysis: Analysis): LogicalPlan {
  const state = newPlannerState(analysis)
  const plan = planRelation(state, relation, undefined)
  const outputs = visibleSymbols(relation, plan)
  const columns = visibleFields(relation.fields).map((f, i) => ({
    name: f.name ?? `_col${i}`,
    type: f.type,
  }))
  const root: OutputNode = {
    kind: 'output',
    id: state.ids.next(),
    source: plan.node,
    columnNames: columns.map((c) => c.name),
    outputs,
  }
  return {
    root,
    symbolAllocator: state.symbols,
    idAllocator: state.ids,
    columns,
    tables: [...analysis.usedTables.values()],
    isDeterministic: analysis.traits.deterministic,
  }
}
