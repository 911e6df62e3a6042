import { canCoerce } from '../../expressions/coercion.js'
import { BIGINT, typeName } from '../../spi/index.js'
import type {
  FetchFirst,
  Limit,
  LongLiteral,
  Offset,
  OrderBy,
  Parameter,
} from '../parser/ast/index.js'
import { type Analysis, analyze, expressionContext } from './analysis.js'
import type { BoundRowLimits } from './bound.js'
import { evaluateConstant } from './constant-evaluation.js'
import { rootScope } from './scope.js'
import { semanticError } from './semantic-error.js'

/** What has an order and a part of its rows taken. */
export interface Limited {
  readonly orderBy?: OrderBy
  readonly offset?: Offset
  readonly limit?: Limit | FetchFirst
}

/** OFFSET, LIMIT, FETCH FIRST: numbers or parameters. */
export function analyzeRowLimits(node: Limited, analysis: Analysis): BoundRowLimits {
  const { offset, limit } = node
  return {
    ...(offset === undefined
      ? {}
      : { offset: rowCount(offset.rowCount, offset, 'OFFSET', analysis) }),
    ...(limit === undefined ? {} : analyzeLimit(limit, node.orderBy !== undefined, analysis)),
  }
}

function analyzeLimit(
  limit: Limit | FetchFirst,
  isOrdered: boolean,
  analysis: Analysis,
): BoundRowLimits {
  if (limit.kind === 'limit') {
    return limit.rowCount === undefined
      ? {}
      : { limit: rowCount(limit.rowCount, limit, 'LIMIT', analysis) }
  }
  const count =
    limit.rowCount === undefined ? 1 : rowCount(limit.rowCount, limit, 'FETCH FIRST', analysis)
  if (count === 0) {
    throw semanticError(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      limit,
      `FETCH FIRST row count must be positive (actual value: ${count})`,
    )
  }
  if (limit.withTies && !isOrdered) {
    throw semanticError('MISSING_ORDER_BY', limit, 'FETCH FIRST WITH TIES clause requires ORDER BY')
  }
  return limit.withTies ? { limit: count, withTies: true } : { limit: count }
}

function rowCount(
  node: LongLiteral | Parameter,
  clause: Offset | Limit | FetchFirst,
  what: string,
  analysis: Analysis,
): number {
  if (node.kind === 'parameter' && analysis.parameters === undefined) {
    analysis.parameterTypes.set(node.position, { kind: 'bigint' })
    return 1
  }
  const { value, type } = evaluateConstant(
    analyze(node, expressionContext(analysis, rootScope)),
    analysis,
  )
  if (!canCoerce(type, BIGINT)) {
    const given = node.kind === 'parameter' ? analysis.parameters?.[node.position] : undefined
    const at = given !== undefined && 'location' in given ? given : node
    throw semanticError(
      'TYPE_MISMATCH',
      at,
      `Cannot cast type ${typeName(type)} to ${typeName(BIGINT)}`,
    )
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw semanticError(
      'INVALID_ARGUMENTS',
      node,
      `Parameter value provided for ${what} is NULL: ${value}`,
    )
  }
  if (value < 0) {
    throw semanticError(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      clause,
      `${what} row count must be greater or equal to 0 (actual value: ${value})`,
    )
  }
  return Number(value)
}
