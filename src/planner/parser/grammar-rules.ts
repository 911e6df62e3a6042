import type {
  ControlStatement,
  DataType,
  Expression,
  FunctionSpecification,
  Query,
  Statement,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'

/**
 * The rules that are needed before they can be defined, since the grammar is circular: an expression
 * holds queries, which hold expressions. `parser.ts` ties the knot, so that no module imports in
 * circles.
 */
export interface GrammarRules {
  /** `expression`: with predicates, NOT, AND, OR. */
  expression(cursor: TokenCursor): Expression
  /** `valueExpression`: without them. */
  valueExpression(cursor: TokenCursor): Expression
  /** The rest of an expression whose first value expression starts at a token and has been parsed. */
  expressionFrom(cursor: TokenCursor, startIndex: number, value: Expression): Expression
  /** `query`: may start with WITH. */
  query(cursor: TokenCursor): Query
  /** `rootQuery`: may start with WITH FUNCTION. */
  rootQuery(cursor: TokenCursor): Query
  dataType(cursor: TokenCursor): DataType
  functionSpecification(cursor: TokenCursor): FunctionSpecification
  controlStatement(cursor: TokenCursor): ControlStatement
  statement(cursor: TokenCursor): Statement
}
