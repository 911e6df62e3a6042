import {
  type TableFunctionArgument as DeclaredArgument,
  MillraceError,
  type TableFunctionArgumentValue,
} from '../../spi/index.js'
import type { ResolvedTable } from '../metadata.js'
import type {
  Relation,
  TableFunctionArgument,
  TableFunctionInvocation,
} from '../parser/ast/index.js'
import { type Analysis, analyze, expressionContext, newField, visibleFields } from './analysis.js'
import type { BoundQuery, BoundRelation, BoundTable, Field } from './bound.js'
import { coerceTo } from './coercion-analysis.js'
import { evaluateConstant } from './constant-evaluation.js'
import { rootScope, type Scope } from './scope.js'
import { semanticError } from './semantic-error.js'
import { boundSequence } from './sequence-function.js'
import { analyzeType } from './type-analysis.js'

type AnalyzeRelation = (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation

/**
 * The table functions of the language: `sequence` and `exclude_columns`.
 * @throws MillraceError FUNCTION_NOT_FOUND for others; Trino's errors about arguments
 */
export function analyzeTableFunction(
  node: TableFunctionInvocation,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundRelation {
  const name = node.name.parts.map((part) => part.value.toLowerCase()).join('.')
  switch (name) {
    case 'sequence':
    case 'system.builtin.sequence': {
      const { STOP, ...others } = matchArguments(node, ['START', 'STOP', 'STEP'], ['STOP'])
      return boundSequence({ ...others, STOP: STOP! }, scope, analysis)
    }
    case 'exclude_columns':
    case 'system.builtin.exclude_columns':
      return excludeColumns(node, scope, analysis, analyzeRelation)
    default: {
      const table = analysis.metadata.functions.get(node)
      if (table !== undefined) return boundFunctionTable(table, analysis)
      throw semanticError('FUNCTION_NOT_FOUND', node, `Table function '${name}' not registered`)
    }
  }
}

/** Arguments by declared name; all are given by name or all by position. */
function matchArguments(
  node: TableFunctionInvocation,
  declared: readonly string[],
  required: readonly string[],
): Readonly<Record<string, TableFunctionArgument>> {
  const given = node.arguments
  if (given.length > declared.length) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      node,
      `Too many arguments. Expected at most ${declared.length} arguments, got ${given.length} arguments`,
    )
  }
  const namedCount = given.filter((argument) => argument.name !== undefined).length
  if (namedCount !== 0 && namedCount !== given.length) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      given[0]!,
      'All arguments must be passed by name or all must be passed positionally',
    )
  }
  const byName: Record<string, TableFunctionArgument> = {}
  given.forEach((argument, i) => {
    const name = argument.name?.value.toUpperCase() ?? declared[i]!
    const problem = !declared.includes(name)
      ? 'Unexpected'
      : Object.hasOwn(byName, name)
        ? 'Duplicate'
        : undefined
    if (problem !== undefined) {
      throw semanticError(
        'INVALID_FUNCTION_ARGUMENT',
        argument,
        `${problem} argument name: ${name}`,
      )
    }
    byName[name] = argument
  })
  for (const name of required) {
    if (!Object.hasOwn(byName, name)) {
      throw semanticError('MISSING_ARGUMENT', node, `Missing argument: ${name}`)
    }
  }
  return byName
}

function excludeColumns(
  node: TableFunctionInvocation,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundQuery {
  const names = ['INPUT', 'COLUMNS']
  const { INPUT: input, COLUMNS: columns } = matchArguments(node, names, names)
  if (input?.value.kind !== 'tableFunctionTableArgument') {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      input ?? node,
      'Invalid argument INPUT. Expected table, got expression',
    )
  }
  const body = analyzeRelation(input.value.table, scope, analysis)
  if (columns?.value.kind !== 'tableFunctionDescriptorArgument') {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      columns ?? node,
      'Invalid argument COLUMNS. Expected descriptor, got expression',
    )
  }
  const descriptor = columns.value.descriptor
  const refuse = (message: string): never => {
    throw new MillraceError('INVALID_FUNCTION_ARGUMENT', message)
  }
  if (descriptor === undefined) return refuse('COLUMNS descriptor is null')
  if (descriptor.fields.some((f) => f.type !== undefined)) {
    return refuse('COLUMNS descriptor contains types')
  }
  const excluded = new Set(descriptor.fields.map((f) => f.name.value.toLowerCase()))
  const visible = visibleFields(body.fields)
  const nameOf = (f: Field) => f.name?.toLowerCase()
  const present = new Set(visible.map(nameOf))
  const missing = [...excluded].filter((name) => !present.has(name))
  if (missing.length > 0) {
    return refuse(`Excluded columns: [${missing.join(', ')}] not present in the table`)
  }
  const fields = visible.filter((f) => !excluded.has(nameOf(f) ?? ''))
  if (fields.length === 0) return refuse('All columns are excluded')
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

/**
 * The arguments of a call of a connector's table function. Scalar ones are constants.
 * @throws MillraceError Trino's errors about arguments; NOT_SUPPORTED for table arguments
 */
export function bindTableFunction(
  node: TableFunctionInvocation,
  declared: readonly DeclaredArgument[],
  analysis: Analysis,
): Readonly<Record<string, TableFunctionArgumentValue>> {
  const upper = (argument: DeclaredArgument): string => argument.name.toUpperCase()
  const given = matchArguments(
    node,
    declared.map(upper),
    declared.filter((a) => a.kind === 'table' || a.required).map(upper),
  )
  return Object.fromEntries(
    declared.map((argument) => [
      argument.name,
      bindArgument(argument, given[upper(argument)], analysis),
    ]),
  )
}

function bindArgument(
  declared: DeclaredArgument,
  given: TableFunctionArgument | undefined,
  analysis: Analysis,
): TableFunctionArgumentValue {
  const value = given?.value
  const mismatch = (expected: string): MillraceError =>
    semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      given!,
      `Invalid argument ${declared.name}. Expected ${expected}`,
    )
  switch (declared.kind) {
    case 'table':
      throw semanticError(
        'NOT_SUPPORTED',
        given!,
        'Table arguments of connector table functions are not supported',
      )
    case 'descriptor': {
      if (value === undefined) return { kind: 'descriptor', fields: null }
      if (value.kind !== 'tableFunctionDescriptorArgument') throw mismatch('descriptor')
      const fields = value.descriptor?.fields.map((f) => ({
        name: f.name.value,
        ...(f.type === undefined ? {} : { type: analyzeType(f.type) }),
      }))
      return { kind: 'descriptor', fields: fields ?? null }
    }
    case 'scalar': {
      const { type } = declared
      if (value === undefined) return { kind: 'scalar', type, value: declared.defaultValue ?? null }
      if (
        value.kind === 'tableFunctionDescriptorArgument' ||
        value.kind === 'tableFunctionTableArgument'
      ) {
        throw mismatch('expression')
      }
      const expression = analyze(value, expressionContext(analysis, rootScope))
      const coerced = coerceTo(
        analysis,
        { node: value, expression },
        type,
        `Argument ${declared.name}`,
      )
      return { kind: 'scalar', type, value: evaluateConstant(coerced, analysis, value).value }
    }
  }
}
