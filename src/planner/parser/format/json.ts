import type {
  Expression,
  JsonArray,
  JsonExists,
  JsonFormat,
  JsonObject,
  JsonPathInvocation,
  JsonQuery,
  JsonQueryArrayWrapperBehavior,
  JsonQueryQuotesBehavior,
  JsonValue,
  JsonValueEmptyOrErrorBehavior,
} from '../ast/index.js'
import { formatDataType } from './data-type.js'
import { formatIdentifier, formatStringLiteral } from './name.js'
import { type FormatRules, join, optional } from './rules.js'

export function formatJsonFormat(format: JsonFormat): string {
  return format === 'JSON' ? 'JSON' : `JSON ENCODING ${format}`
}

function formatInput(
  expression: Expression,
  format: JsonFormat | undefined,
  rules: FormatRules,
): string {
  return rules.expression(expression) + optional(format, formatJsonFormat, ' FORMAT ')
}

/** `input FORMAT JSON, 'path' [AS name] [PASSING …]`. */
export function formatJsonPathInvocation(node: JsonPathInvocation, rules: FormatRules): string {
  const input = formatInput(node.inputExpression, node.inputFormat, rules)
  const parameters = join(node.pathParameters, ({ parameter, format, name }) => {
    return `${formatInput(parameter, format, rules)} AS ${formatIdentifier(name)}`
  })
  return [
    `${input}, ${formatStringLiteral(node.jsonPath.value)}`,
    optional(node.pathName, formatIdentifier, ' AS '),
    parameters === '' ? '' : ` PASSING ${parameters}`,
  ].join('')
}

export function formatJsonExists(node: JsonExists, rules: FormatRules): string {
  const invocation = formatJsonPathInvocation(node.jsonPathInvocation, rules)
  return `JSON_EXISTS(${invocation} ${node.errorBehavior} ON ERROR)`
}

export function formatJsonValue(node: JsonValue, rules: FormatRules): string {
  return [
    `JSON_VALUE(${formatJsonPathInvocation(node.jsonPathInvocation, rules)}`,
    optional(node.returnedType, formatDataType, ' RETURNING '),
    formatValueBehavior(node.emptyBehavior, node.emptyDefault, 'EMPTY', rules),
    formatValueBehavior(node.errorBehavior, node.errorDefault, 'ERROR', rules),
    ')',
  ].join('')
}

/** ` NULL ON EMPTY`, ` DEFAULT 1 ON ERROR`; nothing for no behavior. */
export function formatValueBehavior(
  behavior: JsonValueEmptyOrErrorBehavior | undefined,
  value: Expression | undefined,
  event: 'EMPTY' | 'ERROR',
  rules: FormatRules,
): string {
  if (behavior === undefined) return ''
  return ` ${behavior}${optional(value, rules.expression)} ON ${event}`
}

export function formatJsonQuery(node: JsonQuery, rules: FormatRules): string {
  return [
    `JSON_QUERY(${formatJsonPathInvocation(node.jsonPathInvocation, rules)}`,
    formatReturning(node),
    formatWrapper(node.wrapperBehavior),
    formatQuotes(node.quotesBehavior),
    ` ${node.emptyBehavior} ON EMPTY ${node.errorBehavior} ON ERROR)`,
  ].join('')
}

export function formatWrapper(behavior: JsonQueryArrayWrapperBehavior): string {
  return behavior === 'WITHOUT' ? ' WITHOUT ARRAY WRAPPER' : ` WITH ${behavior} ARRAY WRAPPER`
}

export function formatQuotes(behavior: JsonQueryQuotesBehavior | undefined): string {
  return behavior === undefined ? '' : ` ${behavior} QUOTES ON SCALAR STRING`
}

function formatReturning(node: Pick<JsonQuery, 'returnedType' | 'outputFormat'>): string {
  return (
    optional(node.returnedType, formatDataType, ' RETURNING ') +
    optional(node.outputFormat, formatJsonFormat, ' FORMAT ')
  )
}

export function formatJsonObject(node: JsonObject, rules: FormatRules): string {
  const members = join(node.members, ({ key, value, format }) => {
    return `KEY ${rules.expression(key)} VALUE ${formatInput(value, format, rules)}`
  })
  const onNull = node.nullOnNull ? ' NULL ON NULL' : ' ABSENT ON NULL'
  const keys = node.uniqueKeys ? ' WITH UNIQUE KEYS' : ' WITHOUT UNIQUE KEYS'
  const clauses = node.members.length === 0 ? '' : onNull + keys
  return `JSON_OBJECT(${members}${clauses}${formatReturning(node)})`
}

export function formatJsonArray(node: JsonArray, rules: FormatRules): string {
  const elements = join(node.elements, ({ value, format }) => formatInput(value, format, rules))
  const onNull = node.nullOnNull ? ' NULL ON NULL' : ' ABSENT ON NULL'
  const clauses = node.elements.length === 0 ? '' : onNull
  return `JSON_ARRAY(${elements}${clauses}${formatReturning(node)})`
}
