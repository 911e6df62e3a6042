import type { JsonTable, JsonTableColumnDefinition, JsonTableSpecificPlan } from '../ast/index.js'
import { formatDataType } from './data-type.js'
import {
  formatJsonFormat,
  formatJsonPathInvocation,
  formatQuotes,
  formatValueBehavior,
  formatWrapper,
} from './json.js'
import { formatIdentifier, formatStringLiteral } from './name.js'
import { type FormatRules, indentation, join, optional } from './rules.js'

/** `JSON_TABLE (…)` with a column a line. */
export function formatJsonTable(node: JsonTable, indent: number, rules: FormatRules): string {
  const margin = `\n${indentation(indent + 1)}`
  return [
    `JSON_TABLE (${formatJsonPathInvocation(node.jsonPathInvocation, rules)}\n`,
    formatColumns(node.columns, indent + 1, rules),
    optional(
      node.plan,
      (plan) => {
        if (plan.kind !== 'jsonTableDefaultPlan') return `PLAN (${formatPlan(plan)})`
        return `PLAN DEFAULT (${plan.parentChild}, ${plan.siblings})`
      },
      margin,
    ),
    optional(node.errorBehavior, (behavior) => `${behavior} ON ERROR`, margin),
    ')',
  ].join('')
}

function formatColumns(
  columns: readonly JsonTableColumnDefinition[],
  indent: number,
  rules: FormatRules,
): string {
  const lines = join(columns, (column) => formatColumn(column, indent + 1, rules), ',\n')
  return `${indentation(indent)}COLUMNS (\n${lines})`
}

function formatColumn(node: JsonTableColumnDefinition, indent: number, rules: FormatRules): string {
  const margin = indentation(indent)
  const path = optional(node.kind === 'ordinalityColumn' ? undefined : node.jsonPath, ({ value }) =>
    formatStringLiteral(value),
  )
  switch (node.kind) {
    case 'ordinalityColumn':
      return `${margin}${formatIdentifier(node.name)} FOR ORDINALITY`
    case 'valueColumn':
      return [
        `${margin}${formatIdentifier(node.name)} ${formatDataType(node.type)}`,
        path === '' ? '' : ` PATH${path}`,
        formatValueBehavior(node.emptyBehavior, node.emptyDefault, 'EMPTY', rules),
        formatValueBehavior(node.errorBehavior, node.errorDefault, 'ERROR', rules),
      ].join('')
    case 'queryColumn':
      return [
        `${margin}${formatIdentifier(node.name)} ${formatDataType(node.type)}`,
        ` FORMAT ${formatJsonFormat(node.format)}`,
        path === '' ? '' : ` PATH${path}`,
        formatWrapper(node.wrapperBehavior),
        formatQuotes(node.quotesBehavior),
        ` ${node.emptyBehavior} ON EMPTY`,
        optional(node.errorBehavior, (behavior) => `${behavior} ON ERROR`),
      ].join('')
    case 'nestedColumns': {
      const name = optional(node.pathName, formatIdentifier, ' AS ')
      const columns = formatColumns(node.columns, indent + 1, rules)
      return `${margin}NESTED PATH${path}${name}\n${columns}`
    }
  }
}

function formatPlan(node: JsonTableSpecificPlan): string {
  switch (node.kind) {
    case 'planLeaf':
      return formatIdentifier(node.name)
    case 'planParentChild':
      return `${formatPlan(node.parent)} ${node.type} ${formatPlanPrimary(node.child)}`
    case 'planSiblings':
      return join(node.siblings, formatPlanPrimary, ` ${node.type} `)
  }
}

function formatPlanPrimary(node: JsonTableSpecificPlan): string {
  return `(${formatPlan(node)})`
}
