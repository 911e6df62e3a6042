import type {
  TableFunctionArgument,
  TableFunctionInvocation,
  TableFunctionTableArgument,
} from '../ast/index.js'
import { formatDataType } from './data-type.js'
import { formatColumnAliases, formatIdentifier, formatQualifiedName } from './name.js'
import { type FormatRules, indentation, join, optional } from './rules.js'
import { formatSortItem } from './window.js'

/** `TABLE(name(` with an argument a line. */
export function formatTableFunction(
  node: TableFunctionInvocation,
  indent: number,
  rules: FormatRules,
): string {
  const margin = indentation(indent + 2)
  const args = join(
    node.arguments,
    (argument) => margin + formatArgument(argument, indent + 2, rules),
    ',\n',
  )
  const groups = join(node.copartitioning, (tables) => `(${join(tables, formatQualifiedName)})`)
  const copartition = groups === '' ? '' : `\n${margin}COPARTITION ${groups}`
  return `TABLE(${formatQualifiedName(node.name)}(\n${args}${copartition}))`
}

function formatArgument(node: TableFunctionArgument, indent: number, rules: FormatRules): string {
  const name = optional(node.name, (identifier) => `${formatIdentifier(identifier)} => `, '')
  const { value } = node
  switch (value.kind) {
    case 'tableFunctionTableArgument':
      return name + formatTableArgument(value, indent + 1, rules)
    case 'tableFunctionDescriptorArgument': {
      if (value.descriptor === undefined) return `${name}CAST (NULL AS DESCRIPTOR)`
      const fields = join(value.descriptor.fields, (field) => {
        return formatIdentifier(field.name) + optional(field.type, formatDataType)
      })
      return `${name}DESCRIPTOR(${fields})`
    }
    default:
      return name + rules.expression(value)
  }
}

function formatTableArgument(
  node: TableFunctionTableArgument,
  indent: number,
  rules: FormatRules,
): string {
  const margin = `\n${indentation(indent)}`
  const partitions = optional(
    node.partitionBy,
    (columns) => `PARTITION BY (${join(columns, rules.expression)})`,
    margin,
  )
  const treatment = optional(node.emptyTableTreatment, (t) => `${t.treatment} WHEN EMPTY`, margin)
  // a comma outside parentheses would end the argument
  const orderBy = optional(
    node.orderBy,
    ({ sortItems }) => `ORDER BY (${join(sortItems, (item) => formatSortItem(item, rules))})`,
    margin,
  )
  return formatTable(node, indent, rules) + partitions + treatment + orderBy
}

/** `TABLE(name)` or `TABLE(query)`, with its alias. */
function formatTable(
  { table }: TableFunctionTableArgument,
  indent: number,
  rules: FormatRules,
): string {
  const aliased = table.kind === 'aliasedRelation'
  const relation = aliased ? table.relation : table
  const alias = aliased
    ? ` AS ${formatIdentifier(table.alias)}${formatColumnAliases(table.columnNames)}`
    : ''
  switch (relation.kind) {
    case 'table':
      return `TABLE(${formatQualifiedName(relation.name)})${alias}`
    case 'tableSubquery':
      return `TABLE(${rules.query(relation.query, indent)})${alias}`
    default:
      throw new TypeError(`no argument of a table function: ${relation.kind}`)
  }
}
