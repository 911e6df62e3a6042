/**
 * SQL for a remote database as plain data, so that it travels in handles. What it means in the database's own dialect is the
 * business of whoever makes it; {@link sqlPrinter} only prints.
 */
export type SqlExpression =
  /** A column of the one relation in FROM, or of a side of its join; `relation` is an alias there. */
  | { readonly kind: 'column'; readonly relation: string; readonly name: string }
  | { readonly kind: 'text'; readonly value: string }
  /** A number as the database writes it. */
  | { readonly kind: 'number'; readonly value: string }
  /** Hexadecimal digits. */
  | { readonly kind: 'bytes'; readonly hex: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | {
      readonly kind: 'binary'
      readonly operator: string
      readonly left: SqlExpression
      readonly right: SqlExpression
    }
  | { readonly kind: 'not'; readonly arg: SqlExpression }
  | { readonly kind: 'isNull'; readonly arg: SqlExpression; readonly negated: boolean }
  | { readonly kind: 'in'; readonly arg: SqlExpression; readonly list: readonly SqlExpression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly SqlExpression[] }
  | { readonly kind: 'countRows' }
  | {
      readonly kind: 'aggregate'
      readonly name: string
      readonly arg: SqlExpression
      readonly distinct: boolean
    }
  | { readonly kind: 'cast'; readonly arg: SqlExpression; readonly type: string }
  | {
      readonly kind: 'case'
      readonly whens: readonly { readonly when: SqlExpression; readonly result: SqlExpression }[]
      readonly otherwise: SqlExpression
    }

export interface SqlSortItem {
  readonly expression: SqlExpression
  readonly ascending: boolean
  readonly nullsFirst: boolean
}

export type SqlJoinType = 'INNER JOIN' | 'LEFT JOIN' | 'RIGHT JOIN' | 'FULL JOIN'

export type SqlRelation =
  | {
      readonly kind: 'table'
      readonly catalog?: string
      readonly schema: string
      readonly table: string
      readonly alias: string
    }
  | { readonly kind: 'query'; readonly query: SqlQuery; readonly alias: string }
  /** A query that a user wrote in the database's own words. */
  | { readonly kind: 'userQuery'; readonly text: string; readonly alias: string }
  | {
      readonly kind: 'join'
      readonly type: SqlJoinType
      readonly left: Exclude<SqlRelation, { kind: 'join' }>
      readonly right: Exclude<SqlRelation, { kind: 'join' }>
      readonly on: SqlExpression
    }

export interface SqlQuery {
  /** Named by their aliases; at least one. */
  readonly columns: readonly { readonly expression: SqlExpression; readonly alias: string }[]
  readonly from: SqlRelation
  readonly where: readonly SqlExpression[]
  readonly groupBy: readonly SqlExpression[]
  readonly orderBy: readonly SqlSortItem[]
  readonly limit?: number
}

export const binary = (
  operator: string,
  left: SqlExpression,
  right: SqlExpression,
): SqlExpression => ({ kind: 'binary', operator, left, right })

export const allOf = (first: SqlExpression, ...rest: readonly SqlExpression[]): SqlExpression =>
  rest.reduce((left, right) => binary('AND', left, right), first)

export const anyOf = (first: SqlExpression, ...rest: readonly SqlExpression[]): SqlExpression =>
  rest.reduce((left, right) => binary('OR', left, right), first)

export const numberText = (value: string): SqlExpression => ({ kind: 'number', value })
export const text = (value: string): SqlExpression => ({ kind: 'text', value })
export const sqlCall = (name: string, ...args: readonly SqlExpression[]): SqlExpression => ({
  kind: 'call',
  name,
  args,
})
export const sqlCast = (arg: SqlExpression, type: string): SqlExpression => ({
  kind: 'cast',
  arg,
  type,
})
