import { canCast } from '../../expressions/cast/cast.js'
import { canCoerce } from '../../expressions/coercion.js'
import type { ConstantExpression, Expression } from '../../expressions/ir.js'
import {
  call,
  cast,
  coerce,
  constant,
  lambda,
  nullConstant,
  row,
} from '../../expressions/ir-build.js'
import {
  PathLiteralError,
  PathSyntaxError,
  parseSqlJsonPath,
} from '../../expressions/sql-json/path.js'
import {
  BOOLEAN,
  isCharacter,
  isNumeric,
  type SqlType,
  typeName,
  VARCHAR,
} from '../../spi/index.js'
import type {
  Expression as AstExpression,
  DataType,
  JsonArray,
  JsonExists,
  JsonExpression,
  JsonFormat,
  JsonObject,
  JsonQuery,
  JsonTable,
  JsonValue,
  NodeBase,
  QueryColumn,
  StringLiteral,
} from '../parser/ast/index.js'
import { analyze, type ExpressionContext } from './analysis.js'
import { resolveCall } from './call-resolution.js'
import { canonicalName } from './canonical-name.js'
import { refuseCalls } from './clause-check.js'
import { semanticError } from './semantic-error.js'
import { analyzeTypeAt } from './type-analysis.js'

export function analyzeJsonForm(node: JsonExpression, context: ExpressionContext): Expression {
  switch (node.kind) {
    case 'jsonExists':
      return analyzeJsonExists(node, context)
    case 'jsonValue':
      return analyzeJsonValue(node, context)
    case 'jsonQuery':
      return analyzeJsonQuery(node, context)
    case 'jsonObject':
      return analyzeJsonObject(node, context)
    case 'jsonArray':
      return analyzeJsonArray(node, context)
  }
}

/** The path's errors are at their place in its literal. */
export function checkPath(literal: StringLiteral, names: readonly string[]): void {
  try {
    const { variables } = parseSqlJsonPath(literal.value)
    const missing = variables.find((name) => !names.includes(name))
    if (missing === undefined) return
    throw semanticError(
      'INVALID_PATH',
      literal,
      names.length === 0
        ? `no value passed for parameter ${missing}`
        : `no value passed for parameter ${missing}. Try quoting "${missing}" in the PASSING clause to match case`,
    )
  } catch (cause) {
    if (cause instanceof PathLiteralError) {
      // Trino has lost the place of the literal here.
      throw semanticError('SYNTAX_ERROR', { location: { line: 1, column: 1 } }, cause.message)
    }
    if (!(cause instanceof PathSyntaxError)) throw cause
    if (cause.isUnsupported) throw semanticError('NOT_SUPPORTED', literal, cause.message)
    const { line, column } = literal.location
    const location = { line, column: column + 1 + cause.offset }
    throw semanticError('SYNTAX_ERROR', { location }, cause.message)
  }
}

type FormWithPath = JsonExists | JsonValue | JsonQuery | JsonTable

const FORM_NAMES = {
  jsonExists: 'JSON_EXISTS',
  jsonValue: 'JSON_VALUE',
  jsonQuery: 'JSON_QUERY',
} as const

/** The arguments that the functions with a path have in common. */
export interface PathArguments {
  readonly input: Expression
  readonly path: ConstantExpression
  readonly passing: Expression
  readonly options: {
    readonly format: JsonFormat
    readonly passing: readonly { readonly name: string; readonly format?: JsonFormat }[]
  }
}

export function pathArguments(
  { jsonPathInvocation: node, ...form }: FormWithPath,
  context: ExpressionContext,
): PathArguments {
  if (node.pathName !== undefined && form.kind !== 'jsonTable') {
    throw semanticError(
      'INVALID_PATH',
      node.pathName,
      `JSON path name is not allowed in ${FORM_NAMES[form.kind]} function`,
    )
  }
  const refuse = (place: NodeBase, what: string) => {
    if (form.kind === 'jsonTable') refuseCalls(context.met, place, `JSON_TABLE ${what}`)
  }
  const input = jsonInputOf(
    analyze(node.inputExpression, context),
    node.inputFormat,
    node.inputExpression,
  )
  refuse(node.inputExpression, 'input expression')
  const names = new Set<string>()
  const parameters = node.pathParameters.map(({ name, parameter, format }) => {
    const text = canonicalName(name)
    if (names.has(text)) {
      throw semanticError(
        'DUPLICATE_PARAMETER_NAME',
        name,
        `${text} JSON path parameter is specified more than once`,
      )
    }
    names.add(text)
    const passed = passedValue(parameter, format, form, context)
    refuse(parameter, 'path parameter')
    return { name: text, ...passed }
  })
  checkPath(
    node.jsonPath,
    parameters.map((p) => p.name),
  )
  return {
    input,
    path: constant(VARCHAR, node.jsonPath.value),
    passing:
      parameters.length === 0 ? constant(BOOLEAN, true) : row(parameters.map((p) => p.expression)),
    options: {
      format: node.inputFormat,
      passing: parameters.map(({ expression: _, ...names }) => names),
    },
  }
}

/** A value passed to a path: JSON where a format says so, SQL values of JSON's kinds and datetimes as they are, others as text. */
function passedValue(
  parameter: AstExpression,
  writtenFormat: JsonFormat | undefined,
  place: NodeBase,
  context: ExpressionContext,
): { readonly expression: Expression; readonly format?: JsonFormat } {
  const format = formatOf(parameter, writtenFormat)
  if (parameter.kind === 'lambdaExpression') {
    throw semanticError(
      'NOT_SUPPORTED',
      parameter,
      'LambdaExpression is not supported as JSON path parameter',
    )
  }
  const expression = analyze(parameter, context)
  if (format !== undefined) {
    return { expression: jsonInputOf(expression, format, parameter), format }
  }
  const { type } = expression
  const what = 'Unsupported type of JSON path parameter'
  if (type.kind === 'varbinary') {
    throw semanticError('NOT_SUPPORTED', parameter, `${what}: ${typeName(type)}`)
  }
  if (isValueType(type)) return { expression }
  if (!canCast(type, VARCHAR)) {
    throw semanticError('NOT_SUPPORTED', place, `${what}: ${typeName(type)}`)
  }
  return { expression: cast(expression, VARCHAR) }
}

/** What of JSON's own functions gives is JSON without FORMAT too. */
const formatOf = (value: AstExpression, written: JsonFormat | undefined): JsonFormat | undefined =>
  written ??
  (value.kind === 'jsonQuery' || value.kind === 'jsonObject' || value.kind === 'jsonArray'
    ? 'JSON'
    : undefined)

const formatText = (format: JsonFormat): string =>
  format === 'JSON' ? 'JSON' : `JSON ENCODING ${format}`

/** Text or binary that holds JSON. */
function jsonInputOf(expression: Expression, format: JsonFormat, node: NodeBase): Expression {
  const { type } = expression
  if (type.kind === 'varbinary') return expression
  if (format === 'JSON' && (isCharacter(type) || type.kind === 'unknown')) {
    return coerce(expression, VARCHAR)
  }
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `Cannot read input of type ${typeName(type)} as JSON using formatting ${formatText(format)}`,
  )
}

const optionsOf = (options: object): Expression => constant(VARCHAR, JSON.stringify(options))

function analyzeJsonExists(node: JsonExists, context: ExpressionContext): Expression {
  const { input, path, passing, options } = pathArguments(node, context)
  const text = optionsOf({ ...options, errorBehavior: node.errorBehavior })
  return resolveCall('$json_exists', [input, path, text, passing], node, context.analysis)
}

const isValueType = (type: SqlType): boolean =>
  isNumeric(type) ||
  isCharacter(type) ||
  type.kind === 'boolean' ||
  /^(date|time|timestamp)/.test(type.kind)

/** The type that JSON_VALUE, or a column made by it, returns. @throws MillraceError TYPE_MISMATCH */
export function jsonValueType(written: DataType | undefined, node: NodeBase): SqlType {
  const type = written === undefined ? VARCHAR : analyzeTypeAt(written, node)
  if (isValueType(type)) return type
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `Invalid return type of function JSON_VALUE: ${typeName(type)}`,
  )
}

export type DefaultClause = 'ON EMPTY' | 'ON ERROR'

/** The value of DEFAULT, as the type that JSON_VALUE returns. @throws MillraceError TYPE_MISMATCH */
export function defaultOf(
  value: AstExpression,
  clause: DefaultClause,
  type: SqlType,
  context: ExpressionContext,
): Expression {
  const expression = analyze(value, context)
  if (canCoerce(expression.type, type)) return coerce(expression, type)
  throw semanticError(
    'TYPE_MISMATCH',
    value,
    `Function JSON_VALUE default ${clause} result must evaluate to a ${typeName(type)} (actual: ${typeName(expression.type)})`,
  )
}

function analyzeJsonValue(node: JsonValue, context: ExpressionContext): Expression {
  const { input, path, passing, options } = pathArguments(node, context)
  const type = jsonValueType(node.returnedType, node)
  const fallback = (value: AstExpression | undefined, clause: DefaultClause): Expression =>
    lambda([], value === undefined ? nullConstant(type) : defaultOf(value, clause, type, context))
  const onEmpty = fallback(node.emptyDefault, 'ON EMPTY')
  const onError = fallback(node.errorDefault, 'ON ERROR')
  const text = optionsOf({
    ...options,
    emptyBehavior: node.emptyBehavior,
    errorBehavior: node.errorBehavior,
  })
  const lambdaArgument = {
    kind: 'lambda argument',
    resolve: () => type,
  } as const
  const resolved = context.analysis.registry.resolve(
    '$json_value',
    [input.type, VARCHAR, VARCHAR, passing.type, lambdaArgument, lambdaArgument],
    node.location,
  )
  return call(resolved, [input, path, text, passing, onEmpty, onError])
}

/**
 * The type in which JSON is returned, a text or, in an encoding, a binary.
 * @throws MillraceError TYPE_MISMATCH
 */
export function jsonOutputType(
  written: DataType | undefined,
  format: JsonFormat | undefined,
  node: NodeBase,
): { readonly type: SqlType; readonly format: JsonFormat } {
  const type = written === undefined ? VARCHAR : analyzeTypeAt(written, node)
  const encoding = format ?? 'JSON'
  if (type.kind === 'varbinary' || (encoding === 'JSON' && isCharacter(type))) {
    return { type, format: encoding }
  }
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `Cannot output JSON value as ${typeName(type)} using formatting ${formatText(encoding)}`,
  )
}

/** The text of JSON as the type that RETURNING names. */
function jsonOutput(
  text: Expression,
  node: JsonQuery | JsonObject | JsonArray,
  context: ExpressionContext,
): Expression {
  const { type, format } = jsonOutputType(node.returnedType, node.outputFormat, node)
  if (type.kind !== 'varbinary') return coerce(text, type)
  const encoding = constant(VARCHAR, format)
  return resolveCall('$json_bytes', [text, encoding], node, context.analysis)
}

/** @throws MillraceError INVALID_FUNCTION_ARGUMENT for quotes of what is in an array */
export function refuseQuotesOfWrapped(node: JsonQuery | QueryColumn): void {
  if (node.wrapperBehavior === 'WITHOUT' || node.quotesBehavior === undefined) return
  throw semanticError(
    'INVALID_FUNCTION_ARGUMENT',
    node,
    `${node.quotesBehavior} QUOTES behavior specified with WITH ${node.wrapperBehavior} ARRAY WRAPPER behavior`,
  )
}

function analyzeJsonQuery(node: JsonQuery, context: ExpressionContext): Expression {
  const { input, path, passing, options } = pathArguments(node, context)
  refuseQuotesOfWrapped(node)
  const text = optionsOf({
    ...options,
    emptyBehavior: node.emptyBehavior,
    errorBehavior: node.errorBehavior,
    wrapper: node.wrapperBehavior,
    omitQuotes: node.quotesBehavior === 'OMIT',
  })
  const result = resolveCall('$json_query', [input, path, text, passing], node, context.analysis)
  return jsonOutput(result, node, context)
}

/** A value of a constructor: of JSON's own kinds as it is, others as text. */
function constructorValue(
  value: AstExpression,
  format: JsonFormat | undefined,
  node: NodeBase,
  what: string,
  context: ExpressionContext,
): Expression {
  const expression = analyze(value, context)
  if (format !== undefined) return jsonInputOf(expression, format, value)
  const { type } = expression
  const isItem =
    isNumeric(type) || type.kind === 'varchar' || type.kind === 'boolean' || type.kind === 'unknown'
  if (isItem) return type.kind === 'unknown' ? coerce(expression, VARCHAR) : expression
  if (type.kind !== 'varbinary' && canCast(type, VARCHAR)) return cast(expression, VARCHAR)
  throw semanticError(
    'NOT_SUPPORTED',
    type.kind === 'varbinary' ? value : node,
    `Unsupported type of value passed to ${what} function: ${typeName(type)}`,
  )
}

function analyzeJsonObject(node: JsonObject, context: ExpressionContext): Expression {
  const formats = node.members.map((m) => formatOf(m.value, m.format))
  const fields = node.members.flatMap(({ key, value }, i) => {
    const name = analyze(key, context)
    if (!isCharacter(name.type)) {
      throw semanticError(
        'INVALID_FUNCTION_ARGUMENT',
        key,
        `Invalid type of JSON object key: ${typeName(name.type)}`,
      )
    }
    const item = constructorValue(value, formats[i], node, 'JSON_OBJECT', context)
    if (formats[i] !== undefined && node.uniqueKeys) {
      throw semanticError(
        'NOT_SUPPORTED',
        node,
        'WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input expression has FORMAT',
      )
    }
    return [name.type.kind === 'char' ? trimmed(name, node, context) : coerce(name, VARCHAR), item]
  })
  const options = optionsOf({
    nullOnNull: node.nullOnNull,
    uniqueKeys: node.uniqueKeys,
    formats: formats.map((format) => format ?? null),
  })
  return constructed('$json_object', options, fields, node, context)
}

/** A CHAR as a key: without the spaces that fill it. */
const trimmed = (key: Expression, node: NodeBase, context: ExpressionContext): Expression =>
  resolveCall('rtrim', [coerce(key, VARCHAR)], node, context.analysis)

function analyzeJsonArray(node: JsonArray, context: ExpressionContext): Expression {
  const formats = node.elements.map((e) => formatOf(e.value, e.format))
  const fields = node.elements.map(({ value }, i) =>
    constructorValue(value, formats[i], node, 'JSON_ARRAY', context),
  )
  const options = optionsOf({
    nullOnNull: node.nullOnNull,
    formats: formats.map((format) => format ?? null),
  })
  return constructed('$json_array', options, fields, node, context)
}

function constructed(
  name: string,
  options: Expression,
  fields: readonly Expression[],
  node: JsonObject | JsonArray,
  context: ExpressionContext,
): Expression {
  const values = fields.length === 0 ? constant(BOOLEAN, true) : row(fields)
  const text = resolveCall(name, [options, values], node, context.analysis)
  return jsonOutput(text, node, context)
}
