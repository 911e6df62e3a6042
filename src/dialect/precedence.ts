import { callName } from './call-name.js'
import { NULL_SAFE_EQUAL } from './encode.js'
import type { ForeignNode } from './foreign-node.js'
import { notSupported, type Translation } from './translation.js'

/**
 * How tightly operators bind, where all dialects agree. The foreign grammars don't always keep to it: an operand without parentheses that
 * binds no tighter than its operator was misread, and is refused.
 */
export const LEVELS: Readonly<Record<string, number>> = {
  OR: 1,
  XOR: 2,
  AND: 3,
  '&&': 3,
  NOT: 4,
  '+': 7,
  '-': 7,
  '*': 8,
  '/': 8,
  '%': 8,
  DIV: 8,
  MOD: 8,
  '->': 9,
  '->>': 9,
}
export const COMPARISON_LEVEL = 5
const CONCATENATION_LEVEL = 6
export const UNARY_LEVEL = 10

const COMPARISONS =
  /^(?:=|==|<>|!=|<|<=|>|>=|<=>|IS|IS NOT|IN|NOT IN|LIKE|NOT LIKE|ILIKE|NOT ILIKE|BETWEEN|NOT BETWEEN|REGEXP|NOT REGEXP|RLIKE|NOT RLIKE|GLOB|SIMILAR TO|NOT SIMILAR TO)$/

export function levelOf(operator: string, t: Translation): number | undefined {
  if (operator === '||') return t.dialect.pipes === 'or' ? LEVELS.OR : CONCATENATION_LEVEL
  if (COMPARISONS.test(operator)) return COMPARISON_LEVEL
  return LEVELS[operator]
}

export function checkOperand(
  operator: string,
  level: number | undefined,
  operand: ForeignNode | undefined,
  isRight: boolean,
  t: Translation,
): void {
  if (operand === undefined || operand.isParenthesised) return
  const isNotCall = operand.type === 'function' && callName(operand) === 'not'
  if (operand.type !== 'binary_expr' && operand.type !== 'unary_expr' && !isNotCall) return
  const inner = isNotCall ? 'NOT' : writtenOperator(operand, t)
  const isSign = operand.type === 'unary_expr' && inner !== 'NOT' && !/EXISTS$/.test(inner)
  if (/EXISTS$/.test(inner)) return
  const innerLevel = isSign ? UNARY_LEVEL : levelOf(inner, t)
  const isMixed = (level === CONCATENATION_LEVEL) !== (innerLevel === CONCATENATION_LEVEL)
  const between = [level, innerLevel].every(
    (l) => l !== undefined && l > COMPARISON_LEVEL && l < UNARY_LEVEL,
  )
  const isRight_ =
    level !== undefined &&
    innerLevel !== undefined &&
    !(isMixed && between) &&
    // A comparison of comparisons reads in other ways in other dialects.
    !(level === COMPARISON_LEVEL && innerLevel === COMPARISON_LEVEL) &&
    // AND and OR may nest to the right: it makes no difference.
    (isRight && level > COMPARISON_LEVEL ? innerLevel > level : innerLevel >= level)
  if (isRight_) return
  throw notSupported(
    `${inner} as an operand of ${operator} without parentheses`,
    t,
    'Put parentheses around it: how the foreign parser reads it is in doubt',
  )
}

/** As the statement has it. */
export function writtenOperator(node: ForeignNode, t: Translation): string {
  const operator = String(node.value('operator')).toUpperCase().replaceAll(/\s+/g, ' ')
  return operator === NULL_SAFE_EQUAL && t.dialect.pipes === 'or' ? '<=>' : operator
}
