import { BIGINT, DOUBLE, INTEGER, type SqlType, VARCHAR } from '../../spi/index.js'
import {
  booleanProperty,
  durationProperty,
  enumProperty,
  invalid,
  numberProperty,
  powerOfTwoProperty,
  property,
  type SystemProperty,
  sizeProperty,
} from './system-property.js'

/*
 * Properties of Trino that statements written for it may set, and that change nothing here: values are checked as there. What would change
 * an answer, a name or a limit is not among them: it has its effect, or is unknown.
 */

type Described = (description: string) => SystemProperty

const flag =
  (name: string, value: boolean): Described =>
  (description) =>
    booleanProperty(name, value, description)
const number =
  (name: string, value: number, min = 0, type: SqlType = INTEGER, max?: number): Described =>
  (description) =>
    numberProperty(name, type, value, min, description, max)
const share = (name: string, value: number): Described => number(name, value, 0, DOUBLE, 1)
const size =
  (name: string, value: string): Described =>
  (description) =>
    sizeProperty(name, value, description)
const duration =
  (name: string, value: string): Described =>
  (description) =>
    durationProperty(name, value, description)
const choice =
  (name: string, value: string, values: readonly string[]): Described =>
  (description) =>
    enumProperty(name, value, values, description)
const text =
  (name: string, value: string): Described =>
  (description) =>
    property(name, VARCHAR, value, description, () => {})
const powerOfTwo =
  (name: string, value: number): Described =>
  (description) =>
    powerOfTwoProperty(name, String(value), description)

/** A number that need not be given. */
const optionalNumber =
  (name: string): Described =>
  (description) =>
    property(name, INTEGER, '', description, (given) => {
      if (!Number.isFinite(Number(given))) throw invalid(`${name} must be a number: ${given}`)
    })

/** By the reason why nothing is there to be changed. */
const GROUPS: readonly { readonly because: string; readonly properties: readonly Described[] }[] = [
  {
    because: 'each task has one sink, and every task that has rows writes them',
    properties: [
      flag('scale_writers', true),
      flag('task_scale_writers_enabled', true),
      powerOfTwo('task_min_writer_count', 1),
      powerOfTwo('task_max_writer_count', 4),
      number('max_writer_task_count', 100, 1),
      size('writer_scaling_min_data_processed', '120MB'),
      flag('use_preferred_write_partitioning', true),
      flag('determine_partition_count_for_write_enabled', false),
      number('min_hash_partition_count_for_write', 50, 1),
      flag('push_table_write_through_union', true),
    ],
  },
  {
    because: 'stages of several tasks have one on each node, and one driver a thread',
    properties: [
      number('max_hash_partition_count', 100, 1),
      number('min_hash_partition_count', 4, 1),
      number('min_input_rows_per_task', 10_000_000, 1, BIGINT),
      size('min_input_size_per_task', '5GB'),
      number('initial_splits_per_node', 4, 1),
      optionalNumber('max_drivers_per_task'),
      flag('use_cost_based_partitioning', true),
      flag('use_exact_partitioning', false),
      flag('ignore_downstream_preferences', false),
      share('table_scan_node_partitioning_min_bucket_to_task_ratio', 0.5),
    ],
  },
  {
    because: 'tasks ask for splits when they want some',
    properties: [
      text('execution_policy', 'phased'),
      duration('split_concurrency_adjustment_interval', '100.00ms'),
      number('max_unacknowledged_splits_per_task', 2000, 1),
      number('max_tasks_waiting_for_execution_per_query', 10, 1),
      number('max_tasks_waiting_for_node_per_query', 50, 1),
      flag('remote_task_adaptive_update_request_size_enabled', true),
      number('remote_task_guaranteed_splits_per_request', 3, 1),
      size('remote_task_max_request_size', '8MB'),
      size('remote_task_request_size_headroom', '2MB'),
    ],
  },
  {
    because: 'it is chosen by what the rows are like',
    properties: [
      flag('columnar_filter_evaluation_enabled', true),
      flag('dictionary_aggregation', false),
      flag('enable_dynamic_row_filtering', true),
      share('dynamic_row_filtering_selectivity_threshold', 0.7),
      flag('enable_large_dynamic_filters', true),
      number('filter_and_project_min_output_page_row_count', 256),
      size('filter_and_project_min_output_page_size', '500kB'),
      flag('incremental_hash_array_load_factor_enabled', true),
      number('join_partitioned_build_min_row_count', 1_000_000, 0, BIGINT),
      size('max_partial_top_n_memory', '16MB'),
      size('aggregation_operator_unspill_memory_limit', '4MB'),
      flag('force_spilling_join', false),
      flag('task_share_index_loading', false),
    ],
  },
  {
    because: 'the optimizer has rules of its own',
    properties: [
      choice('distinct_aggregations_strategy', '', [
        'SINGLE_STEP',
        'MARK_DISTINCT',
        'PRE_AGGREGATE',
        'SPLIT_TO_SUBQUERIES',
        'AUTOMATIC',
      ]),
      choice('mark_distinct_strategy', '', ['NONE', 'ALWAYS', 'AUTOMATIC']),
      flag('enable_intermediate_aggregations', false),
      flag('merge_project_with_values', true),
      flag('optimize_duplicate_insensitive_joins', true),
      flag('optimize_metadata_queries', false),
      flag('optimize_top_n_ranking', true),
      flag('pre_aggregate_case_aggregations_enabled', true),
      flag('predicate_pushdown_use_table_properties', true),
      flag('prefer_streaming_operators', false),
      number('push_filter_into_values_max_row_count', 100),
      flag('rewrite_filtering_semi_join_to_inner_join', true),
      flag('spatial_join', true),
      text('spatial_partitioning_table_name', ''),
      flag('use_legacy_window_filter_pushdown', false),
      duration('iterative_optimizer_timeout', '3.00m'),
    ],
  },
  {
    because: 'estimates are made in one way, and only plans depend on them',
    properties: [
      flag('collect_plan_statistics_for_all_queries', false),
      flag('default_filter_factor_enabled', false),
      flag('enable_stats_calculator', true),
      flag('ignore_stats_calculator_failures', true),
      share('filter_conjunction_independence_factor', 0.75),
      share('join_multi_clause_independence_factor', 0.25),
      flag('non_estimatable_predicate_approximation_enabled', true),
      flag('statistics_cpu_timer_enabled', true),
      flag('statistics_precalculation_for_pushdown_enabled', true),
      flag('fault_tolerant_execution_adaptive_join_reordering_enabled', true),
      flag('fault_tolerant_execution_adaptive_query_planning_enabled', true),
    ],
  },
  {
    because: 'queries start when they come, and share what there is evenly',
    properties: [
      number('query_priority', 1, Number.NEGATIVE_INFINITY),
      flag('resource_overcommit', false),
    ],
  },
]

export const ACCEPTED_PROPERTIES: readonly SystemProperty[] = GROUPS.flatMap(
  ({ because, properties }) =>
    properties.map((describe) => ({
      ...describe(`Accepted without effect: ${because}`),
      withoutEffect: because,
    })),
)
