import {
  type TableFunctionArgument as DeclaredArgument,
  MillraceError,
  type RowField,
} from '../../spi/index.js'
import type {
  AnalyzedTableFunction,
  ResolvedTable,
  ResolvedTableFunction,
  TableFunctionArgumentValues,
} from '../metadata.js'
import type { AliasedRelation, TableFunctionInvocation } from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type Analysis, newField, newFields, visibleFields } from './analysis.js'
import type {
  BoundQuery,
  BoundRelation,
  BoundTable,
  BoundTableArgument,
  BoundTableFunction,
  Field,
} from './bound.js'
import { bindCopartitions } from './copartition-analysis.js'
import type { Scope } from './scope.js'
import { semanticError } from './semantic-error.js'
import { boundSequence, SEQUENCE_ARGUMENTS } from './sequence-function.js'
import {
  type AnalyzeRelation,
  type BoundArguments,
  bindArguments,
} from './table-function-arguments.js'

/**
 * Says that a connector has to analyse a call of its table function before analysis of the statement can go on. Analysis
 * never waits, so it ends here, and begins anew once the connector has answered: see withAnalysis.
 */
export class TableFunctionPending extends Error {
  readonly call: TableFunctionInvocation
  readonly args: TableFunctionArgumentValues
  readonly function: ResolvedTableFunction

  constructor(
    call: TableFunctionInvocation,
    resolved: ResolvedTableFunction,
    args: TableFunctionArgumentValues,
  ) {
    super(`internal error: call of ${resolved.name.name} is not analysed`)
    this.call = call
    this.function = resolved
    this.args = args
  }
}

/**
 * A call in FROM: of the table functions of the language, `sequence` and `exclude_columns`, or of a connector's.
 * @throws MillraceError FUNCTION_NOT_FOUND; Trino's errors about arguments
 * @source Trino StatementAnalyzer.visitTableFunctionInvocation
 */
export function analyzeTableFunction(
  node: TableFunctionInvocation,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundRelation {
  const name = node.name.parts.map((part) => part.value.toLowerCase()).join('.')
  const bind = (declared: readonly DeclaredArgument[]): BoundArguments =>
    bindArguments(node, declared, scope, analysis, analyzeRelation)
  switch (name) {
    case 'sequence':
    case 'system.builtin.sequence':
      return boundSequence(bind(SEQUENCE_ARGUMENTS).values, analysis)
    case 'exclude_columns':
    case 'system.builtin.exclude_columns':
      return excludeColumns(bind(EXCLUDE_COLUMNS_ARGUMENTS), analysis)
  }
  const found = analysis.metadata.functions.get(node)
  if (found === undefined) {
    throw semanticError('FUNCTION_NOT_FOUND', node, `Table function '${name}' not registered`)
  }
  const { values, tables: given } = bind(found.args)
  const analyzed = analysis.metadata.analyzedFunctions.get(node)
  if (analyzed === undefined) throw new TableFunctionPending(node, found, values)
  if (analyzed.kind === 'table') return boundFunctionTable(analyzed.table, analysis)
  const { tables, copartitions } = bindCopartitions(node, given)
  const proper = properColumns(node, found, analyzed)
  const passing = tables.map((table) => withColumns(node, table, analyzed.requiredColumns))
  for (const { required } of passing) readFields(analysis, required)
  for (const argument of Object.keys(analyzed.requiredColumns)) {
    if (tables.some((table) => table.name === argument)) continue
    const problem = `specifies required columns from table argument ${argument} which cannot be found`
    throw implementationError(node, problem)
  }
  return {
    kind: 'tableFunction',
    function: analyzed.function,
    properCount: proper.length,
    tables: passing,
    copartitions,
    fields: [
      ...proper.map((field) => newField(analysis, field.type, field.name)),
      ...passing.flatMap((table) => newFields(analysis, table.passed)),
    ],
  }
}

const implementationError = (node: TableFunctionInvocation, problem: string): MillraceError =>
  new MillraceError(
    'FUNCTION_IMPLEMENTATION_ERROR',
    `Table function ${node.name.parts.map((part) => part.value.toLowerCase()).join('.')} ${problem}`,
  )

/** The function's own columns, which it declares, or tells of each call. */
function properColumns(
  node: TableFunctionInvocation,
  { name, args, returnType }: ResolvedTableFunction,
  { returnedType }: Extract<AnalyzedTableFunction, { kind: 'function' }>,
): readonly RowField[] {
  if (returnType.kind === 'generic') {
    if (returnedType !== undefined && returnedType.length > 0) return returnedType
    throw semanticError(
      'MISSING_RETURN_TYPE',
      node,
      `Cannot determine returned relation type for table function ${name.name}`,
    )
  }
  if (returnedType !== undefined) {
    const message = `Returned relation type for table function ${name.name} is ambiguous`
    throw semanticError('AMBIGUOUS_RETURN_TYPE', node, message)
  }
  if (returnType.kind === 'described') return returnType.fields
  if (!args.some((argument) => argument.kind === 'table' && argument.passThroughColumns)) {
    const problem = 'returns nothing but passed columns, and has no table argument that passes any'
    throw implementationError(node, problem)
  }
  return []
}

/** What the function reads of an argument, and what of it becomes columns of the result. */
function withColumns(
  node: TableFunctionInvocation,
  table: BoundArguments['tables'][number],
  requiredColumns: Readonly<Record<string, readonly number[]>>,
): BoundTableArgument {
  const { name, source, passesThrough, partitionBy } = table
  const fields = visibleFields(source.fields)
  const indexes = requiredColumns[name]
  if (indexes === undefined) {
    const problem = `does not specify required input columns from table argument ${name}`
    throw implementationError(node, problem)
  }
  if (indexes.length === 0) {
    const problem = `specifies empty list of required columns from table argument ${name}`
    throw implementationError(node, problem)
  }
  const required = indexes.map((index) => {
    const field = fields[index]
    if (field !== undefined) return field
    throw new MillraceError(
      'FUNCTION_IMPLEMENTATION_ERROR',
      `Invalid index: ${index} of required column from table argument ${name}`,
    )
  })
  const keys = new Set(partitionBy.map(fieldIdOf))
  const passed = passesThrough ? source.fields : partitionFields(fields, partitionBy, keys)
  return { ...table, required, passed }
}

/** The column below a coercion. */
function fieldIdOf(column: BoundTableArgument['partitionBy'][number]): string {
  if (column.kind === 'symbol') return column.name
  if (column.kind === 'cast') return fieldIdOf(column.arg)
  throw new Error('internal error: a partitioning column is a column')
}

const partitionFields = (
  fields: readonly Field[],
  partitionBy: BoundTableArgument['partitionBy'],
  keys: ReadonlySet<string>,
): readonly Field[] => {
  const byId = new Map(fields.filter((f) => keys.has(f.id)).map((f) => [f.id, f]))
  return partitionBy.map((column) => byId.get(fieldIdOf(column))!)
}

/**
 * `TABLE(f(…)) AS name (column, …)`: the alias is of the function's own columns; those that it passes keep the names of their
 * tables.
 * @throws MillraceError MISMATCHED_COLUMN_ALIASES, DUPLICATE_RANGE_VARIABLE, INVALID_TABLE_FUNCTION_INVOCATION
 * @source Trino StatementAnalyzer.aliasTableFunctionInvocation
 */
export function aliasTableFunction(
  node: AliasedRelation,
  relation: BoundTableFunction,
): BoundTableFunction {
  const alias = node.alias.value.toLowerCase()
  const { properCount, tables } = relation
  if (properCount === 0) {
    throw semanticError(
      'INVALID_TABLE_FUNCTION_INVOCATION',
      node,
      'Alias specified for table function with ONLY PASS THROUGH return type',
    )
  }
  if (tables.some(({ relationName }) => relationName?.length === 1 && relationName[0] === alias)) {
    throw semanticError(
      'DUPLICATE_RANGE_VARIABLE',
      node.alias,
      `Relation alias: ${node.alias.value} is a duplicate of input table name: ${alias}`,
    )
  }
  const names = columnAliases(node)
  if (names !== undefined && names.length !== properCount) {
    throw semanticError(
      'MISMATCHED_COLUMN_ALIASES',
      node,
      `Column alias list has ${names.length} entries but table function has ${properCount} proper columns`,
    )
  }
  const fields = relation.fields.map((field, i): Field => {
    if (i >= properCount) return field
    const name = names?.[i] ?? field.name
    return { ...field, ...(name === undefined ? {} : { name }), qualifier: [alias] }
  })
  return { ...relation, fields }
}

/** The names that an alias gives columns: those of a table function are upper-case where they are not quoted. */
export function columnAliases({
  relation,
  columnNames,
}: AliasedRelation): readonly string[] | undefined {
  const isCall = relation.kind === 'tableFunctionInvocation'
  return columnNames?.map(({ value, delimited }) =>
    isCall && !delimited ? value.toUpperCase() : value,
  )
}

const EXCLUDE_COLUMNS_ARGUMENTS: readonly DeclaredArgument[] = [
  {
    kind: 'table',
    name: 'INPUT',
    rowSemantics: true,
    pruneWhenEmpty: true,
    passThroughColumns: false,
  },
  { kind: 'descriptor', name: 'COLUMNS', required: true },
]

function excludeColumns({ tables, values }: BoundArguments, analysis: Analysis): BoundQuery {
  const body = tables[0]!.source
  const descriptor = values['COLUMNS']
  const refuse = (message: string): never => {
    throw new MillraceError('INVALID_FUNCTION_ARGUMENT', message)
  }
  const named = descriptor?.kind === 'descriptor' ? descriptor.fields : null
  if (named === null) return refuse('COLUMNS descriptor is null')
  if (named.some((f) => f.type !== undefined)) {
    return refuse('COLUMNS descriptor contains types')
  }
  const excluded = new Set(named.map((f) => f.name.toLowerCase()))
  const visible = visibleFields(body.fields)
  const nameOf = (f: Field) => f.name?.toLowerCase()
  const present = new Set(visible.map(nameOf))
  const missing = [...excluded].filter((name) => !present.has(name))
  if (missing.length > 0) {
    return refuse(`Excluded columns: [${missing.join(', ')}] not present in the table`)
  }
  const fields = visible.filter((f) => !excluded.has(nameOf(f) ?? ''))
  if (fields.length === 0) return refuse('All columns are excluded')
  readFields(analysis, fields)
  return {
    kind: 'query',
    body,
    orderBy: [],
    fields: fields.map(({ qualifier: _, ...field }) => field),
  }
}

/** The table that a connector put in the place of a call. */
const boundFunctionTable = (table: ResolvedTable, analysis: Analysis): BoundTable => ({
  kind: 'table',
  table: table.table,
  columnNames: table.columns.map((column) => column.name),
  columns: table.columns.map((column) => column.handle),
  fields: table.columns.map((column) => newField(analysis, column.type, column.name)),
})
