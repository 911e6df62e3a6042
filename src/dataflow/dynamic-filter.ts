import type { KeyFilterState, KeyFilterStates } from '../operators/keys/key-filter.js'
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
import type { ScanFilter } from './pipeline.js'

/**
 * What joins above tell the connector of a scan. A pipeline starts after those that make its filters, so that the filter is
 * complete from the start and nobody has to wait for it.
 * @param stateOf the states of earlier pipelines, by id
 */
export function dynamicFilterOf(
  filters: readonly ScanFilter[],
  stateOf: (pipeline: number) => readonly unknown[] | undefined,
): DynamicFilter {
  if (filters.length === 0) return EMPTY_DYNAMIC_FILTER
  let predicate: TupleDomain<unknown> = TUPLE_DOMAIN_ALL
  for (const { pipeline, keyIndex, column } of filters) {
    const [keys] = (stateOf(pipeline) ?? []) as readonly KeyFilterStates[]
    const state = keys?.filters[keyIndex]
    assert(state !== undefined, 'what filters a scan is made before')
    const known = tupleDomain<unknown>([{ column, domain: domainOf(state) }])
    predicate = intersectTuples<unknown>(predicate, known)
  }
  return {
    columnsCovered: filters.map(({ column }) => column),
    isBlocked: () => Promise.resolve(),
    isComplete: () => true,
    isAwaitable: () => false,
    getCurrentPredicate: () => predicate,
  }
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
