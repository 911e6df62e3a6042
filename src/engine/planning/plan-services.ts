import type { FunctionRegistry } from '../../expressions/registry.js'
import type { PlanNode } from '../../planner/plan/node.js'
import type { RegisteredSources } from '../catalog/registered-sources.js'
import { gatherTable } from '../execution/gathering.js'
import type { PlanRunner } from '../execution/plan-runner.js'
import { startPlan } from '../execution/start-plan.js'
import type { EngineServices } from '../services.js'
import type { QueryContext } from '../session/query-context.js'
import type { PlanResult } from '../statements/statement.js'
import { explainAnalyzeText, explainText, ioText } from './explain.js'
import { expressionEngines } from './expression-engines.js'
import type { PlanCache } from './plan-cache.js'
import {
  columnsOfView,
  describeFunction,
  describeStatement,
  estimateQuery,
  estimatorOf,
  evaluateExpression,
  type PlanningServices,
  planStatement,
  scanColumnNames,
} from './planning.js'

/** The services of statements that plan and run: analysis, optimisation, execution, EXPLAIN. */
export function createPlanServices(parts: {
  readonly functions: FunctionRegistry
  readonly cache: PlanCache
  readonly registered: RegisteredSources
  readonly runner: PlanRunner
}): Pick<
  EngineServices,
  | 'plan'
  | 'describe'
  | 'viewColumns'
  | 'describeFunction'
  | 'evaluate'
  | 'explain'
  | 'explainAnalyze'
  | 'estimate'
  | 'gather'
  | 'run'
> {
  const planning: PlanningServices = {
    functions: parts.functions,
    cache: parts.cache,
    registered: parts.registered,
  }
  const start = (result: PlanResult, context: QueryContext) =>
    startPlan(parts.runner, result, context, () => estimatorOf(planning, result.plan, context))
  const describeNode = (node: PlanNode) =>
    expressionEngines(node, parts.functions, parts.runner.expressionTarget)
  return {
    plan: (statement, context) => planStatement(planning, statement, context),
    describe: (statement, context) => describeStatement(planning, statement, context),
    viewColumns: (query, node, name, context) =>
      columnsOfView(planning, query, node, name, context),
    describeFunction: (statement, context) => describeFunction(planning, statement, context),
    evaluate: (expression, context, type) =>
      evaluateExpression(planning, expression, context, type),
    estimate: (query, context) => estimateQuery(planning, query, context),
    explain: async ({ plan }, type, format, context) => {
      const estimator = await estimatorOf(planning, plan, context)
      if (type === 'IO') {
        return ioText(plan, format, estimator, await scanColumnNames(plan, context))
      }
      return explainText(
        plan,
        format,
        estimator,
        await parts.runner.explain(plan, type, context, estimator),
        describeNode,
      )
    },
    explainAnalyze: async (result, planningMillis, isVerbose, context) =>
      explainAnalyzeText(
        start(result, context),
        result.plan,
        planningMillis,
        await estimatorOf(planning, result.plan, context),
        describeNode,
        isVerbose,
      ),
    gather: (table, context) =>
      gatherTable(parts.runner, table, context, (plan) => estimatorOf(planning, plan, context)),
    run: start,
  }
}
