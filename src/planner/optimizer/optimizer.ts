import { assert } from '../../spi/index.js'
import type { OutputNode, PlanNode } from '../plan/node.js'
import { validatePlan } from '../plan/validate.js'
import type { OptimizerEnvironment } from './context.js'
import { optimizerContext } from './context.js'
import { PASSES } from './passes.js'

/**
 * Optimises a logical plan: subqueries become joins, predicates and columns move to the scans, joins are ordered by
 * cost, connectors take what they can. With MILLRACE_VERIFY=1 the plan is validated after every pass.
 * @param plan as the logical planner makes it; ApplyNode and CorrelatedJoinNode allowed
 * @returns a plan without ApplyNode and CorrelatedJoinNode, with the same output columns
 * @throws NOT_SUPPORTED where a correlated subquery has no join form; OPTIMIZER_TIMEOUT
 */
export async function optimize(
  plan: PlanNode,
  environment: OptimizerEnvironment,
): Promise<OutputNode> {
  const context = optimizerContext(environment)
  const verify = process.env['MILLRACE_VERIFY'] === '1'
  if (verify) validatePlan(plan, 'LogicalPlanner')
  let current = plan
  for (const pass of PASSES) {
    const result = pass.run(current, context)
    current = result instanceof Promise ? await result : result
    if (verify) validatePlan(current, pass.name)
  }
  assert(current.kind === 'output', 'an optimised plan ends in its output')
  return current
}
