import type { FunctionDefinition } from '../../function-definition.js'
import { approxDistinct } from './approx-distinct.js'
import { approxPercentile } from './approx-percentile.js'
import { approxSet } from './approx-set.js'
import { arbitrary } from './arbitrary.js'
import { arrayAgg } from './array-agg.js'
import { avg } from './avg.js'
import { bitwiseAggregates } from './bitwise-aggregates.js'
import { boolAnd } from './bool-and.js'
import { boolOr } from './bool-or.js'
import { checksum } from './checksum.js'
import { count } from './count.js'
import { countIf } from './count-if.js'
import { covariances } from './covariances.js'
import { emptyApproxSet } from './empty-approx-set.js'
import { geometricMean } from './geometric-mean.js'
import { histogram } from './histogram.js'
import { listagg } from './listagg.js'
import { mapAgg } from './map-agg.js'
import { mapUnion } from './map-union.js'
import { max } from './max.js'
import { maxBy } from './max-by.js'
import { merge } from './merge.js'
import { min } from './min.js'
import { minBy } from './min-by.js'
import { moments } from './moments.js'
import { multimapAgg } from './multimap-agg.js'
import { reduceAgg } from './reduce-agg.js'
import { sum } from './sum.js'

export const AGGREGATE_FUNCTIONS: readonly FunctionDefinition[] = [
  approxDistinct,
  approxPercentile,
  approxSet,
  arbitrary,
  arrayAgg,
  avg,
  ...bitwiseAggregates,
  boolAnd,
  boolOr,
  checksum,
  count,
  countIf,
  ...covariances,
  emptyApproxSet,
  geometricMean,
  histogram,
  listagg,
  mapAgg,
  mapUnion,
  max,
  maxBy,
  merge,
  min,
  minBy,
  ...moments,
  multimapAgg,
  reduceAgg,
  sum,
]
