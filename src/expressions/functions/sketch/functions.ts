import type { FunctionDefinition } from '../../function-definition.js'
import { approxMostFrequent } from './approx-most-frequent.js'
import { hashCounts } from './hash-counts.js'
import { intersectionCardinality } from './intersection-cardinality.js'
import { jaccardIndex } from './jaccard-index.js'
import { makeSetDigest } from './make-set-digest.js'
import { mergeSetDigests } from './merge-set-digest.js'
import { numericHistogram } from './numeric-histogram.js'
import { qdigestAgg } from './qdigest-agg.js'
import { quantileAtValue } from './quantile-at-value.js'
import { tdigestAgg } from './tdigest-agg.js'
import { valueAtQuantileFunction } from './value-at-quantile.js'
import { valuesAtQuantiles } from './values-at-quantiles.js'

export const SKETCH_FUNCTIONS: readonly FunctionDefinition[] = [
  approxMostFrequent,
  hashCounts,
  intersectionCardinality,
  jaccardIndex,
  makeSetDigest,
  mergeSetDigests,
  numericHistogram,
  qdigestAgg,
  quantileAtValue,
  tdigestAgg,
  valueAtQuantileFunction,
  valuesAtQuantiles,
]
