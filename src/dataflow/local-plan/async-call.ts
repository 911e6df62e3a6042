import type { AsyncCallNode } from '../../planner/plan/node.js'
import { channelsOf, gather, type LocalPlanContext, type Stream } from './stream.js'

/** A driver of the rows, and one that goes on with the answers, both in the thread that asked: functions can't travel. */
export function planAsyncCall(node: AsyncCallNode, context: LocalPlanContext): Stream {
  const { source, operators, layout, dependsOn } = gather(context, context.plan(node.source))
  return {
    source: {
      kind: 'asyncCall',
      planNodeId: node.id,
      input: { source, operators },
      calls: node.calls.map((call) => ({
        function: call.function,
        args: channelsOf(layout, call.args),
      })),
    },
    operators: [],
    layout: [...layout, ...node.calls.map((call) => call.symbol)],
    parallel: false,
    callerBound: true,
    dependsOn,
  }
}
