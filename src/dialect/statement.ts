import type {
  ColumnDefinition,
  Identifier,
  Query,
  Relation,
  SaveMode,
  Statement,
  TableElement,
  UpdateAssignment,
} from '../planner/parser/ast/index.js'
import { condition, nameParts, value } from './expression.js'
import type { ForeignNode } from './foreign-node.js'
import { queryExpression, tableName } from './query.js'
import { tableOf, tableParts, valuesQuery } from './relation.js'
import { selectQuery } from './select.js'
import { at, finish, notSupported, type Translation } from './translation.js'
import { identifier, qualifiedName } from './tree.js'
import { columnType } from './type.js'

/** A statement of the foreign tree. @throws NOT_SUPPORTED that names what Trino's language has not */
export function statement(node: ForeignNode, t: Translation): Statement {
  return at(node, t, () => {
    const translate = Object.hasOwn(STATEMENTS, node.type) ? STATEMENTS[node.type]! : undefined
    if (translate === undefined)
      throw notSupported(`the statement ${node.description.toUpperCase()}`, t)
    const result = translate(node, t)
    finish(node, t)
    return result
  })
}

const STATEMENTS: Readonly<Record<string, (node: ForeignNode, t: Translation) => Statement>> = {
  create,
  delete: deleteRows,
  drop,
  insert,
  select: queryExpression,
  truncate,
  update,
}

function onlyTable(node: ForeignNode, key: string, t: Translation): ForeignNode {
  const [only, another] = node.nodes(key)
  if (only === undefined || another !== undefined)
    throw notSupported(`${node.type.toUpperCase()} of several tables`, t)
  return only
}

function insert(node: ForeignNode, t: Translation): Statement {
  const target = onlyTable(node, 'table', t)
  const prefix = (node.text('prefix') ?? '').toLowerCase().replace(/\s+/g, ' ').trim()
  if (!/^(?:into|into table|table)?$/.test(prefix)) {
    throw notSupported(`INSERT ${prefix.toUpperCase()}`, t)
  }
  const table = tableOf(target, t)
  finish(target, t)
  const columns = namesOf(node.value('columns'), t)
  const source = node.node('values')
  if (source === undefined) throw notSupported('INSERT without VALUES or query', t)
  const query: Query =
    source.type === 'values' ? valuesQuery(source, t) : queryExpression(source, t)
  return {
    kind: 'insert',
    table,
    ...(columns.length === 0 ? {} : { columns }),
    query,
    location: t.location,
  }
}

const namesOf = (raw: unknown, t: Translation): readonly Identifier[] =>
  Array.isArray(raw) ? raw.map((item) => identifier(columnNameOf(item, t), t)) : []

function columnNameOf(raw: unknown, t: Translation): string {
  const parts =
    typeof raw === 'object' && raw !== null && 'column' in raw
      ? nameParts(raw.column, t)
      : nameParts(raw, t)
  const name = parts.at(-1)
  if (name === undefined) throw notSupported('a column without name', t)
  return name
}

function update(node: ForeignNode, t: Translation): Statement {
  const target = onlyTable(node, 'table', t)
  const table = tableOf(target, t)
  finish(target, t)
  const assignments = node.nodes('set').map((item): UpdateAssignment => {
    const source = item.node('value')
    if (source === undefined) throw notSupported('this assignment', t)
    const name = identifier(columnNameOf(item.value('column'), t), t)
    if (item.has('table')) throw notSupported('a qualified column of UPDATE', t)
    const assignment: UpdateAssignment = {
      kind: 'updateAssignment',
      name,
      value: value(source, t),
      location: t.location,
    }
    finish(item, t)
    return assignment
  })
  const where = node.node('where')
  return {
    kind: 'update',
    table,
    assignments,
    ...(where === undefined ? {} : { where: condition(where, t) }),
    location: t.location,
  }
}

function deleteRows(node: ForeignNode, t: Translation): Statement {
  const listed = onlyTable(node, 'table', t)
  const from = node.nodes('from')
  // BigQuery's grammar reads DELETE FROM t as a table FROM with the alias t.
  const name = from.length === 0 ? nameParts(listed.value('table'), t).at(-1) : undefined
  const isMisread = name !== undefined && /^from$/i.test(name) && listed.has('as')
  const where = node.node('where')
  if (from.length > 1) throw notSupported('DELETE of several tables', t)
  const source = from[0] ?? listed
  const table = isMisread
    ? {
        kind: 'table' as const,
        name: tableName([String(listed.value('as'))], t),
        location: t.location,
      }
    : tableOf(source, t)
  if (!isMisread) finish(source, t)
  if (source !== listed && listed.value('addition') !== true)
    throw notSupported('DELETE with USING', t)
  return {
    kind: 'delete',
    table,
    ...(where === undefined ? {} : { where: condition(where, t) }),
    location: t.location,
  }
}

function truncate(node: ForeignNode, t: Translation): Statement {
  node.ignore('keyword')
  const table = onlyTable(node, 'name', t)
  const parts = tableParts(table, t)
  finish(table.ignore('surround'), t)
  return { kind: 'truncateTable', tableName: tableName(parts, t), location: t.location }
}

function create(node: ForeignNode, t: Translation): Statement {
  const keyword = (node.text('keyword') ?? '').toLowerCase()
  switch (keyword) {
    case 'table':
      return createTable(node, t)
    case 'view':
      return createView(node, t)
    case 'schema':
      return createSchema(node, t)
    default:
      throw notSupported(`CREATE ${keyword.toUpperCase()}`, t)
  }
}

function saveMode(node: ForeignNode): SaveMode {
  const replaces = /replace/i.test(String(node.value('replace') ?? ''))
  if (replaces) return 'REPLACE'
  return node.has('if_not_exists') && node.value('if_not_exists') !== undefined ? 'IGNORE' : 'FAIL'
}

function createTable(node: ForeignNode, t: Translation): Statement {
  const target = onlyTable(node, 'table', t)
  const name = tableName(tableParts(target, t), t)
  finish(target.ignore('surround', 'as'), t)
  const mode = saveMode(node)
  const definitions = node.nodes('create_definitions')
  const source = node.node('query_expr')
  node.ignore('as')
  const { location } = t
  if (source !== undefined) {
    if (definitions.length > 0)
      throw notSupported('CREATE TABLE … AS with definitions of columns', t)
    const query = queryExpression(source.type === '' ? source.node('ast')! : source, t)
    return {
      kind: 'createTableAsSelect',
      name,
      query,
      saveMode: mode,
      properties: [],
      withData: true,
      location,
    }
  }
  const elements = definitions.map((definition): TableElement => {
    const resource = definition.text('resource')
    if (resource !== 'column') {
      const what = definition.text('constraint_type') ?? resource ?? 'this definition'
      throw notSupported(
        `${what.toUpperCase()} of a table`,
        t,
        'Tables have no constraints and no indexes here: leave it out',
      )
    }
    return columnDefinition(definition, t)
  })
  return { kind: 'createTable', name, elements, saveMode: mode, properties: [], location }
}

function columnDefinition(node: ForeignNode, t: Translation): ColumnDefinition {
  const column = node.node('column')
  const type = node.node('definition')
  if (column === undefined || type === undefined) throw notSupported('this column', t)
  const name = identifier(columnNameOf(column.value('column'), t), t)
  const nullable = node.node('nullable')
  const isRequired = /not/i.test(String(nullable?.value('type') ?? ''))
  const result: ColumnDefinition = {
    kind: 'columnDefinition',
    name: qualifiedName([name], t.location),
    type: columnType(type, t),
    nullable: !isRequired,
    properties: [],
    location: t.location,
  }
  finish(node.ignore('resource'), t)
  return result
}

function createView(node: ForeignNode, t: Translation): Statement {
  const view = node.node('view')
  const source = node.node('select')
  if (view === undefined || source === undefined) throw notSupported('CREATE VIEW', t)
  const parts = [
    ...nameParts(view.value('db'), t),
    ...nameParts(view.value('schema'), t),
    ...nameParts(view.value('view'), t),
  ]
  finish(view, t)
  const columns = namesOf(node.value('columns'), t)
  const query = queryExpression(source.type === '' ? source.node('ast')! : source, t)
  const { location } = t
  return {
    kind: 'createView',
    name: tableName(parts, t),
    query: columns.length === 0 ? query : withColumnNames(query, columns, t),
    replace: /replace/i.test(String(node.value('replace') ?? '')),
    properties: [],
    location,
  }
}

/** `CREATE VIEW v (a, b) AS query`, which Trino doesn't have. */
function withColumnNames(query: Query, columns: readonly Identifier[], t: Translation): Query {
  const { location } = t
  const from: Relation = {
    kind: 'aliasedRelation',
    relation: { kind: 'tableSubquery', query, location },
    alias: identifier('dialect_rows', t),
    columnNames: columns,
    location,
  }
  return {
    ...selectQuery([{ kind: 'allColumns', aliases: [], location }], { from }, location),
    span: query.span,
  }
}

function createSchema(node: ForeignNode, t: Translation): Statement {
  const name = nameParts(node.value('schema') ?? node.value('database'), t)
  if (name.length === 0) throw notSupported('CREATE SCHEMA', t)
  return {
    kind: 'createSchema',
    name: tableName(name, t),
    notExists: node.value('if_not_exists') !== null && node.value('if_not_exists') !== undefined,
    properties: [],
    location: t.location,
  }
}

function drop(node: ForeignNode, t: Translation): Statement {
  const keyword = (node.text('keyword') ?? '').toLowerCase()
  const exists = /exists/i.test(String(node.value('prefix') ?? ''))
  const { location } = t
  if (keyword === 'table' || keyword === 'view') {
    const target = onlyTable(node, 'name', t)
    const name = tableName(tableParts(target, t), t)
    finish(target.ignore('surround'), t)
    return keyword === 'table'
      ? { kind: 'dropTable', tableName: name, exists, location }
      : { kind: 'dropView', name, exists, location }
  }
  if (keyword === 'schema' || keyword === 'database') {
    const name = nameParts(node.value('name'), t)
    return { kind: 'dropSchema', name: tableName(name, t), exists, cascade: false, location }
  }
  throw notSupported(`DROP ${keyword.toUpperCase()}`, t)
}
