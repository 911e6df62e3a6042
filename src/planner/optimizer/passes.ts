import { MillraceError } from '../../spi/index.js'
import type { PlanNode } from '../plan/node.js'
import { sourcesOf } from '../plan/structure.js'
import type { OptimizerContext } from './context.js'
import { applyNodeRules } from './decorrelation/apply.js'
import { decorrelateByRow } from './decorrelation/by-row.js'
import { checkTrinoForms } from './decorrelation/check-trino-forms.js'
import { correlatedJoinRules, joinUncorrelated } from './decorrelation/correlated-join.js'
import { countApply } from './decorrelation/count-apply.js'
import type { RuleSet } from './iterative.js'
import { applyRules, ruleSet } from './iterative.js'
import { aggregatesToWindows } from './passes/aggregates-to-windows.js'
import { pruneColumns, pruneFilteredColumns } from './passes/column-pruning.js'
import { checkRequiredPredicates, pushIntoConnectors } from './passes/connector-pushdown.js'
import { addDynamicFilters } from './passes/dynamic-filters.js'
import { orderJoins } from './passes/join-order.js'
import { pushDownPredicates } from './passes/predicate-pushdown.js'
import { noteRefusals } from './passes/refusal-notes.js'
import type { Rule } from './rule.js'
import * as cardinality from './rules/cardinality-rules.js'
import { dependentGroupingKeys } from './rules/dependent-grouping-keys.js'
import {
  distinctToMark,
  removeNeedlessDistinct,
  singleDistinctToGroupBy,
} from './rules/distinct-aggregations.js'
import { inlineProjections } from './rules/inline-projections.js'
import { leftJoinToAntiJoin } from './rules/left-join-to-anti-join.js'
import * as limits from './rules/limit-rules.js'
import { mergeFilters } from './rules/merge-filters.js'
import { pushAggregationThroughOuterJoin } from './rules/outer-join-aggregation.js'
import { pushPartialAggregationThroughJoin } from './rules/partial-aggregation.js'
import { projectOverValues } from './rules/project-over-values.js'
import { removeIdentityProject } from './rules/remove-identity-project.js'
import { setOperationRules } from './rules/set-operations.js'
import {
  simplifyFilter,
  simplifyJoinFilter,
  simplifyProject,
  simplifyValues,
} from './rules/simplify-expressions.js'
import * as windows from './rules/window-rules.js'
import { inlineReadOnce } from './sharing/inline-shared.js'
import { shareSubplans } from './sharing/share-subplans.js'

/** One step of the optimizer over the whole plan. */
export interface Pass {
  readonly name: string
  readonly run: (plan: PlanNode, context: OptimizerContext) => PlanNode | Promise<PlanNode>
}

const rulesPass = (set: RuleSet): Pass => ({
  name: set.name,
  run: (plan, context) => applyRules(plan, set, context),
})

/** What leaves a plan smaller and is wanted after every larger step. */
const cleanup: readonly Rule[] = [
  mergeFilters,
  simplifyFilter,
  simplifyProject,
  simplifyJoinFilter,
  simplifyValues,
  inlineProjections,
  removeIdentityProject,
  projectOverValues,
  ...cardinality.removeOverEmpty,
  cardinality.removeEmptyGroups,
  cardinality.joinWithEmpty,
  cardinality.semiJoinWithEmpty,
  cardinality.removeEmptyUnionSources,
  cardinality.joinWithConstantRow,
  cardinality.removeRedundantEnforceSingleRow,
  cardinality.removeUnseenSort,
  cardinality.countKnownRows,
]

const limitRules: readonly Rule[] = [
  limits.evaluateZeroLimit,
  limits.evaluateZeroTopN,
  limits.removeRedundantLimit,
  limits.removeRedundantTopN,
  limits.removeRedundantSort,
  limits.mergeLimits,
  limits.mergeLimitWithTopN,
  limits.mergeLimitWithSort,
  limits.mergeOffsets,
  limits.pushLimitThroughOffset,
  limits.pushLimitThroughProject,
  limits.pushLimitThroughMark,
  limits.pushLimitThroughAsyncCall,
  limits.pushTopNThroughAsyncCall,
  limits.pushLimitThroughUnion,
  limits.pushLimitThroughOuterJoin,
  limits.pushTopNThroughProject,
  limits.pushTopNThroughUnion,
  limits.pushTopNThroughOuterJoin,
  windows.limitIntoRowNumber,
]

const windowRules: readonly Rule[] = [
  windows.windowToRowNumber,
  windows.mergeWindows,
  windows.filterIntoRanking,
  windows.filterIntoRowNumber,
]

const prune: Pass = { name: 'PruneColumns', run: pruneColumns }
const pushDown: Pass = { name: 'PushDownPredicates', run: pushDownPredicates }
const pushDownConnectors: Pass = { name: 'PushIntoConnectors', run: pushIntoConnectors }
const clean: Pass = rulesPass(ruleSet('Cleanup', cleanup))
const loadStatistics: Pass = {
  name: 'LoadStatistics',
  run: async (plan, context) => {
    await context.tables.load(plan)
    return plan
  },
}

/** Decorrelation does more than Trino's; where a session asks for Trino's answers it may not. @throws NOT_SUPPORTED */
const checkForms: Pass = {
  name: 'CheckTrinoForms',
  run: (plan, context) => {
    if (!context.session.extendedDecorrelation) checkTrinoForms(plan)
    return plan
  },
}

/** What no rule could turn into a join. @throws NOT_SUPPORTED */
const checkDecorrelated: Pass = {
  name: 'CheckDecorrelated',
  run: (plan) => {
    rejectSubqueries(plan)
    return plan
  },
}

function rejectSubqueries(node: PlanNode): void {
  if (node.kind === 'apply' || node.kind === 'correlatedJoin') {
    throw new MillraceError('NOT_SUPPORTED', 'Given correlated subquery is not supported')
  }
  for (const source of sourcesOf(node)) rejectSubqueries(source)
}

/** The optimizer's passes in order. @source Trino PlanOptimizers, whose order this follows where it has a reason */
export const PASSES: readonly Pass[] = [
  // What the planner wrote out of convenience goes first, so that later patterns see plain shapes. Set operations are
  // implemented before decorrelation, which knows unions, groupings and windows only.
  // Limits meet their sorts, since decorrelation gives up the order of everything else, and those of none are no rows,
  // whatever their subquery refers to.
  rulesPass(
    ruleSet('Simplify', [
      ...cleanup,
      ...setOperationRules,
      limits.evaluateZeroLimit,
      limits.evaluateZeroTopN,
      limits.mergeLimitWithSort,
      limits.pushLimitThroughProject,
      limits.pushLimitThroughOffset,
    ]),
  ),
  // Columns nobody reads would be carried through decorrelation and become grouping keys.
  prune,
  checkForms,
  // Subqueries become joins before anything is pushed: predicates move through joins, not through Apply.
  rulesPass(
    ruleSet('Decorrelate', [
      ...applyNodeRules,
      ...correlatedJoinRules,
      mergeFilters,
      inlineProjections,
      removeIdentityProject,
      cardinality.removeRedundantEnforceSingleRow,
      ...setOperationRules,
    ]),
  ),
  // What that left over, dearer: every step of the subquery over all input rows.
  rulesPass(ruleSet('DecorrelateByRow', [decorrelateByRow, countApply, joinUncorrelated])),
  checkDecorrelated,
  clean,
  prune,
  // Twice: outer joins turned inner and marks turned semi-joins open ways for predicates that came from elsewhere.
  pushDown,
  clean,
  pushDown,
  rulesPass(ruleSet('CleanupAndWindows', [...cleanup, ...windowRules, leftJoinToAntiJoin])),
  prune,
  // Before sharing, which keeps relations that are used twice from being one.
  { name: 'AggregatesToWindows', run: aggregatesToWindows },
  clean,
  prune,
  // Before anything depends on what surrounds a use: joins are ordered in a shared plan as in the others.
  { name: 'ShareSubplans', run: shareSubplans },
  // Distinct aggregates before limits and join order: they add groupings whose rows count.
  rulesPass(
    ruleSet('DistinctAggregations', [
      removeNeedlessDistinct,
      singleDistinctToGroupBy,
      distinctToMark,
      ...cleanup,
      ...limitRules,
    ]),
  ),
  { name: 'CheckRequiredPredicates', run: checkRequiredPredicates },
  // Before join order: what connectors take changes their statistics, and they take joins as written.
  pushDownConnectors,
  clean,
  loadStatistics,
  // Needs predicates in place and columns pruned, for the estimates.
  { name: 'OrderJoins', run: orderJoins },
  // Ordering does without some uses.
  { name: 'InlineReadOnce', run: inlineReadOnce },
  // After ordering, equalities run other ways through the joins: what they imply may reach further scans.
  clean,
  prune,
  pushDown,
  // Needs the equalities that joins are made of.
  rulesPass(ruleSet('GroupingKeys', [dependentGroupingKeys])),
  rulesPass(ruleSet('Final', [...cleanup, ...limitRules, ...windowRules])),
  prune,
  rulesPass(ruleSet('FinalCleanup', cleanup)),
  // Again: limits, groupings and predicates have moved to scans since.
  pushDownConnectors,
  rulesPass(ruleSet('AfterPushdown', cleanup)),
  { name: 'NoteRefusals', run: noteRefusals },
  // After all that looks for filters by what is above them.
  { name: 'PruneFilteredColumns', run: pruneFilteredColumns },
  loadStatistics,
  // No rule knows steps.
  rulesPass(
    ruleSet('PartialAggregations', [
      pushAggregationThroughOuterJoin,
      pushPartialAggregationThroughJoin,
    ]),
  ),
  // Last: ids name joins and scans that nothing moves any more.
  { name: 'AddDynamicFilters', run: addDynamicFilters },
]
