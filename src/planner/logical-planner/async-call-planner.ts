import type { Expression } from '../../expressions/ir.js'
import type { BoundAsyncCall } from '../analyzer/bound.js'
import type { AsyncCallNode } from '../plan/node.js'
import { type PlannerState, projectSymbols, type SubPlan } from './sub-plan.js'
import { withSymbols } from './translation.js'

/**
 * Plans asynchronous calls below the expressions that read them: their arguments projected, one node for all that do not read each
 * other.
 * @param planArguments plans what the arguments need
 */
export function planAsyncCalls(
  state: PlannerState,
  input: SubPlan,
  calls: readonly BoundAsyncCall[],
  planArguments: (plan: SubPlan, expressions: readonly Expression[]) => SubPlan,
): SubPlan {
  const below = planArguments(
    input,
    calls.flatMap((call) => call.args),
  )
  // A call that is an argument too has been planned with the arguments.
  const left = calls.filter((call) => !below.translation.symbols.has(call.id))
  if (left.length === 0) return below
  const { plan, symbols } = projectSymbols(
    state,
    below,
    left.flatMap((call) => call.args),
  )
  let used = 0
  const planned = left.map(({ function: fn, args }) => ({
    symbol: state.symbols.newSymbol(fn.name, fn.returnType),
    function: fn,
    args: symbols.slice(used, (used += args.length)),
  }))
  const node: AsyncCallNode = {
    kind: 'asyncCall',
    id: state.ids.next(),
    source: plan.node,
    calls: planned,
  }
  const entries = left.map(({ id }, i) => [id, planned[i]!.symbol] as const)
  return { node, translation: withSymbols(plan.translation, entries) }
}
