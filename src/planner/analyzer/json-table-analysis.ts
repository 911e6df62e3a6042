import type { Expression } from '../../expressions/ir.js'
import { constant, nullConstant, row } from '../../expressions/ir-build.js'
import type { JsonTableColumn, JsonTableNode } from '../../expressions/sql-json/json-table.js'
import { BIGINT, BOOLEAN, rowType, type SqlType, VARCHAR } from '../../spi/index.js'
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
import { type Analysis, type ExpressionContext, expressionContext, newField } from './analysis.js'
import type { BoundUnnest } from './bound.js'
import { resolveCall } from './call-resolution.js'
import { canonicalName } from './canonical-name.js'
import { refuseCalls } from './clause-check.js'
import {
  checkPath,
  type DefaultClause,
  defaultOf,
  jsonOutputType,
  jsonValueType,
  pathArguments,
  refuseQuotesOfWrapped,
} from './json-analysis.js'
import type { Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

/** A path with its own columns and the nested paths below it. */
interface Group {
  readonly items: JsonTableNode & { readonly kind: 'items' }
  readonly name: string | undefined
  /** Of the path in the text. */
  readonly place: NodeBase
  readonly children: readonly Group[]
}

/** What is gathered while the columns are read. */
interface Columns {
  readonly context: ExpressionContext
  readonly tableErrorBehavior: 'ERROR' | 'EMPTY'
  readonly outputs: { readonly name: string; readonly type: SqlType }[]
  /** Of columns and paths. */
  readonly names: Set<string>
  readonly defaults: Expression[]
}

/** JSON_TABLE as an UNNEST of the rows that a function makes. @source Trino StatementAnalyzer.visitJsonTable */
export function analyzeJsonTable(node: JsonTable, scope: Scope, analysis: Analysis): BoundUnnest {
  const context = expressionContext(analysis, scope)
  const { input, path, passing, options } = pathArguments(node, context)
  const { pathName } = node.jsonPathInvocation
  const columns: Columns = {
    context,
    tableErrorBehavior: node.errorBehavior ?? 'EMPTY',
    outputs: [],
    names: new Set(pathName === undefined ? [] : [canonicalName(pathName)]),
    defaults: [],
  }
  const root = readGroup(
    String(path.value),
    node.jsonPathInvocation,
    pathName,
    node.columns,
    columns,
  )

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
  place: NodeBase,
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
    name: name === undefined ? undefined : canonicalName(name),
    place,
    children,
  }
}

function readNested(node: NestedColumns, columns: Columns): Group {
  if (node.pathName !== undefined) claimName(node.pathName, columns)
  checkPath(node.jsonPath, NO_PARAMETERS)
  return readGroup(node.jsonPath.value, node.jsonPath, node.pathName, node.columns, columns)
}

/** Only the first path has parameters. */
const NO_PARAMETERS: readonly string[] = []

function claimName(node: Identifier, { names }: Columns): string {
  const name = canonicalName(node)
  if (names.has(name)) {
    throw semanticError(
      'DUPLICATE_COLUMN_OR_PATH_NAME',
      node,
      'All column and path names in JSON_TABLE invocation must be unique',
    )
  }
  names.add(name)
  return name
}

function readColumn(
  node: Exclude<JsonTableColumnDefinition, NestedColumns>,
  columns: Columns,
): JsonTableColumn {
  const name = claimName(node.name, columns)
  if (node.kind === 'ordinalityColumn') {
    return { kind: 'ordinality', output: columns.outputs.push({ name, type: BIGINT }) - 1 }
  }
  const path = columnPath(node.jsonPath, name)
  const { tableErrorBehavior } = columns
  const errorBehavior = node.errorBehavior ?? (tableErrorBehavior === 'ERROR' ? 'ERROR' : 'NULL')
  const common = { path, emptyBehavior: node.emptyBehavior, errorBehavior }
  if (node.kind === 'queryColumn') {
    refuseQuotesOfWrapped(node)
    const { type, format } = jsonOutputType(node.type, node.format, node)
    return {
      kind: 'query',
      output: columns.outputs.push({ name, type }) - 1,
      ...common,
      format,
      wrapper: node.wrapperBehavior,
      omitQuotes: node.quotesBehavior === 'OMIT',
    }
  }
  const type = jsonValueType(node.type, node)
  const output = columns.outputs.push({ name, type }) - 1
  const emptyDefault = defaultValue(node.emptyDefault, 'ON EMPTY', type, columns)
  const errorDefault = defaultValue(node.errorDefault, 'ON ERROR', type, columns)
  return {
    kind: 'value',
    output,
    ...common,
    ...(emptyDefault === undefined ? {} : { emptyDefault }),
    ...(errorDefault === undefined ? {} : { errorDefault }),
  }
}

/** Without a path a column is the member of its name. */
function columnPath(literal: StringLiteral | undefined, name: string): string {
  if (literal === undefined) return `lax $."${name.replaceAll('"', '""')}"`
  checkPath(literal, NO_PARAMETERS)
  return literal.value
}

/** The position of a default in the row of them. */
function defaultValue(
  node: AstExpression | undefined,
  clause: DefaultClause,
  type: SqlType,
  { context, defaults }: Columns,
): number | undefined {
  if (node === undefined) return undefined
  const expression = defaultOf(node, clause, type, context)
  refuseCalls(context.met, node, 'default expression for JSON_TABLE column')
  return defaults.push(expression) - 1
}

/** How rows are joined: as PLAN says, or parents outer and siblings united. */
function planOf(root: Group, node: JsonTable): JsonTableNode {
  const { plan } = node
  if (plan !== undefined && plan.kind !== 'jsonTableDefaultPlan') {
    return specificPlan(root, plan, node)
  }
  if (plan !== undefined)
    requireNamesBelow(root, 'All nested JSON paths must be named when default plan is given')
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

function requireNamesBelow({ children }: Group, message: string): void {
  for (const child of children) {
    if (child.name === undefined) throw semanticError('MISSING_PATH_NAME', child.place, message)
  }
  for (const child of children) requireNamesBelow(child, message)
}

const UNNAMED = 'All JSON paths must be named when specific plan is given'

/** @source Trino StatementAnalyzer.validateJsonTableSpecificPlan */
function specificPlan(root: Group, plan: JsonTableSpecificPlan, node: JsonTable): JsonTableNode {
  if (root.name === undefined) {
    throw semanticError('MISSING_PATH_NAME', node.jsonPathInvocation, UNNAMED)
  }
  if (plan.kind === 'planSiblings') {
    throw semanticError(
      'INVALID_PLAN',
      plan,
      'JSON_TABLE plan must either be a single path name or it must be rooted in parent-child relationship (OUTER or INNER)',
    )
  }
  return planNode(plan, groupsFor([root], [plan], plan), plan)
}

type NamedPlan = Exclude<JsonTableSpecificPlan, { kind: 'planSiblings' }>

const nameOfPlan = (plan: NamedPlan): string =>
  canonicalName(plan.kind === 'planLeaf' ? plan.name : plan.parent.name)

/** The plans side by side in one. @throws MillraceError INVALID_PLAN where one is there twice */
function siblingsOf(plan: JsonTableSpecificPlan): readonly NamedPlan[] {
  const plans = plan.kind === 'planSiblings' ? plan.siblings.flatMap(siblingsOf) : [plan]
  const seen = new Set<string>()
  for (const sibling of plans) {
    const name = nameOfPlan(sibling)
    if (seen.has(name)) {
      throw semanticError(
        'INVALID_PLAN',
        sibling.kind === 'planLeaf' ? sibling : sibling.parent,
        `Duplicate reference to JSON path name in sibling plan: ${name}`,
      )
    }
    seen.add(name)
  }
  return plans
}

/** The groups at a level by name, which the plans there must name, each and no others. */
function groupsFor(
  groups: readonly Group[],
  plans: readonly NamedPlan[],
  root: NodeBase,
): ReadonlyMap<string, Group> {
  const byName = new Map(
    groups.map((group): [string, Group] => {
      if (group.name === undefined) throw semanticError('MISSING_PATH_NAME', group.place, UNNAMED)
      return [group.name, group]
    }),
  )
  const planned = new Set(plans.map(nameOfPlan))
  const missing = [...byName.keys()].filter((name) => !planned.has(name))
  if (missing.length > 0) {
    throw semanticError(
      'INVALID_PLAN',
      root,
      `JSON_TABLE plan should contain all JSON paths available at each level of nesting. Paths not included: ${missing.join(', ')}`,
    )
  }
  const unknown = [...planned].filter((name) => !byName.has(name))
  if (unknown.length > 0) {
    throw semanticError(
      'INVALID_PLAN',
      root,
      `JSON_TABLE plan includes unavailable JSON path names: ${unknown.join(', ')}`,
    )
  }
  return byName
}

function planNode(
  plan: JsonTableSpecificPlan,
  groups: ReadonlyMap<string, Group>,
  root: NodeBase,
): JsonTableNode {
  if (plan.kind === 'planSiblings') {
    const nodes = plan.siblings.map((sibling) => planNode(sibling, groups, root))
    return { kind: 'siblings', type: plan.type, nodes }
  }
  const { items, children } = groups.get(nameOfPlan(plan))!
  const below = groupsFor(children, plan.kind === 'planLeaf' ? [] : siblingsOf(plan.child), root)
  if (plan.kind === 'planLeaf') return items
  return { kind: 'join', type: plan.type, parent: items, child: planNode(plan.child, below, root) }
}
