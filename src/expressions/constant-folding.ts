import { MillraceError } from '../spi/error.js'
import { evaluateConstant, type InterpreterOptions, isConstantExpression } from './interpreter.js'
import type { Expression } from './ir.js'
import { and, conjuncts, constant, disjuncts, FALSE, or, TRUE } from './ir-build.js'
import { childrenOf, isDeterministic, withChildren } from './ir-walk.js'
import { callsLoop } from './routine.js'

/**
 * Replaces what is constant by its value, and drops what constants decide: terms of AND and OR, branches of CASE,
 * arguments of COALESCE. What fails stays as it is, and fails where it is evaluated.
 */
export function foldConstants(expression: Expression, options: InterpreterOptions): Expression {
  const folded =
    expression.kind === 'lambda'
      ? withChildren(expression, [foldConstants(expression.body, options)])
      : simplify(
          withChildren(
            expression,
            childrenOf(expression).map((child) => foldConstants(child, options)),
          ),
        )
  if (folded.kind === 'constant' || folded.kind === 'lambda') return folded
  if (!isFoldable(folded)) return folded
  try {
    return constant(folded.type, evaluateConstant(folded, options))
  } catch (error) {
    if (error instanceof MillraceError) return folded
    throw error
  }
}

/**
 * Calls with lambdas are folded only where everything they read is constant; what may loop for ever is left to the query, which
 * can be cancelled.
 */
const isFoldable = (expression: Expression): boolean =>
  isConstantExpression(expression) && isDeterministic(expression) && !callsLoop(expression)

function simplify(expression: Expression): Expression {
  switch (expression.kind) {
    case 'logical':
      return expression.operator === 'and' ? foldAnd(expression) : foldOr(expression)
    case 'case':
      return foldCase(expression)
    case 'coalesce':
      return foldCoalesce(expression)
    case 'not':
      if (expression.arg.kind === 'not') return expression.arg.arg
      return expression
    default:
      return expression
  }
}

/** A term that decides does so wherever it stands, as in Trino: what stands before it may fail and is not evaluated. */
function foldAnd(expression: Expression): Expression {
  const terms = conjuncts(expression)
  if (terms.some((term) => term.kind === 'constant' && term.value === false)) return FALSE
  return terms.length === 0 ? TRUE : and(terms)
}

function foldOr(expression: Expression): Expression {
  const terms = disjuncts(expression)
  if (terms.some((term) => term.kind === 'constant' && term.value === true)) return TRUE
  return terms.length === 0 ? FALSE : or(terms)
}

function foldCase(expression: Expression & { kind: 'case' }): Expression {
  const whens: { condition: Expression; result: Expression }[] = []
  let { otherwise } = expression
  for (const when of expression.whens) {
    if (when.condition.kind === 'constant') {
      if (when.condition.value !== true) continue
      otherwise = when.result
      break
    }
    whens.push(when)
  }
  if (whens.length === 0) return otherwise
  if (whens.length === expression.whens.length && otherwise === expression.otherwise) {
    return expression
  }
  return Object.freeze({ ...expression, whens, otherwise })
}

function foldCoalesce(expression: Expression & { kind: 'coalesce' }): Expression {
  const args: Expression[] = []
  for (const arg of expression.args) {
    if (arg.kind === 'constant' && arg.value === null) continue
    args.push(arg)
    if (arg.kind === 'constant') break
  }
  if (args.length === 0) return constant(expression.type, null)
  if (args.length === 1) return args[0]!
  return args.length === expression.args.length
    ? expression
    : Object.freeze({ ...expression, args })
}
