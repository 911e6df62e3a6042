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
import { PathSyntaxError, parseSqlJsonPath } from '../../expressions/sql-json/path.js'
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
  JsonPathInvocation,
  JsonQuery,
  JsonValue,
  NodeBase,
  StringLiteral,
} from '../parser/ast/index.js'
import { analyze, type ExpressionContext } from './analysis.js'
import { resolveCall } from './call-resolution.js'
import { semanticError } from './semantic-error.js'
import { analyzeType } from './type-analysis.js'

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
      `no value passed for parameter ${missing}. Try quoting "${missing}" in the PASSING clause to match case`,
    )
  } catch (cause) {
    if (!(cause instanceof PathSyntaxError)) throw cause
    if (cause.isUnsupported) throw semanticError('NOT_SUPPORTED', literal, cause.message)
    const { line, column } = literal.location
    const location = { line, column: column + 1 + cause.offset }
    throw semanticError('SYNTAX_ERROR', { location }, cause.message)
  }
}

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

export function pathArguments(node: JsonPathInvocation, context: ExpressionContext): PathArguments {
  const input = jsonInputOf(analyze(node.inputExpression, context), node.inputExpression)
  const parameters = node.pathParameters.map(({ name, parameter, format }) => ({
    name: name.delimited ? name.value : name.value.toUpperCase(),
    expression: analyze(parameter, context),
    ...(format === undefined ? {} : { format }),
  }))
  checkPath(
    node.jsonPath,
    parameters.map((p) => p.name),
  )
  return {
    input,
    path: constant(VARCHAR, node.jsonPath.value),
    passing:
      parameters.length === 0
        ? constant(BOOLEAN, true)
        : row(
            parameters.map((p) =>
              p.format === undefined ? p.expression : jsonInputOf(p.expression, node),
            ),
          ),
    options: {
      format: node.inputFormat,
      passing: parameters.map(({ expression: _, ...names }) => names),
    },
  }
}

/** Text or binary that holds JSON. */
function jsonInputOf(expression: Expression, node: NodeBase): Expression {
  if (expression.type.kind === 'varbinary') return expression
  if (isCharacter(expression.type) || expression.type.kind === 'unknown') {
    return coerce(expression, VARCHAR)
  }
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `Cannot read input of type ${typeName(expression.type)} as JSON using formatting JSON`,
  )
}

const optionsOf = (options: object): Expression => constant(VARCHAR, JSON.stringify(options))

function analyzeJsonExists(node: JsonExists, context: ExpressionContext): Expression {
  const { input, path, passing, options } = pathArguments(node.jsonPathInvocation, context)
  const text = optionsOf({ ...options, errorBehavior: node.errorBehavior })
  return resolveCall('$json_exists', [input, path, text, passing], node, context.analysis)
}

const isValueType = (type: SqlType): boolean =>
  isNumeric(type) ||
  isCharacter(type) ||
  type.kind === 'boolean' ||
  /^(date|time|timestamp)/.test(type.kind)

function analyzeJsonValue(node: JsonValue, context: ExpressionContext): Expression {
  const type = node.returnedType === undefined ? VARCHAR : analyzeType(node.returnedType)
  if (!isValueType(type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Invalid return type of function JSON_VALUE: ${typeName(type)}`,
    )
  }
  const { input, path, passing, options } = pathArguments(node.jsonPathInvocation, context)
  const fallback = (value: AstExpression | undefined): Expression => {
    if (value === undefined) return lambda([], nullConstant(type))
    const expression = analyze(value, context)
    if (!canCoerce(expression.type, type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        value,
        `Function JSON_VALUE default result must evaluate to a ${typeName(type)} (actual: ${typeName(expression.type)})`,
      )
    }
    return lambda([], coerce(expression, type))
  }
  const onEmpty = fallback(node.emptyDefault)
  const onError = fallback(node.errorDefault)
  const text = optionsOf({
    ...options,
    emptyBehavior: node.emptyBehavior,
    errorBehavior: node.errorBehavior,
  })
  const lambdaArgument = {
    kind: 'lambda argument',
    parameterCount: 0,
    resolve: () => type,
  } as const
  const resolved = context.analysis.registry.resolve(
    '$json_value',
    [input.type, VARCHAR, VARCHAR, passing.type, lambdaArgument, lambdaArgument],
    node.location,
  )
  return call(resolved, [input, path, text, passing, onEmpty, onError])
}

/** The text of JSON as the type that RETURNING names. */
function jsonOutput(
  text: Expression,
  returnedType: DataType | undefined,
  node: NodeBase,
  context: ExpressionContext,
): Expression {
  const type = returnedType === undefined ? VARCHAR : analyzeType(returnedType)
  if (isCharacter(type)) return coerce(text, type)
  if (type.kind === 'varbinary') return resolveCall('to_utf8', [text], node, context.analysis)
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `Cannot output JSON value as ${typeName(type)} using formatting JSON`,
  )
}

function analyzeJsonQuery(node: JsonQuery, context: ExpressionContext): Expression {
  const { input, path, passing, options } = pathArguments(node.jsonPathInvocation, context)
  if (node.wrapperBehavior !== 'WITHOUT' && node.quotesBehavior !== undefined) {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      node,
      `${node.quotesBehavior} QUOTES behavior specified with WITH ${node.wrapperBehavior} ARRAY WRAPPER behavior`,
    )
  }
  const text = optionsOf({
    ...options,
    emptyBehavior: node.emptyBehavior,
    errorBehavior: node.errorBehavior,
    wrapper: node.wrapperBehavior,
    omitQuotes: node.quotesBehavior === 'OMIT',
  })
  const result = resolveCall('$json_query', [input, path, text, passing], node, context.analysis)
  return jsonOutput(result, node.returnedType, node, context)
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
  if (format !== undefined) return jsonInputOf(expression, value)
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
  const fields = node.members.flatMap(({ key, value, format }) => {
    const name = analyze(key, context)
    if (!isCharacter(name.type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        key,
        `JSON object key must be character string (actual: ${typeName(name.type)})`,
      )
    }
    return [coerce(name, VARCHAR), constructorValue(value, format, node, 'JSON_OBJECT', context)]
  })
  const options = optionsOf({
    nullOnNull: node.nullOnNull,
    uniqueKeys: node.uniqueKeys,
    formats: node.members.map((m) => m.format ?? null),
  })
  return constructed('$json_object', options, fields, node, context)
}

function analyzeJsonArray(node: JsonArray, context: ExpressionContext): Expression {
  const fields = node.elements.map(({ value, format }) =>
    constructorValue(value, format, node, 'JSON_ARRAY', context),
  )
  const options = optionsOf({
    nullOnNull: node.nullOnNull,
    formats: node.elements.map((e) => e.format ?? null),
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
  return jsonOutput(text, node.returnedType, node, context)
}
