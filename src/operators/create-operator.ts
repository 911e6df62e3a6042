import type { Page, SqlType } from '../spi/index.js'
import { AggregationOperator, givesStates } from './aggregation/aggregation.js'
import { PartialAggregation } from './aggregation/partial-aggregation.js'
import { SpillingAggregation } from './aggregation/spilling-aggregation.js'
import { createAssignUniqueId } from './assign-unique-id.js'
import { createEnforceSingleRow } from './enforce-single-row.js'
import { FilterProjectOperator } from './filter-project.js'
import { createGroupId } from './group-id.js'
import { LookupJoinOperator } from './join/lookup-join.js'
import { createNestedLoopJoin } from './join/nested-loop-join.js'
import { SemiJoinOperator } from './join/semi-join.js'
import { SpilledJoin, spilledBuild } from './join/spilled-join.js'
import { createKeyShare } from './key-share.js'
import type { PageExtent } from './keys/key-range.js'
import { createLimit, OffsetOperator } from './limit.js'
import { createMarkDistinct } from './mark-distinct.js'
import { createPatternRecognition } from './match/pattern-recognition.js'
import type { Operator, OperatorContext } from './operator.js'
import { createPartitionOutput } from './partition/partition-output.js'
import { createRowNumber } from './row-number.js'
import { createSample } from './sample.js'
import { createSort } from './sort.js'
import type { AggregateSpec, OperatorKind, OperatorSpec, SpecOf } from './spec.js'
import { PartitionedOperator } from './spill/partitioned-operator.js'
import { createTopN } from './top-n.js'
import { createTopNRanking } from './top-n-ranking.js'
import { createUnnest } from './unnest.js'
import { createWindow } from './window.js'

/** What operators read of what earlier pipelines left in shared memory. */
export interface SharedPages {
  readonly read: (words: Float64Array, types: readonly SqlType[]) => Page
  /** Words of a page whose buffers lie in shared memory. */
  readonly place: (page: Page) => Float64Array
  /** What is known of a column of integers without reading it; undefined: nothing. */
  readonly boundsOf: (words: Float64Array, channel: number) => PageExtent | undefined
}

type Factories = {
  readonly [K in OperatorKind]: (
    spec: SpecOf<K>,
    context: OperatorContext,
    pages: SharedPages,
  ) => Operator
}

const isInOneStep = (aggregate: AggregateSpec, { settings }: OperatorContext): boolean => {
  const { overload } = settings.registry.find(aggregate.function.id)
  return 'inOneStep' in overload && overload.inOneStep === true
}

/** Aggregations whose states can be written spill as such; others keep rows, and need keys to divide them by. */
const createAggregation: Factories['aggregation'] = (spec, context) => {
  if (spec.keyChannels.length === 0) return new AggregationOperator(spec, context)
  const needsAllRows = spec.aggregates.some(
    (aggregate) =>
      aggregate.distinct || aggregate.orderBy !== undefined || isInOneStep(aggregate, context),
  )
  if (givesStates(spec.step) && !needsAllRows) return new PartialAggregation(spec, context)
  if (context.spill === undefined) return new AggregationOperator(spec, context)
  if (!needsAllRows) return new SpillingAggregation(spec, context)
  const { keyChannels } = spec
  // A row for no input comes once, from the operator that has seen none.
  const create = (part: OperatorContext) => new AggregationOperator(spec, part)
  return new PartitionedOperator({ keyChannels, create }, context)
}

const createLookupJoin: Factories['lookupJoin'] = (spec, context, pages) => {
  const build = spilledBuild(spec, context)
  if (build === undefined) return new LookupJoinOperator(spec, context, pages.read)
  const create = (part: OperatorContext) => createLookupJoin(spec, part, pages)
  return new SpilledJoin(spec, build, context, { create, place: pages.place })
}

const createSemiJoin: Factories['semiJoin'] = (spec, context, pages) => {
  const build = spilledBuild(spec, context)
  if (build === undefined) return new SemiJoinOperator(spec, context, pages.read)
  const create = (part: OperatorContext) => createSemiJoin(spec, part, pages)
  return new SpilledJoin(spec, build, context, { create, place: pages.place })
}

/** Operators that need all rows of a key: where there are keys, and the query may spill, part after part. */
const partitioned =
  <S>(
    keysOf: (spec: S) => readonly number[],
    create: (spec: S, context: OperatorContext) => Operator,
  ) =>
  (spec: S, context: OperatorContext): Operator => {
    const keyChannels = keysOf(spec)
    if (context.spill === undefined || keyChannels.length === 0) return create(spec, context)
    return new PartitionedOperator({ keyChannels, create: (part) => create(spec, part) }, context)
  }

/** One factory a kind; the compiler says which is missing. */
const FACTORIES: Factories = {
  filterProject: (spec, context) => new FilterProjectOperator(spec, context),
  limit: createLimit,
  offset: (spec, context) => new OffsetOperator(spec, context),
  aggregation: createAggregation,
  lookupJoin: createLookupJoin,
  semiJoin: createSemiJoin,
  sort: createSort,
  topN: createTopN,
  nestedLoopJoin: (spec, context, pages) => createNestedLoopJoin(spec, context, pages.read),
  enforceSingleRow: createEnforceSingleRow,
  assignUniqueId: createAssignUniqueId,
  markDistinct: partitioned((spec) => spec.channels, createMarkDistinct),
  groupId: createGroupId,
  window: partitioned((spec) => spec.partitionBy, createWindow),
  patternRecognition: createPatternRecognition,
  rowNumber: partitioned((spec) => spec.partitionBy, createRowNumber),
  topNRanking: partitioned((spec) => spec.partitionBy, createTopNRanking),
  unnest: createUnnest,
  sample: (spec, context) => createSample(spec, context),
  keyShare: createKeyShare,
  partitionOutput: createPartitionOutput,
}

/** Makes the operator of a driver. */
export const createOperator = (
  spec: OperatorSpec,
  context: OperatorContext,
  pages: SharedPages,
): Operator =>
  (FACTORIES[spec.kind] as (s: OperatorSpec, c: OperatorContext, p: SharedPages) => Operator)(
    spec,
    context,
    pages,
  )
