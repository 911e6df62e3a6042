import type { Expression, LambdaExpression } from '../../expressions/ir.js'
import { typeName } from '../../spi/index.js'
import { textOf } from './value-text.js'

const OPERATORS: Readonly<Record<string, string>> = {
  $add: '+',
  $subtract: '-',
  $multiply: '*',
  $divide: '/',
  $modulus: '%',
}

/**
 * Writes an expression as EXPLAIN shows it: `(("quantity" < bigint '24') AND …)`.
 * @source Trino io.trino.sql.planner.iterative rules' ExpressionFormatter
 */
export function expressionText(e: Expression): string {
  const list = (items: readonly Expression[]) => items.map(expressionText).join(', ')
  switch (e.kind) {
    case 'constant':
      return constantText(e)
    case 'symbol':
      return e.name
    case 'input':
      return `#${e.channel}`
    case 'call': {
      const operator = OPERATORS[e.function.name]
      if (operator !== undefined && e.args.length === 2) {
        return `(${e.args.map(expressionText).join(` ${operator} `)})`
      }
      if (e.function.name === '$like') {
        const [value, pattern, escapeCharacter] = e.args.map(expressionText)
        return `(${value} LIKE ${pattern}${escapeCharacter === undefined ? '' : ` ESCAPE ${escapeCharacter}`})`
      }
      return `${e.function.name}(${list(e.args)})`
    }
    case 'cast':
      return `${e.safe ? 'TRY_CAST' : 'CAST'}(${expressionText(e.arg)} AS ${typeName(e.type)})`
    case 'comparison': {
      const operator = e.operator === 'identical' ? 'IS NOT DISTINCT FROM' : e.operator
      return `(${expressionText(e.left)} ${operator} ${expressionText(e.right)})`
    }
    case 'logical':
      return `(${e.terms.map(expressionText).join(` ${e.operator.toUpperCase()} `)})`
    case 'not':
      return `(NOT ${expressionText(e.arg)})`
    case 'isNull':
      return `(${expressionText(e.arg)} IS NULL)`
    case 'case': {
      const whens = e.whens.map(
        (w) => ` WHEN ${expressionText(w.condition)} THEN ${expressionText(w.result)}`,
      )
      return `(CASE${whens.join('')} ELSE ${expressionText(e.otherwise)} END)`
    }
    case 'coalesce':
      return `COALESCE(${list(e.args)})`
    case 'nullIf':
      return `NULLIF(${expressionText(e.first)}, ${expressionText(e.second)})`
    case 'in':
      return `(${expressionText(e.value)} IN (${list(e.list)}))`
    case 'between':
      return `(${expressionText(e.value)} BETWEEN ${expressionText(e.min)} AND ${expressionText(e.max)})`
    case 'row':
      return `ROW (${list(e.args)})`
    case 'field':
      return `${expressionText(e.base)}.${fieldName(e)}`
    case 'lambda':
      return lambdaText(e)
  }
}

function fieldName(e: Extract<Expression, { kind: 'field' }>): string {
  const field = e.base.type.kind === 'row' ? e.base.type.fields[e.index] : undefined
  return field?.name ?? String(e.index)
}

const lambdaText = (e: LambdaExpression): string =>
  `(${e.parameters.map((p) => p.name).join(', ')}) -> ${expressionText(e.body)}`

function constantText(e: Extract<Expression, { kind: 'constant' }>): string {
  if (e.value === null) return `null::${typeName(e.type)}`
  if (e.type.kind === 'boolean') return String(e.value)
  return `${typeName(e.type)} '${textOf(e.type, e.value).replaceAll("'", "''")}'`
}
