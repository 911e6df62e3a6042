import type { Domain } from './domain.js'

/**
 * A conjunction of domains, one a column: a row passes when each column's value is in its domain. A column that is
 * not named may have any value; `columnDomains: null` lets no row pass. Columns are plain values and compared as such.
 * @source Trino TupleDomain
 */
export interface TupleDomain<Column = unknown> {
  readonly columnDomains: readonly ColumnDomain<Column>[] | null
}
export interface ColumnDomain<Column = unknown> {
  readonly column: Column
  readonly domain: Domain
}
