import { canCoerce } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { coerce, constant, nullConstant, row } from '../../expressions/ir-build.js'
import type { JsonTableColumn, JsonTableNode } from '../../expressions/sql-json/json-table.js'
import { BIGINT, BOOLEAN, rowType, type SqlType, typeName, VARCHAR } from '../../spi/index.js'
import type {
  Expression as AstExpression,
  Identifier,
  JsonTable,
  JsonTableColumnDefinition,
  JsonTableSpecificPlan,
  NestedColumns,
  NodeBase,
  StringLiteral,
} from '../parser/ast/index.js'
import {
  type Analysis,
  analyze,
  type ExpressionContext,
  expressionContext,
  newField,
} from './analysis.js'
import type { BoundUnnest } from './bound.js'
import { resolveCall } from './call-resolution.js'
import { refuseCalls } from './clause-check.js'
import { checkPath, pathArguments } from './json-analysis.js'
import type { Scope } from './scope.js'
import { semanticError } from './semantic-error.js'
import { analyzeType } from './type-analysis.js'

/** A path with its own columns and the nested paths below it. */
interface Group {
  readonly items: JsonTableNode & { readonly kind: 'items' }
  readonly name: string | undefined
  readonly children: readonly Group[]
}

/** What is gathered while the columns are read. */
interface Columns {
  readonly context: ExpressionContext
  readonly passedNames: readonly string[]
  readonly tableErrorBehavior: 'ERROR' | 'EMPTY'
  readonly outputs: { readonly name: string; readonly type: SqlType }[]
  readonly defaults: Expression[]
}

/** Names match paths' members exactly, so undelimited ones are in upper case, as SQL has it. */
const canonical = (name: Identifier): string =>
  name.delimited ? name.value : name.value.toUpperCase()

/** JSON_TABLE as an UNNEST of the rows that a function makes. @source Trino StatementAnalyzer.visitJsonTable */
export function analyzeJsonTable(node: JsonTable, scope: Scope, analysis: Analysis): BoundUnnest {
  const context = expressionContext(analysis, scope)
  const { input, path, passing, options } = pathArguments(node.jsonPathInvocation, context)
  const columns: Columns = {
    context,
    passedNames: options.passing.map((p) => p.name),
    tableErrorBehavior: node.errorBehavior ?? 'EMPTY',
    outputs: [],
    defaults: [],
  }
  const { pathName } = node.jsonPathInvocation
  const root = readGroup(String(path.value), pathName, node.columns, columns)
  refuseCalls(context.met, node, 'JSON_TABLE')
  const settings = {
    ...options,
    errorBehavior: columns.tableErrorBehavior,
    plan: planOf(root, node),
  }
  const type = rowType(columns.outputs)
  const expression = resolveCall(
    '$json_table',
    [
      input,
      constant(VARCHAR, JSON.stringify(settings)),
      passing,
      columns.defaults.length === 0 ? constant(BOOLEAN, true) : row(columns.defaults),
      nullConstant(type),
    ],
    node,
    analysis,
  )
  const fields = columns.outputs.map((output) => newField(analysis, output.type, output.name))
  return { kind: 'unnest', collections: [{ expression, fields }], fields }
}

function readGroup(
  path: string,
  name: Identifier | undefined,
  definitions: readonly JsonTableColumnDefinition[],
  columns: Columns,
): Group {
  const own: JsonTableColumn[] = []
  const children: Group[] = []
  for (const definition of definitions) {
    if (definition.kind === 'nestedColumns') children.push(readNested(definition, columns))
    else own.push(readColumn(definition, columns))
  }
  return {
    items: { kind: 'items', path, columns: own },
    name: name === undefined ? undefined : canonical(name),
    children,
  }
}

function readNested(node: NestedColumns, columns: Columns): Group {
  checkPath(node.jsonPath, columns.passedNames)
  return readGroup(node.jsonPath.value, node.pathName, node.columns, columns)
}

function readColumn(
  node: Exclude<JsonTableColumnDefinition, NestedColumns>,
  columns: Columns,
): JsonTableColumn {
  const name = canonical(node.name)
  if (columns.outputs.some((output) => output.name === name)) {
    throw semanticError(
      'DUPLICATE_COLUMN_OR_PATH_NAME',
      node.name,
      `All column and path names in JSON_TABLE invocation must be unique: ${name}`,
    )
  }
  const type = node.kind === 'ordinalityColumn' ? BIGINT : analyzeType(node.type)
  const output = columns.outputs.push({ name, type }) - 1
  if (node.kind === 'ordinalityColumn') return { kind: 'ordinality', output }
  const path = columnPath(node.jsonPath, name, columns)
  const errorBehavior =
    node.errorBehavior ?? (columns.tableErrorBehavior === 'ERROR' ? 'ERROR' : 'NULL')
  const common = { output, path, emptyBehavior: node.emptyBehavior, errorBehavior }
  if (node.kind === 'queryColumn') {
    if (type.kind !== 'varchar' && type.kind !== 'char') {
      throw semanticError(
        'TYPE_MISMATCH',
        node,
        `Cannot output JSON value as ${typeName(type)} using formatting JSON`,
      )
    }
    return {
      kind: 'query',
      ...common,
      wrapper: node.wrapperBehavior,
      omitQuotes: node.quotesBehavior === 'OMIT',
    }
  }
  const emptyDefault = defaultValue(node.emptyDefault, type, columns)
  const errorDefault = defaultValue(node.errorDefault, type, columns)
  return {
    kind: 'value',
    ...common,
    ...(emptyDefault === undefined ? {} : { emptyDefault }),
    ...(errorDefault === undefined ? {} : { errorDefault }),
  }
}

/** Without a path a column is the member of its name. */
function columnPath(literal: StringLiteral | undefined, name: string, columns: Columns): string {
  if (literal === undefined) return `lax $."${name.replaceAll('"', '""')}"`
  checkPath(literal, columns.passedNames)
  return literal.value
}

/** The position of a default in the row of them. */
function defaultValue(
  node: AstExpression | undefined,
  type: SqlType,
  columns: Columns,
): number | undefined {
  if (node === undefined) return undefined
  const expression = analyze(node, columns.context)
  if (!canCoerce(expression.type, type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Function JSON_VALUE default result must evaluate to a ${typeName(type)} (actual: ${typeName(expression.type)})`,
    )
  }
  return columns.defaults.push(coerce(expression, type)) - 1
}

/** How rows are joined: as PLAN says, or parents outer and siblings united. */
function planOf(root: Group, node: JsonTable): JsonTableNode {
  const { plan } = node
  if (plan !== undefined && plan.kind !== 'jsonTableDefaultPlan') {
    return specificPlan(plan, groupsByName(root, node), plan)
  }
  const parentChild = plan?.parentChild ?? 'OUTER'
  const siblings = plan?.siblings ?? 'UNION'
  const byDefault = ({ items, children }: Group): JsonTableNode => {
    if (children.length === 0) return items
    const nodes = children.map(byDefault)
    const child: JsonTableNode =
      nodes.length === 1 ? nodes[0]! : { kind: 'siblings', type: siblings, nodes }
    return { kind: 'join', type: parentChild, parent: items, child }
  }
  return byDefault(root)
}

function groupsByName(root: Group, node: JsonTable): ReadonlyMap<string, Group> {
  const byName = new Map<string, Group>()
  const visit = (group: Group): void => {
    if (group.name === undefined) {
      throw semanticError(
        'MISSING_PATH_NAME',
        node,
        'All JSON paths must be named when specific plan is given',
      )
    }
    byName.set(group.name, group)
    group.children.forEach(visit)
  }
  visit(root)
  return byName
}

function specificPlan(
  plan: JsonTableSpecificPlan,
  groups: ReadonlyMap<string, Group>,
  place: NodeBase,
): JsonTableNode {
  const itemsOf = (name: Identifier) => {
    const group = groups.get(canonical(name))
    if (group !== undefined) return group.items
    throw semanticError(
      'INVALID_PLAN',
      place,
      `JSON_TABLE plan names a path that is not there: ${canonical(name)}`,
    )
  }
  switch (plan.kind) {
    case 'planLeaf':
      return itemsOf(plan.name)
    case 'planParentChild':
      return {
        kind: 'join',
        type: plan.type,
        parent: itemsOf(plan.parent.name),
        child: specificPlan(plan.child, groups, place),
      }
    case 'planSiblings':
      return {
        kind: 'siblings',
        type: plan.type,
        nodes: plan.siblings.map((sibling) => specificPlan(sibling, groups, place)),
      }
  }
}
