import type {
  Expression,
  ExpressionKind,
  FrameBound,
  JsonPathInvocation,
  OrderBy,
  Window,
} from '../parser/ast/index.js'
import { typeText } from './type-analysis.js'

type Kind<K extends ExpressionKind> = Extract<Expression, { kind: K }>

const list = (expressions: readonly Expression[]): string =>
  expressions.map(expressionText).join(', ')
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
const withPrecision = (name: string, precision: number | undefined): string =>
  precision === undefined ? name : `${name}(${precision})`

export const expressionListText = (texts: readonly string[]): string => `[${texts.join(', ')}]`

/**
 * Writes an expression for messages, binary operators in parentheses.
 * @source Trino io.trino.sql.ExpressionFormatter
 */
export const expressionText = (node: Expression): string =>
  (WRITERS[node.kind] as (node: Expression) => string)(node)

const WRITERS: { readonly [K in ExpressionKind]: (node: Kind<K>) => string } = {
  arithmeticBinaryExpression: (n) =>
    `(${expressionText(n.left)} ${n.operator} ${expressionText(n.right)})`,
  arithmeticUnaryExpression: (n) => `${n.sign}${expressionText(n.value)}`,
  array: (n) => `ARRAY[${n.values.map(expressionText).join(',')}]`,
  atTimeZone: (n) => `${expressionText(n.value)} AT TIME ZONE ${expressionText(n.timeZone)}`,
  betweenPredicate: (n) =>
    `(${expressionText(n.value)} BETWEEN ${expressionText(n.min)} AND ${expressionText(n.max)})`,
  binaryLiteral: (n) => `X'${n.hex}'`,
  booleanLiteral: (n) => String(n.value),
  cast: (n) =>
    `${n.safe ? 'TRY_CAST' : 'CAST'}(${expressionText(n.expression)} AS ${typeText(n.type)})`,
  coalesceExpression: (n) => `COALESCE(${list(n.operands)})`,
  comparisonExpression: (n) =>
    `(${expressionText(n.left)} ${n.operator} ${expressionText(n.right)})`,
  currentCatalog: () => 'CURRENT_CATALOG',
  currentDate: () => 'current_date',
  currentPath: () => 'CURRENT_PATH',
  currentSchema: () => 'CURRENT_SCHEMA',
  currentTime: (n) => withPrecision('current_time', n.precision),
  currentTimestamp: (n) => withPrecision('current_timestamp', n.precision),
  currentUser: () => 'CURRENT_USER',
  decimalLiteral: (n) => `DECIMAL '${n.text}'`,
  dereferenceExpression: (n) =>
    `${expressionText(n.base)}.${n.field === undefined ? '*' : expressionText(n.field)}`,
  doubleLiteral: (n) => n.text,
  existsPredicate: (n) => `(EXISTS ${expressionText(n.subquery)})`,
  extract: (n) => `EXTRACT(${n.field} FROM ${expressionText(n.expression)})`,
  format: (n) => `format(${list(n.arguments)})`,
  functionCall: functionCallText,
  genericLiteral: (n) => `${n.type} ${quote(n.value)}`,
  groupingOperation: (n) => `GROUPING (${list(n.groupingColumns)})`,
  identifier: (n) => (n.delimited ? `"${n.value.replaceAll('"', '""')}"` : n.value),
  ifExpression: (n) =>
    `IF(${list([n.condition, n.trueValue, ...(n.falseValue === undefined ? [] : [n.falseValue])])})`,
  inListExpression: (n) => `(${list(n.values)})`,
  inPredicate: (n) => `(${expressionText(n.value)} IN ${expressionText(n.valueList)})`,
  intervalLiteral: (n) =>
    `INTERVAL ${n.sign === '-' ? '- ' : ''}'${n.value}' ${n.startField}${n.endField === undefined ? '' : ` TO ${n.endField}`}`,
  isNotNullPredicate: (n) => `(${expressionText(n.value)} IS NOT NULL)`,
  isNullPredicate: (n) => `(${expressionText(n.value)} IS NULL)`,
  jsonArray: (n) => `JSON_ARRAY(${n.elements.map((e) => expressionText(e.value)).join(', ')})`,
  jsonExists: (n) => `JSON_EXISTS(${jsonPathText(n.jsonPathInvocation)})`,
  jsonObject: (n) =>
    `JSON_OBJECT(${n.members.map((m) => `KEY ${expressionText(m.key)} VALUE ${expressionText(m.value)}`).join(', ')})`,
  jsonQuery: (n) => `JSON_QUERY(${jsonPathText(n.jsonPathInvocation)})`,
  jsonValue: (n) => `JSON_VALUE(${jsonPathText(n.jsonPathInvocation)})`,
  lambdaExpression: (n) =>
    `(${n.arguments.map((a) => expressionText(a.name)).join(', ')}) -> ${expressionText(n.body)}`,
  likePredicate: (n) =>
    `(${expressionText(n.value)} LIKE ${expressionText(n.pattern)}${n.escape === undefined ? '' : ` ESCAPE ${expressionText(n.escape)}`})`,
  localTime: (n) => withPrecision('localtime', n.precision),
  localTimestamp: (n) => withPrecision('localtimestamp', n.precision),
  logicalExpression: (n) => `(${n.terms.map(expressionText).join(` ${n.operator} `)})`,
  longLiteral: (n) => n.text,
  notExpression: (n) => `(NOT ${expressionText(n.value)})`,
  nullIfExpression: (n) => `NULLIF(${list([n.first, n.second])})`,
  nullLiteral: () => 'null',
  parameter: () => '?',
  quantifiedComparisonExpression: (n) =>
    `(${expressionText(n.value)} ${n.operator} ${n.quantifier} ${expressionText(n.subquery)})`,
  row: (n) => `ROW (${list(n.items)})`,
  searchedCaseExpression: (n) => caseText([], n.whenClauses, n.defaultValue),
  simpleCaseExpression: (n) => caseText([expressionText(n.operand)], n.whenClauses, n.defaultValue),
  stringLiteral: (n) => quote(n.value),
  subqueryExpression: () => '(...)',
  subscriptExpression: (n) => `${expressionText(n.base)}[${expressionText(n.index)}]`,
  trim: (n) =>
    `trim(${n.specification} ${n.trimCharacter === undefined ? '' : `${expressionText(n.trimCharacter)} `}FROM ${expressionText(n.trimSource)})`,
  tryExpression: (n) => `TRY(${expressionText(n.innerExpression)})`,
  windowOperation: (n) => `${expressionText(n.name)} OVER ${windowText(n.window)}`,
}

const caseText = (
  operand: readonly string[],
  whens: Kind<'searchedCaseExpression'>['whenClauses'],
  otherwise: Expression | undefined,
): string =>
  `(${[
    'CASE',
    ...operand,
    ...whens.map((w) => `WHEN ${expressionText(w.operand)} THEN ${expressionText(w.result)}`),
    ...(otherwise === undefined ? [] : [`ELSE ${expressionText(otherwise)}`]),
    'END',
  ].join(' ')})`

const jsonPathText = (path: JsonPathInvocation): string =>
  `${expressionText(path.inputExpression)}, ${expressionText(path.jsonPath)}`

function functionCallText(n: Kind<'functionCall'>): string {
  const name = n.name.parts.map(expressionText).join('.')
  const isCountAll = n.arguments.length === 0 && name.toLowerCase() === 'count'
  const args = isCountAll ? '*' : list(n.arguments)
  return [
    `${name}(${n.distinct ? 'DISTINCT ' : ''}${args}${n.orderBy === undefined ? '' : ` ${orderByText(n.orderBy)}`})`,
    ...(n.nullTreatment === undefined ? [] : [`${n.nullTreatment} NULLS`]),
    ...(n.filter === undefined ? [] : [`FILTER (WHERE ${expressionText(n.filter)})`]),
    ...(n.window === undefined ? [] : [`OVER ${windowText(n.window)}`]),
  ].join(' ')
}

const orderByText = (orderBy: OrderBy): string =>
  `ORDER BY ${orderBy.sortItems
    .map(
      (item) =>
        `${expressionText(item.sortKey)} ${item.ordering === 'ASCENDING' ? 'ASC' : 'DESC'}${item.nullOrdering === 'UNDEFINED' ? '' : ` NULLS ${item.nullOrdering}`}`,
    )
    .join(', ')}`

const boundText = (bound: FrameBound): string =>
  bound.value === undefined ? bound.type : `${expressionText(bound.value)} ${bound.type}`

function windowText(window: Window): string {
  if (window.kind === 'windowReference') return expressionText(window.name)
  const { frame } = window
  return `(${[
    ...(window.existingWindowName === undefined ? [] : [expressionText(window.existingWindowName)]),
    ...(window.partitionBy.length === 0 ? [] : [`PARTITION BY ${list(window.partitionBy)}`]),
    ...(window.orderBy === undefined ? [] : [orderByText(window.orderBy)]),
    ...(frame === undefined
      ? []
      : [
          frame.end === undefined
            ? `${frame.type} ${boundText(frame.start)}`
            : `${frame.type} BETWEEN ${boundText(frame.start)} AND ${boundText(frame.end)}`,
        ]),
  ].join(' ')})`
}
