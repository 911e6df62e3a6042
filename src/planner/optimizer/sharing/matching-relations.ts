import type { PlanNode } from '../../plan/node.js'
import type { Counterparts } from '../analysis/same-plan.js'
import type { OptimizerContext } from '../context.js'
import { fuseSame } from './fuse.js'

/** Relations that are the same rows as others. */
export interface Matching {
  /** Of the first list: those that were matched, in their places what reads the columns of both; the others as they were. */
  readonly relations: readonly PlanNode[]
  /** Places of those that were matched. */
  readonly places: ReadonlySet<number>
  /** For each column of the second list, that of the first. */
  readonly names: Counterparts
}

/** Ways to match that are looked at: a table that is joined with itself often has many. */
const MATCHINGS_MAX = 24

/** Matches each relation of the second list with one of the first that gives the same rows, in every way. */
export function matchings(
  first: readonly PlanNode[],
  second: readonly PlanNode[],
  context: OptimizerContext,
): readonly Matching[] {
  let found: readonly Matching[] = [{ relations: first, places: new Set(), names: new Map() }]
  for (const wanted of second) {
    const next: Matching[] = []
    for (const matching of found) {
      for (const [place, relation] of matching.relations.entries()) {
        if (next.length === MATCHINGS_MAX) break
        if (matching.places.has(place)) continue
        const fused = fuseSame(relation, wanted, context)
        if (fused === undefined) continue
        next.push({
          relations: matching.relations.map((r, i) => (i === place ? fused.plan : r)),
          places: new Set([...matching.places, place]),
          names: new Map([...matching.names, ...fused.names]),
        })
      }
    }
    found = next
  }
  return found
}
