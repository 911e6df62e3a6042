import type { Query, Statement } from '../ast/index.js'
import { formatExpressionNode } from './expression.js'
import { formatQueryBody, formatQueryNode } from './query.js'
import type { FormatRules } from './rules.js'
import { DDL_FORMATTERS } from './statement/ddl.js'
import { DML_FORMATTERS } from './statement/dml.js'
import type { StatementFormatters, StatementRule } from './statement/formatters.js'
import { SECURITY_FORMATTERS } from './statement/security.js'
import { INSPECTION_FORMATTERS, SESSION_FORMATTERS } from './statement/session.js'

const RULES: FormatRules & StatementRule = {
  expression: (node) => formatExpressionNode(node, RULES),
  query: (node, indent) => formatQueryNode(node, indent, RULES),
  queryBody: (node, indent) => formatQueryBody(node, indent, RULES),
  statement: (node) => formatAnyStatement(node),
}

const FORMATTERS: StatementFormatters<Statement> = {
  ...DDL_FORMATTERS,
  ...DML_FORMATTERS,
  ...INSPECTION_FORMATTERS,
  ...SECURITY_FORMATTERS,
  ...SESSION_FORMATTERS,
  query: (node: Query) => formatQueryNode(node, 0, RULES),
}

function formatAnyStatement(node: Statement): string {
  const format = FORMATTERS[node.kind] as (node: Statement, rules: typeof RULES) => string
  return format(node, RULES)
}

/**
 * Writes a statement as SQL text in the layout of Trino's SqlFormatter, without blanks at its ends.
 * Parsing the text gives the statement again, but for locations.
 *
 * Every operator gets its own parentheses, as in Trino, up to chains of 100: a text whose operators
 * nest deeper than the parser's limit could not be parsed again.
 */
export function formatStatement(node: Statement): string {
  return formatAnyStatement(node).trim()
}

/** Writes a query as views keep it: in the same layout, with the line ends that Trino leaves at its end. */
export function formatViewQuery(node: Query): string {
  return formatQueryNode(node, 0, RULES)
}

export { formatDataType } from './data-type.js'
export { formatName, formatStringLiteral } from './name.js'
export { formatPathSpecification } from './statement/session.js'
export { formatRowPattern } from './window.js'
