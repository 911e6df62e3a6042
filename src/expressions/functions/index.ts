import type { FunctionDefinition } from '../function-definition.js'
import { createRegistry, type FunctionRegistry } from '../registry.js'
import { approxDistinct, approxSet, emptyApproxSet, merge } from './aggregate/approximate.js'
import { arbitrary, boolAnd, boolOr } from './aggregate/boolean.js'
import { checksum } from './aggregate/checksum.js'
import {
  arrayAgg,
  histogram,
  mapAgg,
  mapUnion,
  multimapAgg,
  reduceAgg,
} from './aggregate/collect.js'
import { count, countIf } from './aggregate/count.js'
import { covariances } from './aggregate/covariances.js'
import { max, maxBy, min, minBy } from './aggregate/extremes.js'
import { moments } from './aggregate/moments.js'
import { bitwiseAggregates, geometricMean, listagg } from './aggregate/numbers.js'
import { approxPercentile } from './aggregate/percentile.js'
import { avg, sum } from './aggregate/sum.js'
import {
  arrayDistinct,
  arrayExcept,
  arrayIntersect,
  arrayJoin,
  arrayPosition,
  arrayRemove,
  arraysOverlap,
  arrayUnion,
  cardinality,
  contains,
  elementAt,
  flatten,
  repeat,
  shuffle,
  slice,
  trimArray,
} from './array/basic.js'
import { arrayConstructor } from './array/constructor.js'
import { filter, matches, reduce, transform, zip, zipWith } from './array/lambda.js'
import {
  arrayHistogram,
  arrayMax,
  arrayMin,
  arraySort,
  combinations,
  containsSequence,
  ngrams,
} from './array/ordering.js'
import { sequence } from './array/sequence.js'
import { fromUtf8, numberEncodings, textEncodings, toUtf8 } from './binary/encodings.js'
import { crc32, digests, hmacs, murmur3Digest } from './binary/hashes.js'
import { bar, color, render, rgb } from './color/color.js'
import { bind } from './conditional/bind.js'
import { fail } from './conditional/fail.js'
import { greatest, least } from './conditional/greatest.js'
import { tryFunction } from './conditional/try.js'
import { typeOf } from './conditional/typeof.js'
import { dateAdd, dateDiff, dateTrunc } from './datetime/date-unit.js'
import { dateFields, lastDayOfMonth, timeFields } from './datetime/extract.js'
import {
  dateFormat,
  dateParse,
  formatDatetime,
  parseDatetime,
  teradataFormats,
} from './datetime/format.js'
import {
  fromIso8601Date,
  fromIso8601Timestamp,
  fromIso8601TimestampNanos,
  toIso8601,
} from './datetime/iso8601.js'
import {
  fromUnixtime,
  fromUnixtimeNanos,
  humanReadableSeconds,
  parseDuration,
  toMilliseconds,
  toUnixtime,
} from './datetime/unixtime.js'
import {
  atTimezone,
  atTimezoneOperator,
  currentDate,
  currentTimezone,
  date,
  now,
  timezone,
  withTimezone,
} from './datetime/zone.js'
import { geometryAccessors } from './geospatial/accessors.js'
import { convexHullAgg, geometryUnionAgg, spatialPartitioning } from './geospatial/aggregates.js'
import {
  bingTile,
  bingTileAt,
  bingTileParts,
  bingTilesAround,
  geometryToBingTiles,
} from './geospatial/bing-tiles.js'
import {
  fromGeoJson,
  geometryReaders,
  stLineString,
  stMultiPoint,
  stPoint,
  toGeometry,
  toSphericalGeography,
} from './geospatial/constructors.js'
import { stAsBinary, stAsText, toEncodedPolyline, toGeoJson } from './geospatial/formats.js'
import {
  greatCircleDistance,
  lineLocatePoint,
  stArea,
  stDistance,
  stLength,
} from './geospatial/measures.js'
import {
  geometryNearestPoints,
  geometryOperations,
  geometryOverlays,
  geometryUnion,
  lineInterpolatePoint,
  lineInterpolatePoints,
  simplifyGeometry,
  stBuffer,
} from './geospatial/operations.js'
import { spatialPartitions } from './geospatial/partitions.js'
import { geometryRelations, stRelate } from './geospatial/relations.js'
import { jsonFormat, jsonFunctions, jsonParse } from './json/basic.js'
import {
  map,
  mapConcat,
  mapEntries,
  mapFilter,
  mapFromEntries,
  mapKeys,
  mapValues,
  mapZipWith,
  multimapFromEntries,
  transformKeys,
  transformValues,
} from './map/basic.js'
import { bitCount, bitwise, bitwiseNot, fromBase, toBase } from './math/bitwise.js'
import { distributions } from './math/distributions.js'
import { elementary, floatTests, mathConstants, random } from './math/elementary.js'
import { formatNumber, parseDataSize } from './math/format-number.js'
import { abs, ceiling, floor, round, sign, truncate } from './math/rounding.js'
import { vectors, wilsonIntervals } from './math/vectors.js'
import { widthBucket } from './math/width-bucket.js'
import { add, divide, mod, modulus, multiply, negation, subtract } from './operator/arithmetic.js'
import { like } from './operator/like.js'
import { subscript } from './operator/subscript.js'
import {
  regexpCount,
  regexpExtract,
  regexpExtractAll,
  regexpLike,
  regexpPosition,
  regexpReplace,
  regexpSplit,
} from './regexp/regexp.js'
import { currentGroups } from './session/current-groups.js'
import { version } from './session/version.js'
import { approxMostFrequent, numericHistogram } from './sketch/histograms.js'
import {
  qdigestAgg,
  quantileAtValue,
  tdigestAgg,
  valueAtQuantileFunction,
  valuesAtQuantiles,
} from './sketch/quantiles.js'
import {
  hashCounts,
  intersectionCardinality,
  jaccardIndex,
  makeSetDigest,
  mergeSetDigests,
} from './sketch/set-digest.js'
import { jsonArray, jsonBytes, jsonObject } from './sql-json/constructors.js'
import { jsonTable } from './sql-json/json-table.js'
import { jsonExists, jsonQuery, jsonValue } from './sql-json/path-functions.js'
import { length, lower, ltrim, reverse, rtrim, trim, upper } from './string/basic.js'
import {
  chr,
  codepoint,
  hammingDistance,
  levenshteinDistance,
  luhnCheck,
  normalize,
  soundex,
} from './string/characters.js'
import { concat, concatWs } from './string/concat.js'
import { format } from './string/format.js'
import { lpad, rpad } from './string/pad.js'
import { replace, startsWith, strpos, teradataStrings, translate } from './string/search.js'
import { split, splitPart, splitToMap, splitToMultimap } from './string/split.js'
import { substr, substring } from './string/substring.js'
import { urls } from './string/url.js'
import { wordStem } from './string/word-stem.js'
import { objectId, objectIdTimestamp, timestampObjectId } from './uuid/object-id.js'
import { hexOfCharacters, uuid } from './uuid/uuid.js'
import { cumeDist, denseRank, ntile, percentRank, rank, rowNumber } from './window/ranking.js'
import { firstValue, lag, lastValue, lead, nthValue } from './window/value.js'

/** Every function of the engine, in the order of their files. */
export const BUILTIN_FUNCTIONS: readonly FunctionDefinition[] = [
  approxDistinct,
  approxSet,
  merge,
  emptyApproxSet,
  boolAnd,
  boolOr,
  arbitrary,
  checksum,
  arrayAgg,
  mapAgg,
  multimapAgg,
  histogram,
  mapUnion,
  reduceAgg,
  count,
  countIf,
  min,
  max,
  minBy,
  maxBy,
  ...moments,
  ...covariances,
  geometricMean,
  ...bitwiseAggregates,
  listagg,
  approxPercentile,
  sum,
  avg,
  cardinality,
  elementAt,
  contains,
  arrayPosition,
  arrayRemove,
  arrayDistinct,
  arrayIntersect,
  arrayUnion,
  arrayExcept,
  arraysOverlap,
  arrayJoin,
  slice,
  trimArray,
  flatten,
  repeat,
  shuffle,
  arrayConstructor,
  transform,
  filter,
  reduce,
  ...matches,
  zipWith,
  zip,
  arraySort,
  arrayMax,
  arrayMin,
  arrayHistogram,
  combinations,
  ngrams,
  containsSequence,
  sequence,
  ...textEncodings,
  toUtf8,
  fromUtf8,
  ...numberEncodings,
  ...digests,
  murmur3Digest,
  ...hmacs,
  crc32,
  color,
  rgb,
  render,
  bar,
  bind,
  fail,
  greatest,
  least,
  tryFunction,
  typeOf,
  dateTrunc,
  dateAdd,
  dateDiff,
  ...dateFields,
  ...timeFields,
  lastDayOfMonth,
  dateFormat,
  formatDatetime,
  dateParse,
  parseDatetime,
  ...teradataFormats,
  toIso8601,
  fromIso8601Date,
  fromIso8601Timestamp,
  fromIso8601TimestampNanos,
  fromUnixtime,
  fromUnixtimeNanos,
  toUnixtime,
  toMilliseconds,
  parseDuration,
  humanReadableSeconds,
  atTimezone,
  atTimezoneOperator,
  withTimezone,
  timezone,
  currentTimezone,
  now,
  currentDate,
  date,
  ...geometryReaders,
  stPoint,
  stLineString,
  stMultiPoint,
  toSphericalGeography,
  toGeometry,
  fromGeoJson,
  stAsText,
  stAsBinary,
  toGeoJson,
  toEncodedPolyline,
  ...geometryAccessors,
  ...geometryRelations,
  stRelate,
  ...geometryOverlays,
  geometryUnion,
  stBuffer,
  simplifyGeometry,
  ...geometryOperations,
  geometryNearestPoints,
  lineInterpolatePoint,
  lineInterpolatePoints,
  lineLocatePoint,
  stArea,
  stLength,
  stDistance,
  greatCircleDistance,
  bingTile,
  bingTileAt,
  bingTilesAround,
  ...bingTileParts,
  geometryToBingTiles,
  geometryUnionAgg,
  convexHullAgg,
  spatialPartitioning,
  spatialPartitions,
  jsonParse,
  jsonFormat,
  ...jsonFunctions,
  map,
  mapFromEntries,
  multimapFromEntries,
  mapKeys,
  mapValues,
  mapEntries,
  mapConcat,
  mapFilter,
  transformValues,
  transformKeys,
  mapZipWith,
  ...bitwise,
  bitwiseNot,
  bitCount,
  toBase,
  fromBase,
  ...distributions,
  ...elementary,
  ...mathConstants,
  ...floatTests,
  random,
  formatNumber,
  parseDataSize,
  ceiling,
  floor,
  round,
  truncate,
  sign,
  abs,
  ...vectors,
  ...wilsonIntervals,
  widthBucket,
  add,
  subtract,
  multiply,
  divide,
  modulus,
  mod,
  negation,
  like,
  subscript,
  regexpLike,
  regexpExtract,
  regexpExtractAll,
  regexpReplace,
  regexpSplit,
  regexpCount,
  regexpPosition,
  currentGroups,
  version,
  numericHistogram,
  approxMostFrequent,
  tdigestAgg,
  qdigestAgg,
  valueAtQuantileFunction,
  valuesAtQuantiles,
  quantileAtValue,
  makeSetDigest,
  mergeSetDigests,
  intersectionCardinality,
  jaccardIndex,
  hashCounts,
  jsonArray,
  jsonBytes,
  jsonObject,
  jsonTable,
  jsonExists,
  jsonQuery,
  jsonValue,
  length,
  upper,
  lower,
  reverse,
  trim,
  ltrim,
  rtrim,
  chr,
  codepoint,
  levenshteinDistance,
  hammingDistance,
  normalize,
  soundex,
  wordStem,
  luhnCheck,
  concat,
  concatWs,
  format,
  lpad,
  rpad,
  strpos,
  startsWith,
  replace,
  translate,
  ...teradataStrings,
  split,
  splitPart,
  splitToMap,
  splitToMultimap,
  substr,
  substring,
  ...urls,
  uuid,
  objectId,
  objectIdTimestamp,
  timestampObjectId,
  hexOfCharacters,
  rowNumber,
  rank,
  denseRank,
  percentRank,
  cumeDist,
  ntile,
  firstValue,
  lastValue,
  nthValue,
  lead,
  lag,
]

/** A registry of the engine's own functions; user functions can be added to it. */
export const builtinRegistry = (): FunctionRegistry => createRegistry(BUILTIN_FUNCTIONS)
