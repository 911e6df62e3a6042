import type { KeyFilterState, KeyFilterStates } from '../operators/keys/key-filter.js'
import type { SharedBound } from '../operators/sort/shared-bound.js'
import type { KeyFilterRef } from '../operators/spec.js'
import {
  assert,
  type Domain,
  type DynamicFilter,
  domain,
  EMPTY_DYNAMIC_FILTER,
  integerCarrier,
  intersectTuples,
  multipleValuesDomain,
  noneDomain,
  notNull,
  TUPLE_DOMAIN_ALL,
  type TupleDomain,
  tupleDomain,
  valueSetOfRanges,
} from '../spi/index.js'
import { boundDomain } from './bound-domain.js'
import type { ScanSource } from './pipeline.js'

/**
 * What joins above tell the connector of a scan, and a top-N. A pipeline starts after those that make its filters, so that what
 * joins say is complete from the start and nobody has to wait for it; a top-N comes to know its bound as rows are read.
 * @param stateOf the states of earlier pipelines, by id
 * @param bound of the top-N above; absent where splits are only enumerated
 */
export function dynamicFilterOf(
  scan: Pick<ScanSource, 'dynamicFilters' | 'knownDomains' | 'boundBy'>,
  stateOf: (pipeline: number) => readonly unknown[] | undefined,
  bound?: SharedBound,
): DynamicFilter {
  const joined = joinedFilterOf(scan, stateOf)
  const { boundBy } = scan
  if (boundBy === undefined || bound === undefined) return joined
  let knownKey: bigint | undefined
  let predicate = joined.getCurrentPredicate()
  return {
    columnsCovered: [...joined.columnsCovered, boundBy.column],
    isBlocked: () => Promise.resolve(),
    isComplete: () => false,
    isAwaitable: () => false,
    getCurrentPredicate() {
      const { key } = bound
      if (key === knownKey) return predicate
      knownKey = key
      const domain = boundDomain(boundBy, key)
      if (domain === undefined) return predicate
      const own = tupleDomain<unknown>([{ column: boundBy.column, domain }])
      predicate = intersectTuples<unknown>(joined.getCurrentPredicate(), own)
      return predicate
    },
  }
}

function joinedFilterOf(
  { dynamicFilters, knownDomains }: Pick<ScanSource, 'dynamicFilters' | 'knownDomains'>,
  stateOf: (pipeline: number) => readonly unknown[] | undefined,
): DynamicFilter {
  if (dynamicFilters.length === 0 && knownDomains.length === 0) return EMPTY_DYNAMIC_FILTER
  let predicate: TupleDomain<unknown> = TUPLE_DOMAIN_ALL
  for (const known of knownDomains) {
    predicate = intersectTuples<unknown>(predicate, tupleDomain<unknown>([known]))
  }
  for (const { column, ...ref } of dynamicFilters) {
    const domain = filteredDomain(ref, stateOf(ref.pipeline))
    assert(domain !== undefined, 'what filters a scan is made before')
    predicate = intersectTuples<unknown>(predicate, tupleDomain<unknown>([{ column, domain }]))
  }
  return {
    columnsCovered: [...dynamicFilters, ...knownDomains].map(({ column }) => column),
    isBlocked: () => Promise.resolve(),
    isComplete: () => true,
    isAwaitable: () => false,
    getCurrentPredicate: () => predicate,
  }
}

/** What the states of a pipeline say of a key; undefined where it makes no filter of it. */
export function filteredDomain(
  { keyIndex }: KeyFilterRef,
  states: readonly unknown[] | undefined,
): Domain | undefined {
  const [keys] = (states ?? []) as readonly Partial<KeyFilterStates>[]
  const state = keys?.filters?.[keyIndex]
  return state === undefined ? undefined : domainOf(state)
}

/** The values that can match: each of few, else a range. */
function domainOf({ type, isEmpty, values, integers }: KeyFilterState): Domain {
  if (isEmpty) return noneDomain(type)
  if (values !== undefined) return multipleValuesDomain(type, values)
  // Booleans are integers to the key layer only.
  if (integers === undefined || type.kind === 'boolean') return notNull(type)
  const low = integerCarrier(type, integers.min)
  const high = integerCarrier(type, integers.max)
  return domain(
    valueSetOfRanges(type, [{ low, lowInclusive: true, high, highInclusive: true }]),
    false,
  )
}
