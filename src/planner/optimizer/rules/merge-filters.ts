import { and } from '../expression/predicates.js'
import { on, over, rule } from '../rule.js'

/**
 * Filter(p, Filter(q, x)) → Filter(q AND p, x): q first, which may keep p from failing.
 * @source Trino MergeFilters
 */
export const mergeFilters = rule({
  name: 'MergeFilters',
  pattern: over('filter', on('filter')),
  apply: (node) => ({
    ...node,
    source: node.source.source,
    predicate: and([node.source.predicate, node.predicate]),
  }),
})
