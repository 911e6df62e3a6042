import type {
  Expression,
  OrderBy,
  Query,
  QuerySpecification,
  SingleColumn,
  SortItem,
} from '../planner/parser/ast/index.js'
import { notSupported, SPAN, type Translation } from './translation.js'
import { call, filled, plainIdentifier } from './tree.js'

const HIDDEN = 'dialect_condition'

/** The columns of a SELECT by name, for a query around it. @throws NOT_SUPPORTED where one has none */
function columnNames(
  specification: QuerySpecification,
  what: string,
  t: Translation,
): readonly string[] {
  return specification.select.selectItems.map((item) => {
    if (item.kind === 'singleColumn') {
      if (item.alias !== undefined) return item.alias.value
      if (item.expression.kind === 'identifier') return item.expression.value
      const field =
        item.expression.kind === 'dereferenceExpression' ? item.expression.field : undefined
      if (field !== undefined) return field.value
    }
    throw notSupported(
      `${what} with a column that has no name`,
      t,
      'Give each column of the SELECT list a name with AS',
    )
  })
}

/** Wraps a query with a further column and keeps the rows of which it is true. */
function wrapped(
  specification: QuerySpecification,
  extra: Expression,
  test: string,
  what: string,
  t: Translation,
): QuerySpecification {
  const { location } = t
  const names = columnNames(specification, what, t)
  const { orderBy: order, limit, offset, ...inner } = specification
  const keys = sortKeys(order, names, t)
  const query: Query = {
    kind: 'query',
    span: SPAN,
    sessionProperties: [],
    functions: [],
    queryBody: {
      ...inner,
      select: {
        ...inner.select,
        selectItems: [
          ...inner.select.selectItems,
          {
            kind: 'singleColumn',
            expression: extra,
            alias: plainIdentifier(HIDDEN, location),
            location,
          },
          ...keys.hidden,
        ],
      },
    },
    location,
  }
  return {
    kind: 'querySpecification',
    select: {
      kind: 'select',
      distinct: false,
      selectItems: names.map((name) => ({
        kind: 'singleColumn',
        expression: plainIdentifier(name, location),
        location,
      })),
      location,
    },
    from: {
      kind: 'aliasedRelation',
      relation: { kind: 'tableSubquery', query, location },
      alias: plainIdentifier('dialect_rows', location),
      location,
    },
    where: filled(test, [], location),
    windows: [],
    ...(keys.orderBy === undefined ? {} : { orderBy: keys.orderBy }),
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
    location,
  }
}

/** ORDER BY for the query around, with the columns that only it needs. */
function sortKeys(
  order: OrderBy | undefined,
  names: readonly string[],
  t: Translation,
): { readonly orderBy?: OrderBy; readonly hidden: readonly SingleColumn[] } {
  if (order === undefined) return { hidden: [] }
  const known = new Set(names.map((name) => name.toLowerCase()))
  const hidden: SingleColumn[] = []
  const sortItems = order.sortItems.map((item, i): SortItem => {
    const { sortKey, location } = item
    const isOutput =
      sortKey.kind === 'longLiteral' ||
      (sortKey.kind === 'identifier' && known.has(sortKey.value.toLowerCase()))
    if (isOutput) return item
    const alias = plainIdentifier(`dialect_order_${i + 1}`, t.location)
    hidden.push({ kind: 'singleColumn', expression: sortKey, alias, location })
    return { ...item, sortKey: alias }
  })
  return { orderBy: { ...order, sortItems }, hidden }
}

/** QUALIFY. */
export function filtered(
  specification: QuerySpecification,
  test: Expression,
  t: Translation,
): QuerySpecification {
  if (specification.select.distinct) throw notSupported('QUALIFY with DISTINCT', t)
  return wrapped(specification, test, HIDDEN, 'QUALIFY', t)
}

/** DISTINCT ON: of each group the first row, by the ORDER BY of the query. */
export function firstOfEach(
  specification: QuerySpecification,
  on: readonly Expression[],
  t: Translation,
): QuerySpecification {
  const { location } = t
  const hasGroups = specification.groupBy !== undefined || specification.having !== undefined
  if (hasGroups) throw notSupported('DISTINCT ON with GROUP BY', t)
  const order = specification.orderBy
  const number: Expression = {
    ...call('row_number', [], location),
    window: {
      kind: 'windowSpecification',
      partitionBy: on,
      ...(order === undefined ? {} : { orderBy: order }),
      location,
    },
  }
  return wrapped(specification, number, `${HIDDEN} = 1`, 'DISTINCT ON', t)
}
