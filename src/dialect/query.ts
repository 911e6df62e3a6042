import type {
  Expression,
  GroupBy,
  GroupingElement,
  Limit,
  LongLiteral,
  OrderBy,
  Parameter,
  Query,
  QueryBody,
  QuerySpecification,
  Select,
  SelectItem,
  SingleColumn,
  SortItem,
  WindowDefinition,
  With,
} from '../planner/parser/ast/index.js'
import { callName } from './call-name.js'
import { filtered, firstOfEach } from './chosen-rows.js'
import { referenced, referencedRowCount } from './encode.js'
import { condition, nameParts, value } from './expression.js'
import type { ForeignNode } from './foreign-node.js'
import { fromClause } from './relation.js'
import { aliasesOf, withAliases } from './select-alias.js'
import { combine } from './set-operation.js'
import { at, finish, notSupported, SPAN, type Translation } from './translation.js'
import { identifier, longLiteral, plainIdentifier, qualifiedName } from './tree.js'
import { windowSpecification } from './window.js'

/** What stands after the body of a query. */
interface Tail {
  readonly orderBy?: OrderBy
  readonly limit?: Limit
  readonly offset?: {
    readonly kind: 'offset'
    readonly rowCount: LongLiteral | Parameter
    readonly location: Query['location']
  }
}

export function queryExpression(node: ForeignNode, t: Translation): Query {
  return at(node, t, () => {
    const { location } = t
    const withClause = withOf(node, t)
    const members = chain(node)
    const base = {
      kind: 'query' as const,
      span: SPAN,
      sessionProperties: [],
      functions: [],
      location,
    }
    const rest = withClause === undefined ? {} : { with: withClause }
    if (members.length === 1) {
      const outer = outerTail(node, t)
      const query = selectQuery(node, t)
      const isWrapped = Object.keys(outer).length > 0
      const inner = isWrapped
        ? {
            ...base,
            queryBody: {
              kind: 'tableSubquery' as const,
              query: { ...base, queryBody: query },
              location,
            },
          }
        : { ...base, queryBody: query }
      finish(node, t)
      return { ...inner, ...outer, ...rest }
    }
    // What follows the last member without parentheses belongs to the whole.
    const last = members.at(-1)!.node
    const outer = outerTail(node, t)
    const isLastOpen = !last.isParenthesised
    const tail = isLastOpen ? tailOf(last, t) : {}
    const bodies = members.map(({ node: member }, i): QueryBody => {
      const isOpenLast = i === members.length - 1 && isLastOpen
      const specification = selectQuery(member, t, isOpenLast)
      finish(member.ignore('with'), t)
      const hasTail =
        specification.orderBy !== undefined ||
        specification.limit !== undefined ||
        specification.offset !== undefined
      if (!member.isParenthesised && hasTail)
        throw notSupported('ORDER BY or LIMIT inside a set operation without parentheses', t)
      return hasTail
        ? { kind: 'tableSubquery', query: { ...base, queryBody: specification }, location }
        : specification
    })
    const queryBody = combine(
      bodies,
      members.map(({ operator }) => operator ?? ''),
      t,
    )
    return { ...base, queryBody, ...tail, ...outer, ...rest }
  })
}

interface Member {
  readonly node: ForeignNode
  /** That joins it with what is before it. */
  readonly operator: string | undefined
}

/** `a UNION b INTERSECT c`, in the order of the text. */
function chain(first: ForeignNode): readonly Member[] {
  const members: Member[] = [{ node: first, operator: undefined }]
  for (let node = first; ; ) {
    const next = node.node('_next')
    const operator = node.text('set_op')
    if (next === undefined) return members
    members.push({ node: next, operator: (operator ?? '').toLowerCase().replace(/\s+/g, ' ') })
    node = next
  }
}

function withOf(node: ForeignNode, t: Translation): With | undefined {
  const items = node.nodes('with')
  if (items.length === 0) return undefined
  let recursive = false
  const queries = items.map((item) => {
    if (item.value('recursive') === true) recursive = true
    const name = nameParts(item.value('name'), t).at(-1)
    const statement = item.node('stmt')
    const query = statement?.type === '' ? statement.node('ast') : statement
    if (name === undefined || query === undefined) throw notSupported('this WITH query', t)
    if (query.type !== 'select') throw notSupported(`${query.description.toUpperCase()} in WITH`, t)
    const columns = item
      .nodes('columns')
      .map((column) => nameParts(column.value('column'), t).at(-1)!)
    finish(item.ignore('columns', 'stmt', 'name'), t)
    return {
      kind: 'withQuery' as const,
      name: identifier(name, t),
      query: queryExpression(query, t),
      ...(columns.length === 0
        ? {}
        : { columnNames: columns.map((column) => identifier(column, t)) }),
      location: t.location,
    }
  })
  return { kind: 'with', recursive, queries, location: t.location }
}

/** ORDER BY and LIMIT of a chain, where the grammar has them apart. */
function outerTail(node: ForeignNode, t: Translation): Tail {
  const order = node.nodes('_orderby')
  const limit = node.node('_limit')
  return {
    ...(order.length === 0 ? {} : { orderBy: orderBy(order, t) }),
    ...(limit === undefined ? {} : limitOf(limit, t)),
  }
}

function tailOf(node: ForeignNode, t: Translation): Tail {
  const order = node.nodes('orderby')
  const limit = node.node('limit')
  return {
    ...(order.length === 0 ? {} : { orderBy: orderBy(order, t) }),
    ...(limit === undefined ? {} : limitOf(limit, t)),
  }
}

function rowCount(node: ForeignNode, t: Translation): LongLiteral | Parameter | 'all' {
  const raw = node.value('value')
  if (typeof raw === 'string' && /^all$/i.test(raw)) return 'all'
  const piece =
    typeof raw === 'number'
      ? referencedRowCount(raw, t.encoded.pieces)
      : referenced(String(raw), t.encoded.pieces)
  if (piece?.kind === 'parameter') {
    return { kind: 'parameter', position: t.parameters.of(piece), location: t.location }
  }
  if (!/^\d+$/.test(String(raw))) throw notSupported('LIMIT of what is no number', t)
  return longLiteral(String(raw), t.location)
}

function limitOf(node: ForeignNode, t: Translation): Tail {
  const fetch = node.node('fetch')
  if (fetch !== undefined) return offsetAndFetch(node.node('offset'), fetch, t)
  const values = node.nodes('value').map((item) => rowCount(item, t))
  const separator = (node.text('seperator') ?? '').toLowerCase()
  const [first, second] = values
  const { location } = t
  const limit = (count: LongLiteral | Parameter | 'all' | undefined) =>
    count === undefined || count === 'all'
      ? {}
      : { limit: { kind: 'limit' as const, rowCount: count, location } }
  const offset = (count: LongLiteral | Parameter | 'all' | undefined) =>
    count === undefined || count === 'all'
      ? {}
      : { offset: { kind: 'offset' as const, rowCount: count, location } }
  if (separator === ',') return { ...offset(first), ...limit(second) }
  if (separator === 'offset' && second === undefined) return offset(first)
  return { ...limit(first), ...offset(second) }
}

/** OFFSET m ROWS FETCH NEXT n ROWS ONLY. */
function offsetAndFetch(offset: ForeignNode | undefined, fetch: ForeignNode, t: Translation): Tail {
  const { location } = t
  const words = [...fetch.nodes('prefix'), ...fetch.nodes('suffix')]
    .map((word) => String(word.value('value')).toLowerCase())
    .join(' ')
  if (!/^fetch (?:first|next)(?: rows?)? only$/.test(words)) throw notSupported(words, t)
  const count = countOf(fetch, t)
  const skipped = offset === undefined ? undefined : countOf(offset, t)
  return {
    limit: { kind: 'limit', rowCount: count, location },
    ...(skipped === undefined ? {} : { offset: { kind: 'offset', rowCount: skipped, location } }),
  }
}

function countOf(clause: ForeignNode, t: Translation): LongLiteral | Parameter {
  const number = clause.node('value')
  const count = number === undefined ? longLiteral('1', t.location) : rowCount(number, t)
  if (count === 'all') throw notSupported('ALL in this place', t)
  return count
}

export function orderBy(items: readonly ForeignNode[], t: Translation): OrderBy {
  const sortItems = items.map((item): SortItem => {
    const key = item.node('expr')
    if (key === undefined) throw notSupported('this ORDER BY', t)
    const isDescending = /^desc/i.test(item.text('type') ?? String(item.value('order_by') ?? ''))
    const direction = item.value('type')
    const nulls = String(item.value('nulls') ?? '').toLowerCase()
    const ascendingFirst = t.dialect.nulls === 'smallest'
    const isFirst = nulls.includes('first')
      ? true
      : nulls.includes('last')
        ? false
        : t.dialect.nulls === 'last'
          ? false
          : isDescending !== ascendingFirst
    finish(item, t)
    const descending = isDescending || (typeof direction === 'string' && /^desc/i.test(direction))
    return {
      kind: 'sortItem',
      sortKey: value(key, t),
      ordering: descending ? 'DESCENDING' : 'ASCENDING',
      // Trino puts them last unless told.
      nullOrdering: isFirst ? 'FIRST' : 'UNDEFINED',
      location: t.location,
    }
  })
  return { kind: 'orderBy', sortItems, location: t.location }
}

/** A SELECT, or VALUES. @param isOpen its ORDER BY and LIMIT belong to the whole set operation */
function selectQuery(node: ForeignNode, t: Translation, isOpen = false): QuerySpecification {
  if (node.type !== 'select') throw notSupported(`${node.description} in a query`, t)
  const { location } = t
  const columns = node.value('columns')
  if (columns === '*') throw notSupported('this SELECT list', t)
  const { isDistinct, on } = distinctOf(node, t)
  const semiJoins: Expression[] = []
  const from = fromClause(node.nodes('from'), t, semiJoins)
  const where = whereOf(node, semiJoins, t)
  const having = node.node('having')
  const groupBy = groupByOf(node, t)
  const qualify = node.node('qualify')
  const windows = windowsOf(node, t)
  const top = topOf(node, t)
  const tail = isOpen ? {} : tailOf(node, t)
  if (isOpen) node.ignore('orderby', 'limit')
  if (node.has('options') && !/^(?:all)$/i.test(String(node.value('options')))) {
    throw notSupported(`SELECT ${String(node.value('options'))}`, t)
  }
  node.ignore('options', '_next', 'set_op', 'with', '_orderby', '_limit')
  const select = selectOf(node.nodes('columns'), isDistinct, t)
  const aliases = aliasesOf(select)
  const specification: QuerySpecification = {
    kind: 'querySpecification',
    select,
    ...(from === undefined ? {} : { from }),
    ...(where === undefined ? {} : { where }),
    ...(groupBy === undefined ? {} : { groupBy: withAliases(groupBy, aliases) }),
    ...(having === undefined ? {} : { having: withAliases(condition(having, t), aliases) }),
    windows,
    ...tail,
    ...(top === undefined ? {} : { limit: top }),
    location,
  }
  if (on !== undefined) return firstOfEach(specification, on, t)
  return qualify === undefined
    ? specification
    : filtered(specification, withAliases(condition(qualify, t), aliases), t)
}

/** WHERE, with what semi-joins of FROM demand. */
function whereOf(
  node: ForeignNode,
  semiJoins: readonly Expression[],
  t: Translation,
): Expression | undefined {
  const where = node.node('where')
  const terms = [...semiJoins, ...(where === undefined ? [] : [condition(where, t)])]
  return terms.length < 2
    ? terms[0]
    : { kind: 'logicalExpression', operator: 'AND', terms, location: t.location }
}

function distinctOf(
  node: ForeignNode,
  t: Translation,
): { readonly isDistinct: boolean; readonly on?: readonly Expression[] } {
  const raw = node.value('distinct')
  if (typeof raw === 'string') return { isDistinct: /^distinct/i.test(raw) }
  const inner = node.node('distinct')
  const type = inner?.text('type') ?? String(inner?.value('type') ?? '')
  if (inner === undefined || !/distinct/i.test(type)) return { isDistinct: false }
  const on = inner.nodes('columns').map((column) => value(column, t))
  return on.length === 0 ? { isDistinct: true } : { isDistinct: false, on }
}

function topOf(node: ForeignNode, t: Translation): Limit | undefined {
  const top = node.node('top')
  if (top === undefined) return undefined
  if (top.has('percent')) throw notSupported('TOP … PERCENT', t)
  const count = rowCount(top, t)
  if (count === 'all') return undefined
  return { kind: 'limit', rowCount: count, location: t.location }
}

function groupByOf(node: ForeignNode, t: Translation): GroupBy | undefined {
  const group = node.node('groupby')
  const raw = node.value('groupby')
  const items =
    group !== undefined && !Array.isArray(raw) ? group.nodes('columns') : node.nodes('groupby')
  const modifiers =
    group?.nodes('modifiers').map((item) => String(item.value('value')).toLowerCase()) ?? []
  if (items.length === 0) return undefined
  const [first] = items
  const { location } = t
  if (first?.type === 'origin' && /^all$/i.test(String(first.value('value')))) {
    return {
      kind: 'groupBy',
      distinct: false,
      groupingElements: [{ kind: 'autoGroupBy', location }],
      location,
    }
  }
  let elements = items.map((item) => groupingElement(item, t))
  if (modifiers.includes('with rollup') || modifiers.includes('with cube')) {
    const sets = elements.map((element) => {
      if (element.kind !== 'simpleGroupBy') throw notSupported('WITH ROLLUP of grouping sets', t)
      return element.columns
    })
    elements = [
      {
        kind: 'groupingSets',
        type: modifiers.includes('with cube') ? 'CUBE' : 'ROLLUP',
        sets,
        location,
      },
    ]
  } else if (modifiers.length > 0) throw notSupported(modifiers[0]!.toUpperCase(), t)
  if (group !== undefined && !Array.isArray(raw)) finish(group, t)
  return { kind: 'groupBy', distinct: false, groupingElements: elements, location }
}

function groupingElement(node: ForeignNode, t: Translation): GroupingElement {
  const { location } = t
  if (node.type === 'function') {
    const name = callName(node)
    const args = node.node('args')?.nodes('value') ?? []
    if (name === 'rollup' || name === 'cube') {
      const sets = args.map((item) =>
        item.type === 'expr_list'
          ? item.nodes('value').map((inner) => value(inner, t))
          : [value(item, t)],
      )
      return { kind: 'groupingSets', type: name === 'rollup' ? 'ROLLUP' : 'CUBE', sets, location }
    }
  }
  return { kind: 'simpleGroupBy', columns: [value(node, t)], location }
}

function windowsOf(node: ForeignNode, t: Translation): readonly WindowDefinition[] {
  const clause = node.node('window')
  if (clause === undefined) return []
  finish(clause.ignore('keyword', 'expr'), t)
  return clause.nodes('expr').map((item) => {
    const specification = item.node('as_window_specification')?.node('window_specification')
    const name = nameParts(item.value('name'), t)[0]
    if (specification === undefined || name === undefined) throw notSupported('this window', t)
    return {
      kind: 'windowDefinition',
      name: identifier(name, t),
      window: windowSpecification(specification, t),
      location: t.location,
    }
  })
}

function selectOf(columns: readonly ForeignNode[], distinct: boolean, t: Translation): Select {
  const items = columns.map((column) => at(column, t, () => selectItem(column, t)))
  return {
    kind: 'select',
    distinct,
    selectItems: t.dialect.namesCalls ? namedCalls(items, columns, t) : items,
    location: t.location,
  }
}

function selectItem(node: ForeignNode, t: Translation): SelectItem {
  const { location } = t
  const inner = node.type === 'expr' || node.type === '' ? node.node('expr') : node
  if (inner === undefined) throw notSupported('this column', t)
  if (node.type !== 'expr' && node.type !== '' && node.has('expr_list')) {
    throw notSupported(`* ${node.type.toUpperCase()} (…)`, t)
  }
  if (inner.type === 'star') return { kind: 'allColumns', aliases: [], location }
  if (inner.type === 'column_ref' && inner.value('column') === '*') {
    const parts = [inner.value('db'), inner.value('schema'), inner.value('table')].flatMap((part) =>
      nameParts(part, t),
    )
    finish(inner, t)
    finish(node, t)
    const names = parts.map((part) => identifier(part, t))
    const [first, ...rest] = names
    if (first === undefined) return { kind: 'allColumns', aliases: [], location }
    const target = rest.reduce<Expression>(
      (base, field) => ({ kind: 'dereferenceExpression', base, field, location }),
      first,
    )
    return { kind: 'allColumns', target, aliases: [], location }
  }
  const alias = nameParts(node.value('as'), t)[0]
  const item: SingleColumn = {
    kind: 'singleColumn',
    expression: value(inner, t),
    ...(alias === undefined ? {} : { alias: identifier(alias, t) }),
    location,
  }
  if (node.type === 'expr' || node.type === '') finish(node, t)
  return item
}

/** Columns that are calls have the function's name, unless two would have one. */
function namedCalls(
  items: readonly SelectItem[],
  columns: readonly ForeignNode[],
  t: Translation,
): readonly SelectItem[] {
  const names = columns.map((column, i) => {
    const item = items[i]
    if (item?.kind !== 'singleColumn' || item.alias !== undefined) return undefined
    const inner = column.node('expr')
    const isCall = inner !== undefined && /^(?:function|aggr_func|window_func)$/.test(inner.type)
    const name = isCall ? callName(inner).split('.').at(-1) : undefined
    return name === undefined || !/^[a-z_]\w*$/.test(name) ? undefined : name
  })
  return items.map((item, i) => {
    const name = names[i]
    if (name === undefined || item.kind !== 'singleColumn') return item
    const isTaken = names.filter((other) => other === name).length > 1
    return isTaken ? item : { ...item, alias: plainIdentifier(name, t.location) }
  })
}

export const tableName = (parts: readonly string[], t: Translation) =>
  qualifiedName(
    parts.map((part) => identifier(part, t)),
    t.location,
  )
