import { type SqlType, UNKNOWN } from '../../spi/index.js'
import { type Analysis, visibleFields } from '../analyzer/analysis.js'
import { nameKey } from '../analyzer/metadata-collection.js'
import { parameterCount } from '../analyzer/parameter-count.js'
import { analyzeDelete, analyzeMerge, analyzeUpdate } from '../analyzer/row-change-analysis.js'
import { rootScope } from '../analyzer/scope.js'
import { semanticError } from '../analyzer/semantic-error.js'
import { analyzeCreateTable, analyzeInsert, tableColumns } from '../analyzer/write-analysis.js'
import type { QualifiedObjectName } from '../metadata.js'
import type { NodeBase, Query, Statement } from '../parser/ast/index.js'
import { type PlanningOptions, withAnalysis } from './logical-planner.js'

/** A row of DESCRIBE OUTPUT. */
export interface DescribedColumn {
  readonly name: string
  readonly type: SqlType
  /** The table it is a column of. */
  readonly origin?: QualifiedObjectName
  readonly aliased: boolean
}

const WRITES: ReadonlySet<Statement['kind']> = new Set([
  'createTableAsSelect',
  'insert',
  'delete',
  'update',
  'merge',
])
const ROWS: DescribedColumn = { name: 'rows', type: { kind: 'bigint' }, aliased: false }

/**
 * The columns a statement gives; parameters need no values. Statements that are no plans give none.
 * @throws MillraceError what its analysis throws
 */
export async function describeOutput(
  statement: Statement,
  options: PlanningOptions,
): Promise<readonly DescribedColumn[]> {
  if (WRITES.has(statement.kind)) {
    await withAnalysis(statement, options, undefined, (analysis) =>
      analyzeWrite(statement, analysis),
    )
    return [ROWS]
  }
  if (statement.kind !== 'query') return []
  const relation = await withAnalysis(statement, options, undefined, (analysis) =>
    analysis.analyzeQuery(statement, rootScope, { isRoot: true, isTop: true }),
  )
  return visibleFields(relation.fields).map((f, i) => ({
    name: f.name ?? `_col${i}`,
    type: f.type,
    aliased: f.aliased === true,
    ...(f.origin === undefined ? {} : { origin: f.origin }),
  }))
}

function analyzeWrite(statement: Statement, analysis: Analysis): void {
  if (statement.kind === 'createTableAsSelect') analyzeCreateTable(statement, analysis)
  else if (statement.kind === 'insert') analyzeInsert(statement, analysis)
  else if (statement.kind === 'delete') analyzeDelete(statement, analysis)
  else if (statement.kind === 'update') analyzeUpdate(statement, analysis)
  else if (statement.kind === 'merge') analyzeMerge(statement, analysis)
}

/** The type of each `?`, as what stands around it asks for; unknown where nothing does. */
export async function describeInput(
  statement: Statement,
  options: PlanningOptions,
): Promise<readonly SqlType[]> {
  const count = parameterCount(statement)
  if (count === 0) return []
  return withAnalysis(statement, options, undefined, (analysis) => {
    if (statement.kind === 'query')
      analysis.analyzeQuery(statement, rootScope, { isRoot: true, isTop: true })
    else analyzeWrite(statement, analysis)
    return Array.from({ length: count }, (_, i) => analysis.parameterTypes.get(i) ?? UNKNOWN)
  })
}

/**
 * The columns of a view that is made of a query.
 * @param name the view's
 * @throws MillraceError NOT_SUPPORTED at a function of its own; VIEW_IS_RECURSIVE where the query reads the view that it would
 *   replace; at `node`: MISSING_COLUMN_NAME, DUPLICATE_COLUMN_NAME, COLUMN_TYPE_UNKNOWN; what the analysis throws
 * @source Trino StatementAnalyzer.visitCreateView
 */
export async function viewColumns(
  query: Query,
  node: NodeBase,
  name: QualifiedObjectName,
  options: PlanningOptions,
): Promise<readonly { readonly name: string; readonly type: SqlType }[]> {
  const ownFunction = query.functions[0]
  if (ownFunction !== undefined) {
    throw semanticError('NOT_SUPPORTED', ownFunction, 'Views cannot contain inline functions')
  }
  const relation = await withAnalysis(query, options, options.parameters ?? [], (analysis) => {
    const inView: Analysis = { ...analysis, viewStack: [nameKey(name)] }
    return inView.analyzeQuery.call(inView, query, rootScope, { isTop: true })
  })
  return tableColumns(visibleFields(relation.fields), node)
}
