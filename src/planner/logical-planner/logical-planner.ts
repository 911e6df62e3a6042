import { foldConstants } from '../../expressions/constant-folding.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { BIGINT, MillraceError, type SqlType } from '../../spi/index.js'
import { AccessUses, type RelationUse } from '../analyzer/access-uses.js'
import {
  type Analysis,
  type AnalysisWarning,
  analyze,
  expressionContext,
  type ParameterValue,
  visibleFields,
} from '../analyzer/analysis.js'
import { newAnalysis } from '../analyzer/analyzer.js'
import type { Field } from '../analyzer/bound.js'
import { evaluateConstant, sessionContextOf } from '../analyzer/constant-evaluation.js'
import {
  type CollectedMetadata,
  collectMetadata,
  NO_METADATA,
} from '../analyzer/metadata-collection.js'
import { parameterCount } from '../analyzer/parameter-count.js'
import { RelationNotFound } from '../analyzer/relation-not-found.js'
import { withRoutines } from '../analyzer/routine-registry.js'
import { analyzeDelete, analyzeMerge, analyzeUpdate } from '../analyzer/row-change-analysis.js'
import { rootScope } from '../analyzer/scope.js'
import { semanticError } from '../analyzer/semantic-error.js'
import { TableFunctionPending } from '../analyzer/table-function-analysis.js'
import { analyzeCreateTable, analyzeInsert, type BoundWrite } from '../analyzer/write-analysis.js'
import type {
  Accessor,
  MetadataResolver,
  PlannerSession,
  ResolvedTable,
  TableVersion,
} from '../metadata.js'
import type { Query, Statement, Table } from '../parser/ast/index.js'
import { parseStatement } from '../parser/parser.js'
import { type OutputNode, type PlanNodeIdAllocator, planNodeIdAllocator } from '../plan/node.js'
import { type SymbolAllocator, symbolAllocator } from '../plan/symbol.js'
import { planRelation } from './relation-planner.js'
import type { PlannerState, RelationPlan } from './sub-plan.js'
import { visibleSymbols } from './subquery-planner.js'
import { planWrite } from './write-planner.js'

export interface PlanningOptions {
  readonly metadata: MetadataResolver
  readonly session: PlannerSession
  readonly registry: FunctionRegistry
  /** Values of the statement's `?`, in order. */
  readonly parameters?: readonly ParameterValue[]
  /** How often the step of WITH RECURSIVE may run; 10 by default. */
  readonly maxRecursionDepth?: number
  readonly warn?: (warning: AnalysisWarning) => void
  /** Asked, once analysis is done, whether a statement may do with tables and views what it does. @throws PERMISSION_DENIED */
  readonly checkAccess?: (uses: readonly RelationUse[]) => Promise<void>
  /** Whose rights the statement uses; by default those of who runs it. */
  readonly accessor?: Accessor
}

export interface LogicalPlan {
  readonly root: OutputNode
  readonly symbolAllocator: SymbolAllocator
  readonly idAllocator: PlanNodeIdAllocator
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
  /** `CREATE TABLE`, `INSERT`, `UPDATE` …; absent for queries. */
  readonly updateType?: string
  /** What was read, with versions: a plan is good as long as they are current. */
  readonly tables: readonly ResolvedTable[]
  /** What it does with tables and views, where `checkAccess` was given. */
  readonly uses: readonly RelationUse[]
  /** The same plan gives the same answer at another time: no now(), no random(). */
  readonly isDeterministic: boolean
}

const MAX_RECURSION_DEPTH = 10

/**
 * Analyzes a query or a statement that writes rows and plans it. Waits for metadata only.
 * @throws MillraceError with Trino's code and the place in the text; NOT_SUPPORTED for statements that are no plans
 */
export async function analyzeAndPlan(
  statement: Statement,
  options: PlanningOptions,
): Promise<LogicalPlan> {
  return withAnalysis(statement, options, options.parameters ?? [], (analysis) =>
    planAnalysed(statement, analysis, options.maxRecursionDepth),
  )
}

function planAnalysed(
  statement: Statement,
  analysis: Analysis,
  maxRecursionDepth: number | undefined,
): LogicalPlan {
  const state = newPlannerState(analysis, maxRecursionDepth)
  switch (statement.kind) {
    case 'query': {
      const relation = analysis.analyzeQuery(statement, rootScope, { isRoot: true, isTop: true })
      const plan = planRelation(state, relation, undefined)
      const symbols = visibleSymbols(relation, plan)
      const columns = resultColumns(visibleFields(relation.fields))
      return logicalPlan(state, analysis, { node: plan.node, symbols }, columns)
    }
    case 'createTableAsSelect':
      return {
        ...planRows(state, analysis, analyzeCreateTable(statement, analysis)),
        updateType: 'CREATE TABLE',
      }
    case 'insert':
      return {
        ...planRows(state, analysis, analyzeInsert(statement, analysis)),
        updateType: 'INSERT',
      }
    case 'delete':
      return {
        ...planRows(state, analysis, analyzeDelete(statement, analysis)),
        updateType: 'DELETE',
      }
    case 'update':
      return {
        ...planRows(state, analysis, analyzeUpdate(statement, analysis)),
        updateType: 'UPDATE',
      }
    case 'merge':
      return {
        ...planRows(state, analysis, analyzeMerge(statement, analysis)),
        updateType: 'MERGE',
      }
    default:
      throw semanticError('NOT_SUPPORTED', statement, `Not planned: ${statement.kind}`)
  }
}

const planRows = (state: PlannerState, analysis: Analysis, write: BoundWrite): LogicalPlan =>
  logicalPlan(state, analysis, planWrite(state, write), [{ name: 'rows', type: BIGINT }])

/**
 * Looks names up, checks that the `?` have values (without `parameters` they are described), and analyses.
 * @param work analyses, synchronously; called anew whenever it has come to a table function whose connector has to be asked
 * what a call gives
 */
export async function withAnalysis<T>(
  statement: Statement,
  options: PlanningOptions,
  parameters: readonly ParameterValue[] | undefined,
  work: (analysis: Analysis) => T,
): Promise<T> {
  if (parameters !== undefined) checkParameters(statement, parameters.length)
  const metadata = await collectMetadata(
    statement,
    options.metadata,
    options.session,
    options.accessor ?? {},
    parseQuery,
    versionResolver(options),
  )
  for (;;) {
    try {
      const analysis = startAnalysis(options, metadata, parameters)
      const result = work(analysis)
      await options.checkAccess?.(analysis.access?.uses.all() ?? [])
      return result
    } catch (error) {
      if (error instanceof RelationNotFound) throw await error.withHint(options.metadata)
      if (!(error instanceof TableFunctionPending)) throw error
      const analyzed = await error.function.analyze(error.args)
      metadata.analyzedFunctions.set(error.call, analyzed)
    }
  }
}

function startAnalysis(
  options: PlanningOptions,
  metadata: CollectedMetadata,
  parameters: readonly ParameterValue[] | undefined,
): Analysis {
  const uses = options.checkAccess === undefined ? undefined : new AccessUses()
  const analysis = newAnalysis({ ...options, metadata, parameters, uses })
  if (metadata.routines.length === 0) return analysis
  // A stored function may be replaced at any time, so that the plan must not be kept.
  analysis.traits.deterministic = false
  return withRoutines(metadata.routines, analysis)
}

function parseQuery(sql: string): Query {
  const statement = parseStatement(sql)
  if (statement.kind === 'query') return statement
  throw new MillraceError('INVALID_VIEW', `The text of the view is not a query: ${sql}`)
}

function checkParameters(statement: Statement, given: number): void {
  const expected = parameterCount(statement)
  if (expected === given) return
  throw semanticError(
    'INVALID_PARAMETER_USAGE',
    statement,
    `Incorrect number of parameters: expected ${expected} but found ${given}`,
  )
}

/** The constant of FOR VERSION | TIMESTAMP AS OF. */
const versionResolver =
  (options: PlanningOptions) =>
  (table: Table): TableVersion => {
    const period = table.queryPeriod!
    const analysis = newAnalysis({
      ...options,
      metadata: NO_METADATA,
      parameters: options.parameters ?? [],
    })
    const value = analyze(period.end, expressionContext(analysis, rootScope))
    return {
      rangeType: period.rangeType,
      value: evaluateConstant(value, analysis, period.end),
    }
  }

const newPlannerState = (
  analysis: Analysis,
  maxRecursionDepth = MAX_RECURSION_DEPTH,
): PlannerState => ({
  symbols: symbolAllocator(),
  ids: planNodeIdAllocator(),
  calls: analysis.calls,
  registry: analysis.registry,
  maxRecursionDepth,
  fold: (expression) =>
    foldConstants(expression, {
      registry: analysis.registry,
      session: sessionContextOf(analysis.session),
    }),
  recursion: new Map(),
})

type ResultColumns = LogicalPlan['columns']

/** Headings: names as written, `_col0` and so on for columns without. */
export const resultColumns = (fields: readonly Field[]): ResultColumns =>
  fields.map((f, i) => ({ name: f.name ?? `_col${i}`, type: f.type }))

function logicalPlan(
  state: PlannerState,
  analysis: Analysis,
  plan: RelationPlan,
  columns: ResultColumns,
): LogicalPlan {
  return {
    root: {
      kind: 'output',
      id: state.ids.next(),
      source: plan.node,
      columnNames: columns.map((c) => c.name),
      outputs: plan.symbols,
    },
    symbolAllocator: state.symbols,
    idAllocator: state.ids,
    columns,
    tables: [...analysis.usedTables.values()],
    uses: analysis.access?.uses.all() ?? [],
    isDeterministic: analysis.traits.deterministic,
  }
}
