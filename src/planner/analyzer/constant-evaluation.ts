import {
  evaluateConstant as evaluate,
  isConstantExpression,
} from '../../expressions/interpreter.js'
import type { ConstantExpression, Expression } from '../../expressions/ir.js'
import { constant } from '../../expressions/ir-build.js'
import type { SessionContext } from '../../expressions/session-context.js'
import { MillraceError } from '../../spi/index.js'
import type { PlannerSession } from '../metadata.js'
import type { GenericLiteral, NodeBase } from '../parser/ast/index.js'
import type { Analysis } from './analysis.js'
import { semanticError } from './semantic-error.js'

const PICOS_PER_MILLI = 1_000_000_000n

/** What functions see of a session while the statement is planned. */
export const sessionContextOf = (session: PlannerSession): SessionContext => ({
  startPicos: BigInt(session.startMillis) * PICOS_PER_MILLI,
  timeZone: session.timeZone,
  locale: 'en-US',
  user: session.user,
  ...(session.version === undefined ? {} : { version: session.version }),
  ...(session.catalog === undefined ? {} : { catalog: session.catalog }),
  ...(session.schema === undefined ? {} : { schema: session.schema }),
  ...(session.pathText === undefined ? {} : { path: session.pathText }),
})

type Evaluation = Pick<Analysis, 'registry' | 'session'>

/**
 * The value of an expression without columns.
 * @throws MillraceError EXPRESSION_NOT_CONSTANT at `node` where it has some; what the evaluation throws
 */
export function evaluateConstant(
  expression: Expression,
  { registry, session }: Evaluation,
  node?: NodeBase,
): ConstantExpression {
  if (expression.kind === 'constant') return expression
  if (!isConstantExpression(expression)) {
    throw new MillraceError(
      'EXPRESSION_NOT_CONSTANT',
      'Constant expression cannot contain column references',
      { location: node?.location },
    )
  }
  const options = { registry, session: sessionContextOf(session) }
  return constant(expression.type, evaluate(expression, options))
}

/**
 * The constant of a typed literal.
 * @throws MillraceError INVALID_LITERAL where the text is no value of the type
 */
export function evaluateLiteral(
  expression: Expression,
  node: GenericLiteral,
  analysis: Evaluation,
): ConstantExpression {
  try {
    return evaluateConstant(expression, analysis)
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.type !== 'USER_ERROR') throw cause
    throw semanticError(
      'INVALID_LITERAL',
      node,
      `'${node.value}' is not a valid ${node.type.toUpperCase()} literal`,
    )
  }
}
