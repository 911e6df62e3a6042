import type { CallArgument, DataManipulation, MergeCase } from '../../ast/index.js'
import { formatColumnAliases, formatIdentifier, formatQualifiedName } from '../name.js'
import { formatRelation } from '../relation.js'
import { type FormatRules, join, optional } from '../rules.js'
import { formatPropertyLines } from './ddl.js'
import type { StatementFormatters } from './formatters.js'

/** Formatters of statements that change or maintain the contents of tables. */
export const DML_FORMATTERS: StatementFormatters<DataManipulation> = {
  analyze: ({ tableName, properties }, rules) => {
    return `ANALYZE ${formatQualifiedName(tableName)}${formatPropertyLines(properties, rules)}`
  },
  call: (node, rules) => {
    return `CALL ${formatQualifiedName(node.name)}(${formatArguments(node.arguments, rules)})`
  },
  delete: ({ table, where }, rules) => {
    return `DELETE FROM ${formatQualifiedName(table.name)}${optional(where, rules.expression, ' WHERE ')}`
  },
  insert: ({ table, columns, query }, rules) => {
    const target = formatQualifiedName(table.name) + formatColumnAliases(columns)
    return `INSERT INTO ${target}\n${rules.query(query, 0)}`
  },
  merge: ({ target, source, predicate, mergeCases }, rules) => {
    const cases = mergeCases.map((item) => formatMergeCase(item, rules))
    return [
      `MERGE INTO ${formatRelation(target, 0, rules)}`,
      `   USING ${formatRelation(source, 2, rules)}`,
      `   ON ${rules.expression(predicate)}`,
      ...cases,
    ].join('\n')
  },
  refreshMaterializedView: ({ table }) => {
    return `REFRESH MATERIALIZED VIEW ${formatQualifiedName(table.name)}`
  },
  tableExecute: (node, rules) => {
    const args = node.arguments.length === 0 ? '' : `(${formatArguments(node.arguments, rules)})`
    const where = optional(node.where, rules.expression, '\nWHERE ')
    const table = formatQualifiedName(node.table.name)
    return `ALTER TABLE ${table} EXECUTE ${formatIdentifier(node.procedureName)}${args}${where}`
  },
  truncateTable: ({ tableName }) => `TRUNCATE TABLE ${formatQualifiedName(tableName)}`,
  update: ({ table, assignments, where }, rules) => {
    const list = join(
      assignments,
      ({ name, value }) => `\n   ${formatIdentifier(name)} = ${rules.expression(value)}`,
      ',',
    )
    const condition = optional(where, rules.expression, '\nWHERE ')
    return `UPDATE ${formatQualifiedName(table.name)} SET${list}${condition}`
  },
}

function formatArguments(args: readonly CallArgument[], rules: FormatRules): string {
  return join(args, ({ name, value }) => {
    return optional(name, (item) => `${formatIdentifier(item)} => `, '') + rules.expression(value)
  })
}

function formatMergeCase(node: MergeCase, rules: FormatRules): string {
  const matched = node.kind === 'mergeInsert' ? 'NOT MATCHED' : 'MATCHED'
  const head = `WHEN ${matched}${optional(node.expression, rules.expression, ' AND ')}\n   THEN `
  switch (node.kind) {
    case 'mergeDelete':
      return `${head}DELETE`
    case 'mergeInsert': {
      const columns = node.columns.length === 0 ? '' : `(${join(node.columns, formatIdentifier)}) `
      return `${head}INSERT ${columns}VALUES (${join(node.values, rules.expression)})`
    }
    case 'mergeUpdate': {
      const lines = node.assignments.map(({ target, value }, index) => {
        const separator = index === 0 ? '  ' : ', '
        return `\n   ${separator}${formatIdentifier(target)} = ${rules.expression(value)}`
      })
      return `${head}UPDATE SET${lines.join('')}`
    }
  }
}
