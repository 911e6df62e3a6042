import type { FunctionDefinition } from '../../function-definition.js'
import { abs } from './abs.js'
import { bitCount } from './bit-count.js'
import { bitwise } from './bitwise.js'
import { bitwiseNot } from './bitwise-not.js'
import { ceiling } from './ceiling.js'
import { mathConstants } from './constants.js'
import { cosineDistance } from './cosine-distance.js'
import { cosineSimilarity } from './cosine-similarity.js'
import { distributions } from './distributions.js'
import { dotProduct } from './dot-product.js'
import { elementary } from './elementary.js'
import { euclideanDistance } from './euclidean-distance.js'
import { floatTests } from './float-tests.js'
import { floor } from './floor.js'
import { formatNumber } from './format-number.js'
import { fromBase } from './from-base.js'
import { parseDataSize } from './parse-data-size.js'
import { random } from './random.js'
import { round } from './round.js'
import { sign } from './sign.js'
import { toBase } from './to-base.js'
import { truncate } from './truncate.js'
import { widthBucket } from './width-bucket.js'
import { wilsonIntervalLower } from './wilson-interval-lower.js'
import { wilsonIntervalUpper } from './wilson-interval-upper.js'

export const MATH_FUNCTIONS: readonly FunctionDefinition[] = [
  abs,
  bitCount,
  ...bitwise,
  bitwiseNot,
  ceiling,
  ...mathConstants,
  cosineDistance,
  cosineSimilarity,
  ...distributions,
  dotProduct,
  ...elementary,
  euclideanDistance,
  ...floatTests,
  floor,
  formatNumber,
  fromBase,
  parseDataSize,
  random,
  round,
  sign,
  toBase,
  truncate,
  widthBucket,
  wilsonIntervalLower,
  wilsonIntervalUpper,
]
