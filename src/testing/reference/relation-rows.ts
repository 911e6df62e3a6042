import {
  columnDomainOf,
  compareValues,
  domainIncludes,
  extractConjuncts,
  STANDARD_FUNCTIONS as F,
  MillraceError,
  type Value,
  valueKey,
} from '../../spi/index.js'
import { evaluate } from './evaluate.js'
import type {
  ReferenceAggregate,
  ReferenceColumn,
  ReferenceSplit,
  Relation,
  SortColumn,
} from './handles.js'
import { type CatalogState, ROW_ID, storedTable } from './state.js'

type Row = readonly Value[]
export interface Rows {
  readonly columns: readonly ReferenceColumn[]
  readonly rows: readonly Row[]
}

/** The columns of a relation, a table's hidden one among them. */
export function columnsOf(relation: Relation, state: CatalogState): readonly ReferenceColumn[] {
  switch (relation.kind) {
    case 'table': {
      const { columns } = storedTable(state, relation)
      return [...columns.map(({ name, type }) => ({ name, type })), ROW_ID]
    }
    case 'numbers':
      return [{ name: 'n', type: { kind: 'bigint' } }]
    case 'project':
      return relation.outputs.map((output) => output.column)
    case 'aggregate':
      return [...relation.groupBy, ...relation.aggregates.map((aggregate) => aggregate.column)]
    case 'join':
      return [...relation.leftColumns, ...relation.rightColumns].map((column) => column.to)
    case 'filter':
    case 'limit':
    case 'topN':
    case 'sample':
      return columnsOf(relation.source, state)
  }
}

/** Whether a relation's rows are those of its splits, so that parts of its table may be read apart. */
export const isSplittable = (relation: Relation): boolean =>
  relation.kind === 'table' ||
  ((relation.kind === 'filter' || relation.kind === 'project' || relation.kind === 'sample') &&
    isSplittable(relation.source))

/** The table under steps that keep its rows apart. */
export function baseTable(relation: Relation): (Relation & { readonly kind: 'table' }) | undefined {
  if (relation.kind === 'table') return relation
  return relation.kind === 'filter' || relation.kind === 'project' || relation.kind === 'sample'
    ? baseTable(relation.source)
    : undefined
}

/** The rows of a relation, or of a split of it. */
export function rowsOf(relation: Relation, state: CatalogState, split: ReferenceSplit = {}): Rows {
  const columns = columnsOf(relation, state)
  const of = (source: Relation) => rowsOf(source, state, split)
  switch (relation.kind) {
    case 'table': {
      const { rows } = storedTable(state, relation)
      const part = rows.slice(split.from ?? 0, split.to ?? rows.length)
      return { columns, rows: part.map((row) => [...row.values, row.id]) }
    }
    case 'numbers': {
      const count = relation.to < relation.from ? 0 : Number(relation.to - relation.from) + 1
      return { columns, rows: Array.from({ length: count }, (_, i) => [relation.from + BigInt(i)]) }
    }
    case 'filter': {
      const source = of(relation.source)
      return { columns, rows: source.rows.filter(filterOf(relation, source.columns)) }
    }
    case 'project': {
      const source = of(relation.source)
      const read = reader(source.columns)
      return {
        columns,
        rows: source.rows.map((row) =>
          relation.outputs.map(({ expression }) => evaluate(expression, read(row))),
        ),
      }
    }
    case 'limit':
      return { columns, rows: of(relation.source).rows.slice(0, relation.count) }
    case 'topN': {
      const { rows } = of(relation.source)
      return {
        columns,
        rows: [...rows].sort(order(relation.items, columns)).slice(0, relation.count),
      }
    }
    case 'sample':
      return {
        columns,
        rows: of(relation.source).rows.filter(() => Math.random() < relation.ratio),
      }
    case 'aggregate':
      return { columns, rows: aggregated(relation, of(relation.source)) }
    case 'join':
      return { columns, rows: joined(relation, of(relation.left), of(relation.right)) }
  }
}

/** Where each column of a row is, by name. */
function reader(columns: readonly ReferenceColumn[]): (row: Row) => (name: string) => Value {
  const places = new Map(columns.map((column, i) => [column.name, i]))
  return (row) => (name) => row[places.get(name)!] ?? null
}

function filterOf(
  { domain, terms }: Relation & { readonly kind: 'filter' },
  columns: readonly ReferenceColumn[],
): (row: Row) => boolean {
  if (domain.columnDomains === null) return () => false
  const read = reader(columns)
  const domains = columns.map((column) => columnDomainOf(domain, column))
  return (row) =>
    domains.every((d, i) => d === undefined || domainIncludes(d, row[i]!)) &&
    terms.every((term) => evaluate(term, read(row)) === true)
}

function order(
  items: readonly SortColumn[],
  columns: readonly ReferenceColumn[],
): (a: Row, b: Row) => number {
  const places = items.map(({ column }) => columns.findIndex((c) => c.name === column.name))
  return (a, b) => {
    for (const [i, { column, ascending, nullsFirst }] of items.entries()) {
      const [left, right] = [a[places[i]!]!, b[places[i]!]!]
      if (left === null && right === null) continue
      if (left === null || right === null) return (left === null) === nullsFirst ? -1 : 1
      const sign = compareValues(column.type, left, right, nullsFirst ? 'first' : 'last')
      if (sign !== 0) return ascending ? sign : -sign
    }
    return 0
  }
}

function aggregated(
  { groupBy, aggregates }: Relation & { readonly kind: 'aggregate' },
  { columns, rows }: Rows,
): readonly Row[] {
  const places = groupBy.map((key) => columns.findIndex((column) => column.name === key.name))
  const groups = new Map<string, { readonly key: Row; readonly rows: Row[] }>()
  if (groupBy.length === 0) groups.set('[]', { key: [], rows: [] })
  for (const row of rows) {
    const key = places.map((place) => row[place]!)
    const name = JSON.stringify(key.map((value, i) => valueKey(groupBy[i]!.type, value)))
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { key, rows: [row] })
    else group.rows.push(row)
  }
  return [...groups.values()].map((group) => [
    ...group.key,
    ...aggregates.map((aggregate) => aggregateOf(aggregate, columns, group.rows)),
  ])
}

const BIGINT_MAX = 2n ** 63n - 1n

function aggregateOf(
  { function: name, argument, distinct, filter, column }: ReferenceAggregate,
  columns: readonly ReferenceColumn[],
  rows: readonly Row[],
): Value {
  const place = (of: ReferenceColumn) => columns.findIndex((c) => c.name === of.name)
  const kept = filter === undefined ? rows : rows.filter((row) => row[place(filter)] === true)
  if (argument === undefined) return BigInt(kept.length)
  const at = place(argument)
  const all = kept.map((row) => row[at]!).filter((value) => value !== null)
  const values = distinct
    ? [...new Map(all.map((value) => [valueKey(argument.type, value), value])).values()]
    : all
  switch (name) {
    case 'count':
      return BigInt(values.length)
    case 'min':
    case 'max': {
      const sign = name === 'min' ? 1 : -1
      return values.reduce<Value>(
        (best, value) =>
          best === null || sign * compareValues(column.type, value, best) < 0 ? value : best,
        null,
      )
    }
    case 'sum': {
      if (values.length === 0) return null
      const sum = values.reduce<bigint>((total, value) => total + BigInt(value as bigint), 0n)
      if (sum > BIGINT_MAX || sum < -BIGINT_MAX - 1n) {
        throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', `bigint overflow: ${sum}`)
      }
      return sum
    }
  }
}

/** By a hash of the first equality between the sides, where there is one. */
function joined(
  { type, terms, leftColumns, rightColumns }: Relation & { readonly kind: 'join' },
  left: Rows,
  right: Rows,
): readonly Row[] {
  const pick = (side: Rows, wanted: readonly { readonly from: ReferenceColumn }[]) => {
    const read = reader(side.columns)
    return side.rows.map((row) => wanted.map(({ from }) => read(row)(from.name)))
  }
  const [lefts, rights] = [pick(left, leftColumns), pick(right, rightColumns)]
  const columns = [...leftColumns, ...rightColumns].map((column) => column.to)
  const read = reader(columns)
  const candidates = candidatesOf(terms, leftColumns, rightColumns, rights)
  const matchedRights = new Set<number>()
  const rows: Row[] = []
  const nulls = (count: number): Row => Array.from({ length: count }, () => null)
  for (const row of lefts) {
    let isMatched = false
    for (const i of candidates(row)) {
      const both = [...row, ...rights[i]!]
      if (!terms.every((term) => evaluate(term, read(both)) === true)) continue
      isMatched = true
      matchedRights.add(i)
      rows.push(both)
    }
    if (!isMatched && (type === 'LEFT_OUTER' || type === 'FULL_OUTER')) {
      rows.push([...row, ...nulls(rightColumns.length)])
    }
  }
  if (type === 'RIGHT_OUTER' || type === 'FULL_OUTER') {
    for (const [i, row] of rights.entries()) {
      if (!matchedRights.has(i)) rows.push([...nulls(leftColumns.length), ...row])
    }
  }
  return rows
}

function candidatesOf(
  terms: (Relation & { readonly kind: 'join' })['terms'],
  leftColumns: readonly { readonly to: ReferenceColumn }[],
  rightColumns: readonly { readonly to: ReferenceColumn }[],
  rights: readonly Row[],
): (left: Row) => Iterable<number> {
  const place = (columns: readonly { readonly to: ReferenceColumn }[], name: string) =>
    columns.findIndex((column) => column.to.name === name)
  for (const term of terms.flatMap(extractConjuncts)) {
    if (term.kind !== 'call' || term.function !== F.equal) continue
    const [a, b] = term.args
    if (a?.kind !== 'variable' || b?.kind !== 'variable') continue
    const [l, r] = place(leftColumns, a.name) < 0 ? [b, a] : [a, b]
    const [leftAt, rightAt] = [place(leftColumns, l.name), place(rightColumns, r.name)]
    if (leftAt < 0 || rightAt < 0) continue
    const byKey = new Map<string, number[]>()
    for (const [i, row] of rights.entries()) {
      const key = valueKey(r.type, row[rightAt]!)
      const found = byKey.get(key)
      if (found === undefined) byKey.set(key, [i])
      else found.push(i)
    }
    return (left) => byKey.get(valueKey(l.type, left[leftAt]!)) ?? []
  }
  return () => rights.keys()
}
