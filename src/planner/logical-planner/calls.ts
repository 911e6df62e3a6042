import type { Expression } from '../../expressions/ir.js'
import { collectSymbols } from '../../expressions/ir-walk.js'
import type {
  BoundAggregate,
  BoundCall,
  BoundGroupingOperation,
  BoundWindowFunction,
  BoundWindowMeasure,
} from '../analyzer/bound.js'
import { windowExpressions } from '../analyzer/bound-walk.js'

export interface FoundCalls {
  readonly aggregates: readonly BoundAggregate[]
  readonly groupings: readonly BoundGroupingOperation[]
  readonly windows: readonly (BoundWindowFunction | BoundWindowMeasure)[]
}

/**
 * The calls that expressions of one query need, those in window functions and on the left sides of subqueries included, but
 * not what is inside aggregations: that is computed below them.
 */
export function callsOf(
  expressions: readonly Expression[],
  calls: ReadonlyMap<string, BoundCall>,
): FoundCalls {
  const aggregates: BoundAggregate[] = []
  const groupings: BoundGroupingOperation[] = []
  const windows: (BoundWindowFunction | BoundWindowMeasure)[] = []
  const seen = new Set<string>()
  const visit = (expression: Expression): void => {
    for (const name of collectSymbols(expression).keys()) {
      const call = calls.get(name)
      if (call === undefined || seen.has(name)) continue
      seen.add(name)
      switch (call.kind) {
        case 'aggregate':
          aggregates.push(call)
          break
        case 'grouping':
          groupings.push(call)
          break
        case 'window':
        case 'measure':
          windows.push(call)
          windowExpressions(call).forEach(visit)
          break
        case 'asyncCall':
          call.args.forEach(visit)
          break
        case 'inSubquery':
        case 'quantifiedSubquery':
          visit(call.value)
          break
        case 'scalarSubquery':
        case 'existsSubquery':
          break
      }
    }
  }
  expressions.forEach(visit)
  return { aggregates, groupings, windows }
}
