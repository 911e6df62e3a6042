import type { FunctionRegistry } from '../expressions/registry.js'
import { explainAnalyzeText, explainText } from './explain.js'
import type { PlanCache } from './plan-cache.js'
import type { PlanRunner } from './plan-runner.js'
import {
  describeStatement,
  estimateQuery,
  evaluateExpression,
  type PlanningServices,
  planStatement,
} from './planning.js'
import type { RegisteredSources } from './registered-sources.js'
import type { EngineServices } from './services.js'
import { startPlan } from './start-plan.js'

/** The services of statements that plan and run: analysis, optimisation, execution, EXPLAIN. */
export function createPlanServices(parts: {
  readonly functions: FunctionRegistry
  readonly cache: PlanCache
  readonly registered: RegisteredSources
  readonly runner: PlanRunner
}): Pick<
  EngineServices,
  'plan' | 'describe' | 'evaluate' | 'explain' | 'explainAnalyze' | 'estimate' | 'run'
> {
  const planning: PlanningServices = {
    functions: parts.functions,
    cache: parts.cache,
    registered: (name, context) => parts.registered.resolve(name, context),
  }
  return {
    plan: (statement, context) => planStatement(planning, statement, context),
    describe: (statement, context) => describeStatement(planning, statement, context),
    evaluate: (expression, context, type) =>
      evaluateExpression(planning, expression, context, type),
    estimate: (query, context) => estimateQuery(planning, query, context),
    explain: explainText,
    explainAnalyze: (result, planningMillis, context) =>
      explainAnalyzeText(startPlan(parts.runner, result, context), result, planningMillis),
    run: (result, context) => startPlan(parts.runner, result, context),
  }
}
