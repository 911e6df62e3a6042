import type {
  Expression,
  InspectionStatement,
  PathSpecification,
  SessionStatement,
} from '../../ast/index.js'
import { formatIdentifier, formatQualifiedName, formatStringLiteral } from '../name.js'
import { formatRelation } from '../relation.js'
import { type FormatRules, join, optional } from '../rules.js'
import type { StatementFormatters } from './formatters.js'

function formatUsing(
  parameters: readonly Expression[],
  separator: string,
  rules: FormatRules,
): string {
  return parameters.length === 0 ? '' : `${separator}USING ${join(parameters, rules.expression)}`
}

export function formatPathSpecification({ path }: PathSpecification): string {
  return join(path, ({ catalog, schema }) => {
    return optional(catalog, (name) => `${formatIdentifier(name)}.`, '') + formatIdentifier(schema)
  })
}

/** Formatters of statements about the session, transactions and prepared statements. */
export const SESSION_FORMATTERS: StatementFormatters<SessionStatement> = {
  commit: () => 'COMMIT',
  deallocate: ({ name }) => `DEALLOCATE PREPARE ${formatIdentifier(name)}`,
  describeInput: ({ name }) => `DESCRIBE INPUT ${formatIdentifier(name)}`,
  describeOutput: ({ name }) => `DESCRIBE OUTPUT ${formatIdentifier(name)}`,
  execute: ({ name, parameters }, rules) => {
    return `EXECUTE ${formatIdentifier(name)}${formatUsing(parameters, ' ', rules)}`
  },
  executeImmediate: ({ statement, parameters }, rules) => {
    const using = formatUsing(parameters, '\n', rules)
    return `EXECUTE IMMEDIATE\n${formatStringLiteral(statement.value)}${using}`
  },
  prepare: ({ name, statement }, rules) => {
    return `PREPARE ${formatIdentifier(name)} FROM\n${rules.statement(statement)}`
  },
  resetSession: ({ name }) => `RESET SESSION ${formatQualifiedName(name)}`,
  resetSessionAuthorization: () => 'RESET SESSION AUTHORIZATION',
  rollback: () => 'ROLLBACK',
  setPath: ({ pathSpecification }) => `SET PATH ${formatPathSpecification(pathSpecification)}`,
  setSession: ({ name, value }, rules) => {
    return `SET SESSION ${formatQualifiedName(name)} = ${rules.expression(value)}`
  },
  setSessionAuthorization: ({ user }, rules) => {
    return `SET SESSION AUTHORIZATION ${rules.expression(user)}`
  },
  setTimeZone: ({ timeZone }, rules) => {
    return `SET TIME ZONE ${timeZone === undefined ? 'LOCAL' : rules.expression(timeZone)}`
  },
  startTransaction: ({ transactionModes }) => {
    const modes = join(transactionModes, (mode) => {
      if (mode.kind === 'isolation') return `ISOLATION LEVEL ${mode.level}`
      return mode.readOnly ? 'READ ONLY' : 'READ WRITE'
    })
    return `START TRANSACTION${modes === '' ? '' : ` ${modes}`}`
  },
  use: ({ catalog, schema }) => {
    return `USE ${optional(catalog, (name) => `${formatIdentifier(name)}.`, '')}${formatIdentifier(schema)}`
  },
}

function formatLike(node: { readonly likePattern?: string; readonly escape?: string }): string {
  return (
    optional(node.likePattern, formatStringLiteral, ' LIKE ') +
    optional(node.escape, formatStringLiteral, ' ESCAPE ')
  )
}

/** Formatters of EXPLAIN and SHOW. */
export const INSPECTION_FORMATTERS: StatementFormatters<InspectionStatement> = {
  explain: ({ statement, options }, rules) => {
    const list = join(options, (option) => {
      return option.kind === 'explainType' ? `TYPE ${option.type}` : `FORMAT ${option.format}`
    })
    return `EXPLAIN ${list === '' ? '' : `(${list})`}\n${rules.statement(statement)}`
  },
  explainAnalyze: ({ statement, verbose }, rules) => {
    return `EXPLAIN ANALYZE${verbose ? ' VERBOSE' : ''}\n${rules.statement(statement)}`
  },
  showCatalogs: (node) => `SHOW CATALOGS${formatLike(node)}`,
  showColumns: (node) => {
    return `SHOW COLUMNS FROM ${formatQualifiedName(node.table)}${formatLike(node)}`
  },
  showCreate: ({ type, name }) => `SHOW CREATE ${type} ${formatQualifiedName(name)}`,
  showFunctions: (node) => {
    const schema = optional(node.schema, formatQualifiedName, ' FROM ')
    return `SHOW FUNCTIONS${schema}${formatLike(node)}`
  },
  showSchemas: (node) => {
    const catalog = optional(node.catalog, formatIdentifier, ' FROM ')
    return `SHOW SCHEMAS${catalog}${formatLike(node)}`
  },
  showSession: (node) => `SHOW SESSION${formatLike(node)}`,
  showStats: ({ relation }, rules) => `SHOW STATS FOR ${formatRelation(relation, 0, rules)}`,
  showTables: (node) => {
    const schema = optional(node.schema, formatQualifiedName, ' FROM ')
    return `SHOW TABLES${schema}${formatLike(node)}`
  },
}
