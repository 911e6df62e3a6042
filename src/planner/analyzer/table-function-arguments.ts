import { canCoerce } from '../../expressions/coercion.js'
import { coerce } from '../../expressions/ir-build.js'
import type {
  TableFunctionArgument as DeclaredArgument,
  RowField,
  TableFunctionArgumentValue,
} from '../../spi/index.js'
import { typeName } from '../../spi/index.js'
import type {
  Relation,
  TableFunctionArgument,
  TableFunctionInvocation,
  TableFunctionTableArgument,
} from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type Analysis, analyze, expressionContext, visibleFields } from './analysis.js'
import type { BoundRelation, BoundTableArgument } from './bound.js'
import { fieldReference } from './column-analysis.js'
import { evaluateConstant } from './constant-evaluation.js'
import { expressionText } from './expression-text.js'
import { orderColumns, partitionColumns } from './input-columns.js'
import { parameterCount } from './parameter-count.js'
import { relationScope, rootScope, type Scope } from './scope.js'
import { semanticError } from './semantic-error.js'
import { analyzeType } from './type-analysis.js'

export type AnalyzeRelation = (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation

type DeclaredTable = Extract<DeclaredArgument, { kind: 'table' }>
type DeclaredScalar = Extract<DeclaredArgument, { kind: 'scalar' }>

/** What the arguments of a call are: for the function, and for the plan its tables. */
export interface BoundArguments {
  readonly values: Readonly<Record<string, TableFunctionArgumentValue>>
  /** In the order of declaration; what the function reads and passes on is not known yet. */
  readonly tables: readonly Omit<BoundTableArgument, 'required' | 'passed'>[]
}

/**
 * The arguments of a call, matched with what its function declares. Scalar ones are constants.
 * @throws MillraceError with Trino's codes: INVALID_ARGUMENTS, INVALID_FUNCTION_ARGUMENT, MISSING_ARGUMENT …
 * @source Trino StatementAnalyzer.analyzeArguments
 */
export function bindArguments(
  node: TableFunctionInvocation,
  declared: readonly DeclaredArgument[],
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundArguments {
  const given = matchArguments(node, declared)
  const values: Record<string, TableFunctionArgumentValue> = {}
  const tables: BoundArguments['tables'][number][] = []
  for (const argument of declared) {
    const passed = given.get(argument.name.toUpperCase())
    switch (argument.kind) {
      case 'scalar':
        values[argument.name] = bindScalar(argument, passed, analysis)
        break
      case 'descriptor':
        values[argument.name] = bindDescriptor(argument.name, passed)
        break
      case 'table': {
        const table = bindTable(argument, passed!, scope, analysis, analyzeRelation)
        values[argument.name] = table.value
        tables.push(table.bound)
      }
    }
  }
  return { values, tables }
}

/** Arguments by declared name in upper case; all are given by name or all by position. */
function matchArguments(
  node: TableFunctionInvocation,
  declared: readonly DeclaredArgument[],
): ReadonlyMap<string, TableFunctionArgument> {
  const given = node.arguments
  const names = declared.map(({ name }) => name.toUpperCase())
  if (given.length > names.length) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      given[0] ?? node,
      `Too many arguments. Expected at most ${names.length} arguments, got ${given.length} arguments`,
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
  const byName = new Map<string, TableFunctionArgument>()
  given.forEach((argument, i) => {
    const name = argument.name?.value.toUpperCase() ?? names[i]!
    const problem = byName.has(name) ? 'Duplicate' : names.includes(name) ? undefined : 'Unexpected'
    if (problem !== undefined) {
      const message = `${problem} argument name: ${name}`
      throw semanticError('INVALID_FUNCTION_ARGUMENT', argument, message)
    }
    byName.set(name, argument)
  })
  for (const argument of declared) {
    const name = argument.name.toUpperCase()
    if ((argument.kind === 'table' || argument.required) && !byName.has(name)) {
      throw semanticError('MISSING_ARGUMENT', given[0] ?? node, `Missing argument: ${name}`)
    }
  }
  return byName
}

const kindOf = (argument: TableFunctionArgument): string => {
  switch (argument.value.kind) {
    case 'tableFunctionTableArgument':
      return 'table'
    case 'tableFunctionDescriptorArgument':
      return 'descriptor'
    default:
      return 'expression'
  }
}

const mismatch = (argument: TableFunctionArgument, name: string, expected: string) =>
  semanticError(
    'INVALID_FUNCTION_ARGUMENT',
    argument,
    `Invalid argument ${name}. Expected ${expected}, got ${kindOf(argument)}`,
  )

function bindScalar(
  { name, type, defaultValue }: DeclaredScalar,
  argument: TableFunctionArgument | undefined,
  analysis: Analysis,
): TableFunctionArgumentValue {
  if (argument === undefined) return { kind: 'scalar', type, value: defaultValue ?? null }
  const { value } = argument
  if (
    value.kind === 'tableFunctionTableArgument' ||
    value.kind === 'tableFunctionDescriptorArgument'
  ) {
    throw mismatch(argument, name, 'expression')
  }
  if (isDescriptorCall(value)) {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      argument,
      "'descriptor' function is not allowed as a table function argument",
    )
  }
  if (analysis.parameters === undefined && parameterCount(value) > 0) {
    throw semanticError(
      'NOT_SUPPORTED',
      value,
      'DESCRIBE is not supported if a table function uses parameters',
    )
  }
  const expression = analyze(value, expressionContext(analysis, rootScope))
  if (!canCoerce(expression.type, type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      value,
      `Cannot cast type ${typeName(expression.type)} to ${typeName(type)}`,
    )
  }
  const constant = evaluateConstant(coerce(expression, type), analysis, value)
  return { kind: 'scalar', type, value: constant.value }
}

const isDescriptorCall = (value: TableFunctionArgument['value']): boolean =>
  value.kind === 'functionCall' && value.name.parts.at(-1)?.value.toLowerCase() === 'descriptor'

function bindDescriptor(
  name: string,
  argument: TableFunctionArgument | undefined,
): TableFunctionArgumentValue {
  const value = argument?.value
  if (argument === undefined || value === undefined) return { kind: 'descriptor', fields: null }
  if (isDescriptorCall(value)) {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      argument,
      `Invalid descriptor argument ${name}. Descriptors should be formatted as 'DESCRIPTOR(name [type], ...)'`,
    )
  }
  if (value.kind !== 'tableFunctionDescriptorArgument') {
    throw mismatch(argument, name, 'descriptor')
  }
  const fields = value.descriptor?.fields.map((f) => ({
    name: f.name.value,
    ...(f.type === undefined ? {} : { type: analyzeType(f.type) }),
  }))
  return { kind: 'descriptor', fields: fields ?? null }
}

function bindTable(
  declared: DeclaredTable,
  argument: TableFunctionArgument,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): {
  readonly value: TableFunctionArgumentValue
  readonly bound: BoundArguments['tables'][number]
} {
  const { name, rowSemantics } = declared
  const { value: node } = argument
  if (node.kind === 'functionCall') {
    throw semanticError(
      'NOT_SUPPORTED',
      argument,
      `Invalid table argument ${name}. Table functions are not allowed as table function arguments`,
    )
  }
  if (node.kind !== 'tableFunctionTableArgument') throw mismatch(argument, name, 'table')
  const source = analyzeRelation(node.table, scope, analysis)
  if (rowSemantics) refuseSetClauses(name, argument, node)
  const fields = visibleFields(source.fields)
  const inputScope = relationScope(fields, rootScope)
  const partitionBy = partitionColumns(node.partitionBy ?? [], inputScope)
  const sortItems = node.orderBy?.sortItems ?? []
  const orderBy = orderColumns(sortItems, inputScope)
  readFields(analysis, [...partitionBy, ...orderBy.map(({ field }) => field)])
  const treatment = node.emptyTableTreatment?.treatment
  const prunes = treatment === undefined ? declared.pruneWhenEmpty : treatment === 'PRUNE'
  const relationName = relationNameOf(node.table, source)
  return {
    value: {
      kind: 'table',
      rowType: fields.map(
        (f): RowField => ({ ...(f.name === undefined ? {} : { name: f.name }), type: f.type }),
      ),
      partitionBy: (node.partitionBy ?? []).map(expressionText),
      orderBy: sortItems.map((item) => expressionText(item.sortKey)),
    },
    bound: {
      name,
      ...(relationName === undefined ? {} : { relationName }),
      source,
      rowSemantics,
      pruneWhenEmpty: rowSemantics || prunes,
      passesThrough: declared.passThroughColumns,
      partitionBy: partitionBy.map(fieldReference),
      orderBy,
    },
  }
}

function refuseSetClauses(
  name: string,
  argument: TableFunctionArgument,
  { partitionBy, orderBy, emptyTableTreatment }: TableFunctionTableArgument,
): void {
  const refused =
    partitionBy !== undefined
      ? ({ what: 'Partitioning', node: argument } as const)
      : orderBy !== undefined
        ? ({ what: 'Ordering', node: argument } as const)
        : emptyTableTreatment !== undefined
          ? ({ what: 'Empty behavior', node: emptyTableTreatment } as const)
          : undefined
  if (refused === undefined) return
  throw semanticError(
    'INVALID_FUNCTION_ARGUMENT',
    refused.node,
    `Invalid argument ${name}. ${refused.what} specified for table argument with row semantics`,
  )
}

/** Under what name the table is known outside: in COPARTITION, and beside an alias of the call. */
function relationNameOf(node: Relation, source: BoundRelation): readonly string[] | undefined {
  if (node.kind === 'aliasedRelation') return [node.alias.value.toLowerCase()]
  return node.kind === 'table' ? source.fields[0]?.qualifier : undefined
}
