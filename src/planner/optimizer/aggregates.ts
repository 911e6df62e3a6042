import type { Expression } from '../../expressions/ir.js'
import type { AggregateCall } from '../plan/node.js'
import type { OptimizerContext } from './context.js'

/** A plain call of an aggregate function by name. */
export const resolveAggregate = (
  context: OptimizerContext,
  name: string,
  args: readonly Expression[],
): AggregateCall => ({
  function: context.metadata.resolveFunction(
    name,
    args.map((arg) => arg.type),
    'aggregate',
  ),
  args,
  distinct: false,
})

/** Aggregates that give NULL over no rows. */
const NULL_OF_NOTHING = new Set([
  'any_value',
  'arbitrary',
  'array_agg',
  'avg',
  'bitwise_and_agg',
  'bitwise_or_agg',
  'bitwise_xor_agg',
  'bool_and',
  'bool_or',
  'checksum',
  'corr',
  'covar_pop',
  'covar_samp',
  'every',
  'geometric_mean',
  'histogram',
  'kurtosis',
  'listagg',
  'map_agg',
  'map_union',
  'max',
  'max_by',
  'min',
  'min_by',
  'multimap_agg',
  'regr_intercept',
  'regr_slope',
  'skewness',
  'stddev',
  'stddev_pop',
  'stddev_samp',
  'sum',
  'var_pop',
  'var_samp',
  'variance',
])
/** Aggregates that give BIGINT 0 over no rows. */
const ZERO_OF_NOTHING = new Set(['count', 'count_if', 'approx_distinct'])

/** What an aggregate gives over no rows at all; `unknown`: has to be computed. */
export function valueOverNothing(call: AggregateCall): 'null' | 'zero' | 'unknown' {
  if (NULL_OF_NOTHING.has(call.function.name)) return 'null'
  return ZERO_OF_NOTHING.has(call.function.name) ? 'zero' : 'unknown'
}

/** Aggregates whose result doesn't change when equal inputs are dropped. */
const IGNORES_DUPLICATES = new Set([
  'any_value',
  'approx_distinct',
  'arbitrary',
  'bitwise_and_agg',
  'bitwise_or_agg',
  'bool_and',
  'bool_or',
  'every',
  'max',
  'min',
])
export const ignoresDuplicates = (call: AggregateCall): boolean =>
  IGNORES_DUPLICATES.has(call.function.name)

/** Of the aggregates that give NULL over no rows, those that see rows of nulls too. */
const SEES_NULLS = new Set([
  'array_agg',
  'checksum',
  'histogram',
  'map_agg',
  'map_union',
  'multimap_agg',
])

/** Whether an aggregate gives NULL over rows of nulls. */
export const isNullOverNulls = (call: AggregateCall): boolean =>
  NULL_OF_NOTHING.has(call.function.name) && !SEES_NULLS.has(call.function.name)
