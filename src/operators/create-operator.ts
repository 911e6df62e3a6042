import type { Page, SqlType } from '../spi/index.js'
import { AggregationOperator } from './aggregation/aggregation.js'
import { createAssignUniqueId } from './assign-unique-id.js'
import { createEnforceSingleRow } from './enforce-single-row.js'
import { FilterProjectOperator } from './filter-project.js'
import { createGroupId } from './group-id.js'
import { LookupJoinOperator } from './join/lookup-join.js'
import { createNestedLoopJoin } from './join/nested-loop-join.js'
import { SemiJoinOperator } from './join/semi-join.js'
import { createKeyShare } from './key-share.js'
import { createLimit, OffsetOperator } from './limit.js'
import { createMarkDistinct } from './mark-distinct.js'
import { createPatternRecognition } from './match/pattern-recognition.js'
import type { Operator, OperatorContext } from './operator.js'
import { createRowNumber } from './row-number.js'
import { createSample } from './sample.js'
import { createSort } from './sort.js'
import type { OperatorKind, OperatorSpec, SpecOf } from './spec.js'
import { createTopN } from './top-n.js'
import { createTopNRanking } from './top-n-ranking.js'
import { createUnnest } from './unnest.js'
import { createWindow } from './window.js'

/** What operators read of what earlier pipelines left in shared memory. */
export interface SharedPages {
  readonly read: (words: Float64Array, types: readonly SqlType[]) => Page
}

type Factories = {
  readonly [K in OperatorKind]: (
    spec: SpecOf<K>,
    context: OperatorContext,
    pages: SharedPages,
  ) => Operator
}

/** One factory a kind; the compiler says which is missing. */
const FACTORIES: Factories = {
  filterProject: (spec, context) => new FilterProjectOperator(spec, context),
  limit: createLimit,
  offset: (spec, context) => new OffsetOperator(spec, context),
  aggregation: (spec, context) => new AggregationOperator(spec, context),
  lookupJoin: (spec, context, pages) => new LookupJoinOperator(spec, context, pages.read),
  semiJoin: (spec, context, pages) => new SemiJoinOperator(spec, context, pages.read),
  sort: createSort,
  topN: createTopN,
  nestedLoopJoin: (spec, context, pages) => createNestedLoopJoin(spec, context, pages.read),
  enforceSingleRow: createEnforceSingleRow,
  assignUniqueId: createAssignUniqueId,
  markDistinct: createMarkDistinct,
  groupId: createGroupId,
  window: createWindow,
  patternRecognition: createPatternRecognition,
  rowNumber: createRowNumber,
  topNRanking: createTopNRanking,
  unnest: createUnnest,
  sample: (spec, context) => createSample(spec, context),
  keyShare: createKeyShare,
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
