import type { FunctionDefinition } from '../../function-definition.js'
import { arrayConstructor } from './array.js'
import { arrayDistinct } from './array-distinct.js'
import { arrayExcept } from './array-except.js'
import { arrayHistogram } from './array-histogram.js'
import { arrayIntersect } from './array-intersect.js'
import { arrayJoin } from './array-join.js'
import { arrayMax } from './array-max.js'
import { arrayMin } from './array-min.js'
import { arrayPosition } from './array-position.js'
import { arrayRemove } from './array-remove.js'
import { arraySort } from './array-sort.js'
import { arrayUnion } from './array-union.js'
import { arraysOverlap } from './arrays-overlap.js'
import { cardinality } from './cardinality.js'
import { combinations } from './combinations.js'
import { contains } from './contains.js'
import { containsSequence } from './contains-sequence.js'
import { elementAt } from './element-at.js'
import { filter } from './filter.js'
import { flatten } from './flatten.js'
import { matches } from './matches.js'
import { ngrams } from './ngrams.js'
import { reduce } from './reduce.js'
import { repeat } from './repeat.js'
import { sequence } from './sequence.js'
import { shuffle } from './shuffle.js'
import { slice } from './slice.js'
import { transform } from './transform.js'
import { trimArray } from './trim-array.js'
import { zip } from './zip.js'
import { zipWith } from './zip-with.js'

export const ARRAY_FUNCTIONS: readonly FunctionDefinition[] = [
  arrayConstructor,
  arrayDistinct,
  arrayExcept,
  arrayHistogram,
  arrayIntersect,
  arrayJoin,
  arrayMax,
  arrayMin,
  arrayPosition,
  arrayRemove,
  arraySort,
  arrayUnion,
  arraysOverlap,
  cardinality,
  combinations,
  contains,
  containsSequence,
  elementAt,
  filter,
  flatten,
  ...matches,
  ngrams,
  reduce,
  repeat,
  sequence,
  shuffle,
  slice,
  transform,
  trimArray,
  zip,
  zipWith,
]
