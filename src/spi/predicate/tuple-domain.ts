import { plainKey } from '../type/plain-key.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import {
  type Domain,
  domainContains,
  domainsEqual,
  domainsOverlap,
  intersectDomains,
  isAllDomain,
  isNoneDomain,
  nullableDiscreteValues,
  nullableSingleValue,
  simplifyDomain,
  singleValueDomain,
  uniteDomains,
} from './domain.js'

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

export const TUPLE_DOMAIN_ALL: TupleDomain<never> = Object.freeze({
  columnDomains: Object.freeze([]),
})
export const TUPLE_DOMAIN_NONE: TupleDomain<never> = Object.freeze({ columnDomains: null })

export const isAllTuples = (t: TupleDomain): boolean => t.columnDomains?.length === 0
export const isNoTuples = (t: TupleDomain): boolean => t.columnDomains === null

/** Columns are distinct; a domain of all is left out, one of none makes the whole none. */
export function tupleDomain<C>(columnDomains: Iterable<ColumnDomain<C>>): TupleDomain<C> {
  const kept: ColumnDomain<C>[] = []
  for (const entry of columnDomains) {
    if (isNoneDomain(entry.domain)) return TUPLE_DOMAIN_NONE
    if (!isAllDomain(entry.domain)) kept.push(entry)
  }
  return { columnDomains: kept }
}

export const fixedValues = <C>(
  values: Iterable<{ readonly column: C; readonly type: SqlType; readonly value: Value }>,
): TupleDomain<C> =>
  tupleDomain(
    Array.from(values, ({ column, type, value }) => ({
      column,
      domain: singleValueDomain(type, value),
    })),
  )

const byKey = <C>(entries: readonly ColumnDomain<C>[]): Map<string, ColumnDomain<C>> =>
  new Map(entries.map((entry) => [plainKey(entry.column), entry]))

/** The domain of a column; undefined where any value passes (and for none). */
export function columnDomainOf<C>(t: TupleDomain<C>, column: C): Domain | undefined {
  const key = plainKey(column)
  return t.columnDomains?.find((entry) => plainKey(entry.column) === key)?.domain
}

/** The rows that pass both. Columns keep the order in which they are first named. */
export function intersectTuples<C>(a: TupleDomain<C>, b: TupleDomain<C>): TupleDomain<C> {
  if (a.columnDomains === null || b.columnDomains === null) return TUPLE_DOMAIN_NONE
  const merged = byKey(a.columnDomains)
  for (const entry of b.columnDomains) {
    const key = plainKey(entry.column)
    const own = merged.get(key)
    merged.set(
      key,
      own === undefined
        ? entry
        : { column: own.column, domain: intersectDomains(own.domain, entry.domain) },
    )
  }
  return tupleDomain(merged.values())
}

/**
 * Column by column the union: passes at least the rows that pass any of them, and often more. Only columns
 * that all of them restrict stay restricted. None for no tuple domains.
 * @source Trino TupleDomain.columnWiseUnion
 */
export function columnWiseUnion<C>(tupleDomains: readonly TupleDomain<C>[]): TupleDomain<C> {
  let union: Map<string, ColumnDomain<C>> | undefined
  for (const { columnDomains } of tupleDomains) {
    if (columnDomains === null) continue
    const other = byKey(columnDomains)
    if (union === undefined) {
      union = other
      continue
    }
    for (const [key, entry] of union) {
      const added = other.get(key)
      if (added === undefined) union.delete(key)
      else {
        const domain = uniteDomains(entry.domain, added.domain)
        union.set(key, { column: entry.column, domain })
      }
    }
  }
  return union === undefined ? TUPLE_DOMAIN_NONE : tupleDomain(union.values())
}

/** Tells whether every row that passes `inner` passes `outer`. */
export function tuplesContain<C>(outer: TupleDomain<C>, inner: TupleDomain<C>): boolean {
  if (inner.columnDomains === null) return true
  if (outer.columnDomains === null) return false
  const restricted = byKey(inner.columnDomains)
  return outer.columnDomains.every((entry) => {
    const own = restricted.get(plainKey(entry.column))
    return own !== undefined && domainContains(entry.domain, own.domain)
  })
}

/** Tells whether a row may pass both. */
export function tuplesOverlap<C>(a: TupleDomain<C>, b: TupleDomain<C>): boolean {
  if (a.columnDomains === null || b.columnDomains === null) return false
  const others = byKey(b.columnDomains)
  return a.columnDomains.every((entry) => {
    const other = others.get(plainKey(entry.column))
    return other === undefined || domainsOverlap(entry.domain, other.domain)
  })
}

export function tuplesEqual<C>(a: TupleDomain<C>, b: TupleDomain<C>): boolean {
  if (a.columnDomains === null || b.columnDomains === null) {
    return a.columnDomains === b.columnDomains
  }
  if (a.columnDomains.length !== b.columnDomains.length) return false
  const others = byKey(b.columnDomains)
  return a.columnDomains.every((entry) => {
    const other = others.get(plainKey(entry.column))
    return other !== undefined && domainsEqual(entry.domain, other.domain)
  })
}

/** The restrictions of the columns that `keep` holds of. */
export const filterTuples = <C>(
  t: TupleDomain<C>,
  keep: (column: C, domain: Domain) => boolean,
): TupleDomain<C> =>
  t.columnDomains === null
    ? t
    : tupleDomain(t.columnDomains.filter((entry) => keep(entry.column, entry.domain)))

/** The same over other columns; where `map` gives undefined the restriction is dropped. */
export function transformColumns<C, D>(
  t: TupleDomain<C>,
  map: (column: C) => D | undefined,
): TupleDomain<D> {
  if (t.columnDomains === null) return TUPLE_DOMAIN_NONE
  return tupleDomain(
    t.columnDomains.flatMap(({ column, domain }) => {
      const mapped = map(column)
      return mapped === undefined ? [] : [{ column: mapped, domain }]
    }),
  )
}

/** A tuple domain that passes at least the same rows, with domains of at most `threshold` ranges. */
export const simplifyTuples = <C>(t: TupleDomain<C>, threshold?: number): TupleDomain<C> =>
  t.columnDomains === null
    ? t
    : tupleDomain(
        t.columnDomains.map(({ column, domain }) => ({
          column,
          domain: simplifyDomain(domain, threshold),
        })),
      )

/** Columns whose value is fixed (also to NULL), with it; undefined for none. */
export function extractFixedValues<C>(
  t: TupleDomain<C>,
): readonly { readonly column: C; readonly value: Value }[] | undefined {
  return t.columnDomains?.flatMap(({ column, domain }) => {
    const value = nullableSingleValue(domain)
    return value === undefined ? [] : [{ column, value }]
  })
}

/** Columns that a list of values (NULL among them) is given for; undefined for none. */
export function extractDiscreteValues<C>(
  t: TupleDomain<C>,
): readonly { readonly column: C; readonly values: readonly Value[] }[] | undefined {
  return t.columnDomains?.flatMap(({ column, domain }) => {
    const values = nullableDiscreteValues(domain)
    return values === undefined ? [] : [{ column, values }]
  })
}
