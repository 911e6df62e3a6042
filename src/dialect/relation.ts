import type {
  AliasedRelation,
  Expression,
  Identifier,
  Join,
  JoinCriteria,
  Relation,
  Table,
  Values,
} from '../planner/parser/ast/index.js'
import { callName } from './call-name.js'
import { ANTI_JOIN, referenced, SEMI_JOIN } from './encode.js'
import { condition, nameParts, onlySubquery, subqueryExpression, value } from './expression.js'
import { ForeignNode } from './foreign-node.js'
import { tableName } from './query.js'
import { selectQuery } from './select.js'
import { at, finish, notSupported, SPAN, type Translation } from './translation.js'
import { filled, identifier, longLiteral, plainIdentifier } from './tree.js'

/**
 * FROM: tables with commas and joins in one list. Joins bind tighter than commas. What semi-joins demand of the rows before them
 * goes to `filters`; without it they are refused.
 */
export function fromClause(
  nodes: readonly ForeignNode[],
  t: Translation,
  filters?: Expression[],
): Relation | undefined {
  const groups: Relation[] = []
  const { location } = t
  nodes.forEach((node, i) => {
    if (node.type === 'dual') return
    const written = (node.text('join') ?? '').toUpperCase().replace(/\s+/g, ' ')
    const join = i > 0 && isMisreadCross(nodes[i - 1]!, node) ? 'CROSS JOIN' : written
    const after = nodes[i + 1]
    if (after !== undefined && isMisreadCross(node, after)) node.ignore('as')
    const relation = at(node, t, () => relationOf(node, t))
    const left = groups.at(-1)
    if (join === '' || join === ',') {
      groups.push(relation)
    } else if (left === undefined) {
      throw notSupported(`${join} without a left side`, t)
    } else if (semiJoinOf(node) !== undefined) {
      if (filters === undefined) throw notSupported('a semi-join in parentheses', t)
      filters.push(semiJoin(relation, node, t))
    } else {
      if (filters !== undefined && filters.length > 0 && /^(?:RIGHT|FULL)/.test(join)) {
        throw notSupported(`${join} after a semi-join`, t)
      }
      groups[groups.length - 1] = joinOf(join, left, relation, node, t)
    }
    finish(node, t)
  })
  const [first, ...rest] = groups
  return first === undefined
    ? undefined
    : rest.reduce<Relation>(
        (left, right) => ({ kind: 'join', type: 'IMPLICIT', left, right, location }),
        first,
      )
}

/** Before a call in FROM the PostgreSQL grammar takes CROSS to be the alias of the table before it, of a join without condition. */
const isMisreadCross = (before: ForeignNode, node: ForeignNode): boolean =>
  /^cross$/i.test(String(before.peek('as'))) &&
  /^inner join$/i.test(String(node.peek('join'))) &&
  !node.has('on') &&
  !node.has('using')

/** The call that marks the condition of a semi-join. */
function semiJoinOf(node: ForeignNode): ForeignNode | undefined {
  const on = node.peek('on')
  if (typeof on !== 'object' || on === null) return undefined
  const call = new ForeignNode(on)
  if (call.type !== 'function') return undefined
  const name = callName(call)
  return name === SEMI_JOIN || name === ANTI_JOIN ? call : undefined
}

/** LEFT SEMI JOIN and LEFT ANTI JOIN: whether there is a row that meets the condition. */
function semiJoin(right: Relation, node: ForeignNode, t: Translation): Expression {
  const { location } = t
  const call = semiJoinOf(node)!
  node.ignore('on')
  const [test] = call.node('args')?.nodes('value') ?? []
  if (test === undefined) throw notSupported('a semi-join without condition', t)
  const exists: Expression = {
    kind: 'existsPredicate',
    subquery: subqueryExpression(
      selectQuery(
        [{ kind: 'singleColumn', expression: longLiteral(1, location), location }],
        { from: right, where: condition(test, t) },
        location,
      ),
    ),
    location,
  }
  return callName(call) === SEMI_JOIN ? exists : { kind: 'notExpression', value: exists, location }
}

const JOINS: Readonly<Record<string, Join['type']>> = {
  JOIN: 'INNER',
  'INNER JOIN': 'INNER',
  'LEFT JOIN': 'LEFT',
  'LEFT OUTER JOIN': 'LEFT',
  'RIGHT JOIN': 'RIGHT',
  'RIGHT OUTER JOIN': 'RIGHT',
  'FULL JOIN': 'FULL',
  'FULL OUTER JOIN': 'FULL',
  'CROSS JOIN': 'CROSS',
}

function joinOf(
  join: string,
  left: Relation,
  right: Relation,
  node: ForeignNode,
  t: Translation,
): Relation {
  const { location } = t
  if (join === 'CROSS APPLY' || join === 'OUTER APPLY') {
    return applied(join, left, right, t)
  }
  const type = Object.hasOwn(JOINS, join) ? JOINS[join]! : undefined
  if (type === undefined) throw notSupported(join, t)
  const on = node.node('on')
  const using = node.value('using')
  const columns = nameParts(using, t)
  let criteria: JoinCriteria | undefined
  if (on !== undefined) criteria = { kind: 'joinOn', expression: condition(on, t) }
  else if (columns.length > 0) {
    criteria = { kind: 'joinUsing', columns: columns.map((column) => identifier(column, t)) }
  }
  if (type === 'CROSS') {
    if (criteria === undefined) return { kind: 'join', type: 'CROSS', left, right, location }
    return { kind: 'join', type: 'INNER', left, right, criteria, location }
  }
  if (criteria !== undefined) return { kind: 'join', type, left, right, criteria, location }
  const isCross = type === 'INNER' && /^(?:mysql|mariadb|sqlite)$/.test(t.dialect.name)
  if (isCross) return { kind: 'join', type: 'CROSS', left, right, location }
  throw notSupported(`${join} without condition`, t)
}

/** Each row with the rows of a subquery that knows it. */
function applied(
  join: 'CROSS APPLY' | 'OUTER APPLY',
  left: Relation,
  right: Relation,
  t: Translation,
): Relation {
  const { location } = t
  const inner = right.kind === 'aliasedRelation' ? right.relation : right
  if (inner.kind !== 'tableSubquery') throw notSupported(`${join} of what is no subquery`, t)
  const lateral: Relation = { kind: 'lateral', query: inner.query, location: inner.location }
  const knowing = right.kind === 'aliasedRelation' ? { ...right, relation: lateral } : lateral
  if (join === 'CROSS APPLY') {
    return { kind: 'join', type: 'CROSS', left, right: knowing, location }
  }
  const expression: Expression = { kind: 'booleanLiteral', value: true, location }
  return {
    kind: 'join',
    type: 'LEFT',
    left,
    right: knowing,
    criteria: { kind: 'joinOn', expression },
    location,
  }
}

function relationOf(node: ForeignNode, t: Translation): Relation {
  const { location } = t
  node.ignore('surround', 'addition')
  const operator = node.node('operator')
  if (operator !== undefined) throw notSupported(operator.type.toUpperCase(), t)
  const prefix = (node.text('prefix') ?? '').toLowerCase()
  const alias = node.wasRead('as') ? undefined : aliasOf(node, t)
  if (node.has('table_hint')) throw notSupported('table hints', t)
  if (node.type === 'unnest') return unnest(node, alias, t)
  const inner = node.node('expr')
  if (inner === undefined) return aliased(tableOf(node, t), alias, t)
  if (inner.type === 'values') {
    return aliased({ kind: 'tableSubquery', query: valuesQuery(inner, t), location }, alias, t)
  }
  const subquery = onlySubquery(inner, t)
  if (subquery !== undefined) {
    const { query } = subquery
    const relation: Relation =
      prefix === 'lateral'
        ? { kind: 'lateral', query, location }
        : { kind: 'tableSubquery', query, location }
    return aliased(relation, alias, t)
  }
  const tables = inner.nodes('tables')
  if (tables.length > 0) {
    const joined = fromClause(tables, t)!
    return alias === undefined ? joined : aliased(joined, alias, t)
  }
  if (inner.type === 'function' || inner.type === 'flatten' || inner.type === 'tablefunc') {
    return tableFunction(inner, alias, t)
  }
  throw notSupported(`${inner.description} in FROM`, t)
}

interface Alias {
  readonly name: Identifier
  readonly columns?: readonly Identifier[]
}

/** `t` or `t(a, b)`, which the grammars have as one text. */
function aliasOf(node: ForeignNode, t: Translation): Alias | undefined {
  const raw = node.value('as')
  const text = nameParts(raw, t)[0]
  if (text === undefined) return undefined
  const match = /^\s*([^\s(]+)\s*\(([^)]*)\)\s*$/s.exec(text)
  if (match === null) return { name: identifier(text, t) }
  const columns = match[2]!.split(',').map((column) => column.trim())
  if (columns.some((column) => /\s/.test(column) || column === '')) {
    throw notSupported('types in the list of columns of a table', t)
  }
  const bare = (name: string) => name.replace(/^["`[]|["`\]]$/g, '')
  return {
    name: identifier(bare(match[1]!), t),
    columns: columns.map((column) => identifier(bare(column), t)),
  }
}

function aliased(relation: Relation, alias: Alias | undefined, t: Translation): Relation {
  if (alias === undefined) return relation
  const result: AliasedRelation = {
    kind: 'aliasedRelation',
    relation,
    alias: alias.name,
    ...(alias.columns === undefined ? {} : { columnNames: alias.columns }),
    location: t.location,
  }
  return result
}

/** The parts of a table's name, in the order in which they stand. */
export function tableParts(node: ForeignNode, t: Translation): readonly string[] {
  const parts = [
    node.value('server'),
    node.value('catalog'),
    node.value('db'),
    node.value('schema'),
    node.value('table'),
  ].flatMap((part) => nameParts(part, t))
  // BigQuery quotes a whole path.
  const last = parts.at(-1)
  const piece = last === undefined ? undefined : referenced(last, t.encoded.pieces)
  if (t.dialect.name === 'bigquery' && piece?.kind === 'name' && piece.value.includes('.')) {
    return [...parts.slice(0, -1), ...piece.value.split('.')]
  }
  return parts
}

export function tableOf(node: ForeignNode, t: Translation): Table {
  const parts = tableParts(node, t)
  if (parts.length === 0) throw notSupported(`${node.description} in FROM`, t)
  if (parts.length > 3) throw notSupported('a table name of more than three parts', t)
  node.ignore('surround', 'addition')
  return { kind: 'table', name: tableName(parts, t), location: t.location }
}

export function valuesQuery(node: ForeignNode, t: Translation) {
  const { location } = t
  const rows = node.nodes('values').map((row): Expression => {
    const items = row.nodes('value').map((item) => value(item, t))
    finish(row.ignore('prefix'), t)
    return items.length === 1 ? items[0]! : { kind: 'row', items, location }
  })
  finish(node.ignore('prefix'), t)
  const queryBody: Values = { kind: 'values', rows, location }
  return {
    kind: 'query' as const,
    span: SPAN,
    sessionProperties: [],
    functions: [],
    queryBody,
    location,
  }
}

/** UNNEST of BigQuery and PostgreSQL: its alias is the column. */
function unnest(node: ForeignNode, alias: Alias | undefined, t: Translation): Relation {
  const { location } = t
  const array = node.node('expr')
  if (array === undefined) throw notSupported('UNNEST', t)
  const offset = node.node('with_offset')
  const offsetName =
    offset === undefined ? undefined : (nameParts(offset.value('as'), t)[0] ?? 'offset')
  const collection = value(array, t)
  const column = alias?.columns?.[0] ?? alias?.name ?? plainIdentifier('unnest', location)
  const table = alias?.name ?? plainIdentifier('unnest', location)
  if (offsetName === undefined) {
    const relation: Relation = {
      kind: 'unnest',
      expressions: [collection],
      withOrdinality: false,
      location,
    }
    return aliased(relation, { name: table, columns: alias?.columns ?? [column] }, t)
  }
  // BigQuery counts from 0: a number to each element, before they are unnested.
  const numbers = filled(
    'CAST(sequence(0, greatest(cardinality(_1) - 1, 0)) AS array(bigint))',
    [collection],
    location,
  )
  const relation: Relation = {
    kind: 'unnest',
    expressions: [
      collection,
      filled('slice(_1, 1, cardinality(_2))', [numbers, collection], location),
    ],
    withOrdinality: false,
    location,
  }
  return aliased(relation, { name: table, columns: [column, identifier(offsetName, t)] }, t)
}

/** Functions in FROM. */
function tableFunction(node: ForeignNode, alias: Alias | undefined, t: Translation): Relation {
  const { location } = t
  const name = callName(node)
  const args = node.node('args')
  const list = args?.nodes('value') ?? []
  const named = (relation: Relation): Relation => {
    const table = alias?.name ?? plainIdentifier(name, location)
    return aliased(
      relation,
      { name: table, columns: alias?.columns ?? [alias?.name ?? plainIdentifier(name, location)] },
      t,
    )
  }
  if (name === 'generate_series' && (list.length === 2 || list.length === 3)) {
    const numbers = list.map((item) => value(item, t))
    const template =
      list.length === 2 ? '"$dialect_series"(_1, _2)' : '"$dialect_series"(_1, _2, _3)'
    return named({
      kind: 'unnest',
      expressions: [filled(template, numbers, location)],
      withOrdinality: false,
      location,
    })
  }
  if (name === 'unnest' && list.length === 1) {
    return named({
      kind: 'unnest',
      expressions: [value(list[0]!, t)],
      withOrdinality: false,
      location,
    })
  }
  throw notSupported(`the table function ${name}`, t)
}
