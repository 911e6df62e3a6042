import { plainKey } from '../../spi/index.js'
import type { SqlColumn, SqlTable } from './handles.js'
import { numberText, type SqlExpression, type SqlQuery } from './sql-tree.js'

/** The query that reads columns of a table; with none, one column of ones. */
export function tableQuery(
  table: SqlTable,
  columns: readonly { readonly expression: SqlExpression }[],
  condition?: SqlExpression,
): SqlQuery {
  const selected = columns.length === 0 ? [{ expression: numberText('1') }] : columns
  return {
    columns: selected.map(({ expression }, i) => ({ expression, alias: `c${i}` })),
    from: table.relation,
    where: condition === undefined ? table.where : [...table.where, condition],
    groupBy: [],
    orderBy: table.orderBy,
    ...(table.limit === undefined ? {} : { limit: table.limit }),
  }
}

/** Whether rows of a table are chosen by more than conditions, so that further ones would mean something else. */
export const isCutOff = (table: SqlTable): boolean => table.limit !== undefined

export interface WrappedTable {
  readonly table: SqlTable
  /** By the key of the column that it stands for. */
  readonly columns: ReadonlyMap<string, SqlColumn>
}

/** A table that reads another as a subquery: only the given columns, under names of its own. */
export function wrapTable(
  table: SqlTable,
  columns: readonly SqlColumn[],
  alias: string,
): WrappedTable {
  const distinct = new Map(columns.map((column) => [plainKey(column), column]))
  const query = tableQuery(table, [...distinct.values()])
  const wrapped = new Map<string, SqlColumn>()
  for (const [i, [key, column]] of [...distinct].entries()) {
    wrapped.set(key, {
      ...column,
      // An outer join adds NULLs.
      nullable: true,
      expression: { kind: 'column', relation: alias, name: `c${i}` },
    })
  }
  return {
    table: {
      schema: table.schema,
      table: table.table,
      relation: { kind: 'query', query, alias },
      where: [],
      orderBy: [],
      columns: [...wrapped.values()],
    },
    columns: wrapped,
  }
}
