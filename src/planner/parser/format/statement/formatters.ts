import type { Statement } from '../../ast/index.js'
import type { FormatRules } from '../rules.js'

/** A formatter for each kind of a family of statements. */
export type StatementFormatters<S extends Statement> = {
  readonly [K in S['kind']]: (
    node: Extract<S, { readonly kind: K }>,
    rules: FormatRules & StatementRule,
  ) => string
}

/** Statements hold statements: EXPLAIN and PREPARE. */
export interface StatementRule {
  statement(node: Statement): string
}
