import type { ConnectorSession } from '../connector/session.js'
import type { ConnectorTableMetadata } from '../metadata/schema.js'
import { nullableDiscreteValues } from '../predicate/domain.js'
import type { TupleDomain } from '../predicate/tuple-domain.js'
import { columnDomainOf } from '../predicate/tuple-domain.js'
import type { Value } from '../type/value.js'

/** A small table whose rows are made when it is read, such as `system.runtime.nodes`. @source Trino SystemTable */
export interface SystemTable {
  readonly metadata: ConnectorTableMetadata
  /**
   * The rows, as carriers of all columns in order.
   * @param constraint by index of the column; rows outside of it may be left out, the engine checks it again
   */
  rows(
    session: ConnectorSession,
    constraint: TupleDomain<number>,
    signal: AbortSignal,
  ): Iterable<readonly Value[]> | AsyncIterable<readonly Value[]>
}

/** The only names a VARCHAR column may have; undefined where it may have any. */
export function namesAllowed(
  constraint: TupleDomain<number>,
  column: number,
): readonly string[] | undefined {
  if (constraint.columnDomains === null) return []
  const domain = columnDomainOf(constraint, column)
  const values = domain === undefined ? undefined : nullableDiscreteValues(domain)
  return values?.filter((value) => typeof value === 'string')
}
