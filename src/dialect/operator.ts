import type { Expression } from '../planner/parser/ast/index.js'
import { callName } from './call-name.js'
import { concatenation } from './concatenation.js'
import { condition, expression, onlySubquery, subqueryExpression, value } from './expression.js'
import type { ForeignNode } from './foreign-node.js'
import { jsonField, jsonText, stepsOf } from './json-path.js'
import {
  COMPARISON_LEVEL,
  checkOperand,
  LEVELS,
  levelOf,
  UNARY_LEVEL,
  writtenOperator,
} from './precedence.js'
import { queryExpression } from './query.js'
import { finish, notSupported, type Translation } from './translation.js'
import { filled, stringLiteral } from './tree.js'

export function binaryExpression(node: ForeignNode, t: Translation): Expression {
  const operator = writtenOperator(node, t)
  const left = node.node('left')
  const right = node.node('right')
  if (left === undefined || right === undefined) throw notSupported(`the operator ${operator}`, t)
  const level = levelOf(operator, t)
  checkOperand(operator, level, left, false, t)
  if (!/BETWEEN$/.test(operator)) checkOperand(operator, level, right, true, t)
  return binary(operator, left, right, t)
}

function binary(
  operator: string,
  left: ForeignNode,
  right: ForeignNode,
  t: Translation,
): Expression {
  const { location } = t
  const apply = (template: string): Expression =>
    filled(template, [value(left, t), value(right, t)], location)
  switch (operator) {
    case 'AND':
    case '&&':
      return logical('AND', left, right, t)
    case 'OR':
      return logical('OR', left, right, t)
    case 'XOR':
      return filled('(_1 <> _2)', [condition(left, t), condition(right, t)], location)
    case '=':
    case '==':
    case '<>':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(
        operator === '==' ? '=' : operator === '!=' ? '<>' : operator,
        left,
        right,
        t,
      )
    case '<=>':
      return negated(comparison('IS DISTINCT FROM', left, right, t))
    case 'IS':
    case 'IS NOT':
      return isExpression(operator === 'IS NOT', left, right, t)
    case 'IN':
    case 'NOT IN':
      return withNot(operator, inExpression(left, right, t))
    case 'BETWEEN':
    case 'NOT BETWEEN':
      return withNot(operator, between(left, right, t))
    case 'LIKE':
    case 'NOT LIKE':
      return withNot(operator, like(left, right, t.dialect.likeIgnoresCase ? 'ascii' : 'exact', t))
    case 'ILIKE':
    case 'NOT ILIKE':
      return withNot(operator, like(left, right, 'ignored', t))
    case '+':
    case '-':
      return sum(operator, left, right, t)
    case '*':
      return apply('_1 * _2')
    case '/':
      return apply(`"$dialect_divide"('${t.dialect.arithmetic}', _1, _2)`)
    case 'DIV':
      return apply(`"$dialect_divide"('integer', _1, _2)`)
    case '%':
    case 'MOD':
      return apply(
        /^(?:mysql|sqlite)$/.test(t.dialect.arithmetic)
          ? `"$dialect_modulus"('${t.dialect.arithmetic}', _1, _2)`
          : '_1 % _2',
      )
    case '->':
    case '->>':
      return jsonStep(operator === '->>', left, right, t)
    case '||':
      return t.dialect.pipes === 'or'
        ? logical('OR', left, right, t)
        : concatenation([value(left, t), value(right, t)], t)
    default:
      return lessCommon(operator, apply, t)
  }
}

/** `->` and `->>` of PostgreSQL and MySQL; SQLite's give numbers as numbers. */
function jsonStep(
  isText: boolean,
  left: ForeignNode,
  right: ForeignNode,
  t: Translation,
): Expression {
  const isKnown = isPostgres(t) || t.dialect.arithmetic === 'mysql'
  if (!isKnown) throw notSupported(`the operator ${isText ? '->>' : '->'}`, t)
  const field = jsonField(value(left, t), stepsOf(value(right, t), t), t)
  return isText ? jsonText(field, t) : field
}

const isPostgres = (t: Translation): boolean =>
  /^(?:postgresql|redshift|noql)$/.test(t.dialect.name)

function lessCommon(
  operator: string,
  apply: (template: string) => Expression,
  t: Translation,
): Expression {
  if (isPostgres(t)) {
    switch (operator) {
      case '~':
        return apply('regexp_like(_1, _2)')
      case '!~':
        return apply('NOT regexp_like(_1, _2)')
      case '~*':
        return apply("regexp_like(_1, concat('(?i)', _2))")
      case '!~*':
        return apply("NOT regexp_like(_1, concat('(?i)', _2))")
      case '^':
        return apply('power(_1, _2)')
    }
  }
  const isFullMatch = t.dialect.name === 'snowflake'
  switch (operator) {
    case 'REGEXP':
    case 'RLIKE':
    case 'NOT REGEXP':
    case 'NOT RLIKE': {
      const match = apply(
        isFullMatch ? "regexp_like(_1, concat('^(?:', _2, ')$'))" : 'regexp_like(_1, _2)',
      )
      return operator.startsWith('NOT') ? negated(match) : match
    }
    case '&':
      return apply('bitwise_and(_1, _2)')
    case '|':
      return apply('bitwise_or(_1, _2)')
    default:
      throw notSupported(`the operator ${operator}`, t)
  }
}

const negated = (node: Expression): Expression => ({
  kind: 'notExpression',
  value: node,
  location: node.location,
})

const withNot = (operator: string, node: Expression): Expression =>
  operator.startsWith('NOT ') ? negated(node) : node

function logical(
  operator: 'AND' | 'OR',
  left: ForeignNode,
  right: ForeignNode,
  t: Translation,
): Expression {
  const { location } = t
  // A chain nests to the left: flat, so that long ones stay shallow.
  const terms = [left, right].flatMap((side): readonly Expression[] => {
    const term = condition(side, t)
    const joins = term.kind === 'logicalExpression' && term.operator === operator
    return joins ? term.terms : [term]
  })
  return { kind: 'logicalExpression', operator, terms, location }
}

const isUntyped = (node: Expression): boolean =>
  node.kind === 'stringLiteral' || node.kind === 'parameter'

/** Strings and parameters take the type of what they are compared with. */
function comparison(
  operator: string,
  left: ForeignNode,
  right: ForeignNode,
  t: Translation,
): Expression {
  const { location } = t
  const quantified = quantifiedComparison(operator, left, right, t)
  if (quantified !== undefined) return quantified
  const sides = [value(left, t), value(right, t)]
  return sides.some(isUntyped)
    ? filled(`"$dialect_compare"('${operator}', _1, _2)`, sides, location)
    : filled(`_1 ${operator} _2`, sides, location)
}

/** `= ANY (…)`, which the grammars have as a function. */
function quantifiedComparison(
  operator: string,
  left: ForeignNode,
  right: ForeignNode,
  t: Translation,
): Expression | undefined {
  if (right.type !== 'function' && right.type !== 'unary_expr') return undefined
  const name = callName(right)
  if (name !== 'any' && name !== 'some' && name !== 'all') return undefined
  const args = right.node('args')
  if (args === undefined) throw notSupported(name.toUpperCase(), t)
  right.ignore('over')
  const subquery = onlySubquery(args, t)
  const operand = value(left, t)
  if (subquery !== undefined) {
    return {
      kind: 'quantifiedComparisonExpression',
      operator: operator as '=' | '<>' | '<' | '<=' | '>' | '>=',
      quantifier: name === 'all' ? 'ALL' : 'ANY',
      value: operand,
      subquery,
      location: t.location,
    }
  }
  const [array] = args.nodes('value')
  if (array !== undefined && operator === '=' && name !== 'all') {
    return filled('contains(_1, _2)', [value(array, t), operand], t.location)
  }
  if (array !== undefined && operator === '<>' && name === 'all') {
    return filled('NOT contains(_1, _2)', [value(array, t), operand], t.location)
  }
  throw notSupported(`${operator} ${name.toUpperCase()} of an array`, t)
}

function isExpression(
  isNot: boolean,
  left: ForeignNode,
  right: ForeignNode,
  t: Translation,
): Expression {
  const { location } = t
  if (right.type === 'null') {
    const operand = value(left, t)
    return isNot
      ? { kind: 'isNotNullPredicate', value: operand, location }
      : { kind: 'isNullPredicate', value: operand, location }
  }
  if (right.type === 'bool' || right.type === 'boolean') {
    const wanted = right.value('value') === true
    const test = condition(left, t)
    const result = filled('coalesce(_1, false)', [wanted ? test : negated(test)], location)
    const truth = t.dialect.booleansAreIntegers
      ? filled('"$dialect_truth"(_1)', [result], location)
      : result
    return isNot ? negated(truth) : truth
  }
  const text = right.value('value')
  if (
    typeof text === 'string' &&
    /^(?:NOT )?(?:DISTINCT FROM|TRUE|FALSE|NULL|UNKNOWN)/i.test(text)
  ) {
    return isWords(isNot, text, left, t)
  }
  if (t.dialect.name !== 'sqlite') throw notSupported('this form of IS', t)
  const different = comparison('IS DISTINCT FROM', left, right, t)
  return isNot ? different : negated(different)
}

/** `IS [NOT] DISTINCT FROM x`, whose x is text. */
function isWords(isNot: boolean, text: string, left: ForeignNode, t: Translation): Expression {
  const match = /^(NOT )?DISTINCT FROM (.+)$/is.exec(text)
  if (match === null) throw notSupported(`IS ${text}`, t)
  const other = t.reparse(match[2]!)
  const different = comparison('IS DISTINCT FROM', left, other, t)
  return (match[1] !== undefined) !== isNot ? negated(different) : different
}

function inExpression(left: ForeignNode, right: ForeignNode, t: Translation): Expression {
  const { location } = t
  const operand = value(left, t)
  const subquery = onlySubquery(right, t)
  if (subquery !== undefined) {
    return { kind: 'inPredicate', value: operand, valueList: subquery, location }
  }
  if (right.type === 'select') {
    const valueList = subqueryExpression(queryExpression(right, t))
    return { kind: 'inPredicate', value: operand, valueList, location }
  }
  if (right.type === 'unnest') {
    return filled('contains(_1, _2)', [value(right.node('expr')!, t), operand], location)
  }
  if (right.type !== 'expr_list') throw notSupported('IN with what is no list', t)
  const values = right.nodes('value').map((item) => value(item, t))
  if (values.length === 0) throw notSupported('IN with an empty list', t)
  if ([operand, ...values].some(isUntyped)) {
    const holes = values.map((_, i) => `_${i + 2}`).join(', ')
    return filled(`"$dialect_in"(_1, ${holes})`, [operand, ...values], location)
  }
  return {
    kind: 'inPredicate',
    value: operand,
    valueList: { kind: 'inListExpression', values, location },
    location,
  }
}

function between(left: ForeignNode, right: ForeignNode, t: Translation): Expression {
  const [low, high] = right.nodes('value')
  if (low === undefined || high === undefined) throw notSupported('this form of BETWEEN', t)
  for (const bound of [low, high]) checkOperand('BETWEEN', COMPARISON_LEVEL, bound, true, t)
  const operands = [left, low, high].map((item) => value(item, t))
  const template = operands.some(isUntyped)
    ? '"$dialect_between"(_1, _2, _3)'
    : '_1 BETWEEN _2 AND _3'
  return filled(template, operands, t.location)
}

const LETTERS = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'"

/** Dialects whose patterns have the backslash as escape unless told. */
const hasDefaultEscape = (t: Translation): boolean =>
  isPostgres(t) || /^(?:bigquery|hive)$/.test(t.dialect.name) || t.dialect.pipes === 'or'

const literalText = (e: Expression): string | undefined =>
  e.kind === 'stringLiteral' ? e.value : undefined

function like(
  left: ForeignNode,
  right: ForeignNode,
  letterCase: 'exact' | 'ascii' | 'ignored',
  t: Translation,
): Expression {
  const { location } = t
  const escapeNode = right.node('escape')
  right.ignore('escape')
  const explicit = escapeNode?.node('value')
  const operands = [value(left, t), valueWithoutEscape(right, t)]
  const pattern = operands[1]!
  if (t.dialect.name === 'transactsql' && /\[/.test(literalText(pattern) ?? '')) {
    throw notSupported('LIKE with a class of characters', t, 'Escape the bracket, or compare by =')
  }
  const needsEscape =
    hasDefaultEscape(t) && (pattern.kind !== 'stringLiteral' || pattern.value.includes('\\'))
  const escapeCharacter =
    explicit !== undefined
      ? value(explicit, t)
      : needsEscape
        ? stringLiteral('\\', location)
        : undefined
  const folded = (hole: string): string => {
    if (letterCase === 'exact') return hole
    return letterCase === 'ascii' ? `translate(${hole}, ${LETTERS})` : `lower(${hole})`
  }
  const template = `${folded('_1')} LIKE ${folded('_2')}`
  return escapeCharacter === undefined
    ? filled(template, operands, location)
    : filled(`${template} ESCAPE _3`, [...operands, escapeCharacter], location)
}

/** The pattern of a LIKE whose escape has been taken. */
function valueWithoutEscape(right: ForeignNode, t: Translation): Expression {
  if (!right.has('escape')) return value(right, t)
  const text = right.value('value')
  if (typeof text !== 'string') throw notSupported('this pattern of LIKE', t)
  return t.reparse(`'${text}'`).type === ''
    ? stringLiteral(text, t.location)
    : value(t.reparse(`'${text}'`), t)
}

/** A sum or difference, which may be of dates. */
function sum(
  operator: '+' | '-',
  left: ForeignNode,
  right: ForeignNode,
  t: Translation,
): Expression {
  const sides = [value(left, t), value(right, t)]
  const isNumber = (side: Expression): boolean =>
    side.kind === 'decimalLiteral' ||
    side.kind === 'doubleLiteral' ||
    (side.kind === 'arithmeticBinaryExpression' && side.operator === '*')
  const isPlain =
    sides.some(isNumber) ||
    sides.every((side) => side.kind === 'longLiteral') ||
    (operator === '-' && sides[0]!.kind === 'longLiteral')
  const name = operator === '+' ? 'add' : 'subtract'
  return isPlain
    ? filled(`_1 ${operator} _2`, sides, t.location)
    : filled(`"$dialect_${name}"('${t.dialect.arithmetic}', _1, _2)`, sides, t.location)
}

export function unaryExpression(node: ForeignNode, t: Translation): Expression {
  const operator = String(node.value('operator')).toUpperCase()
  const operand = node.node('expr')
  if (operand === undefined) throw notSupported(`the operator ${operator}`, t)
  const { location } = t
  switch (operator) {
    case 'NOT':
      checkOperand('NOT', LEVELS.NOT, operand, false, t)
      return negated(condition(operand, t))
    case '!':
      return negated(condition(operand, t))
    case '-':
      checkOperand('-', UNARY_LEVEL, operand, false, t)
      return filled('-_1', [value(operand, t)], location)
    case '+':
      checkOperand('+', UNARY_LEVEL, operand, false, t)
      return value(operand, t)
    case 'EXISTS':
    case 'NOT EXISTS': {
      const subquery = onlySubquery(operand, t) ?? expression(operand, t)
      const exists: Expression = { kind: 'existsPredicate', subquery, location }
      finish(operand, t)
      return operator === 'EXISTS' ? exists : negated(exists)
    }
    default:
      throw notSupported(`the operator ${operator}`, t)
  }
}
