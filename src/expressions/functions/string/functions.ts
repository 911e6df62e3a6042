import type { FunctionDefinition } from '../../function-definition.js'
import { hexOfCharacters } from './char2hexint.js'
import { chr } from './chr.js'
import { codepoint } from './codepoint.js'
import { concat } from './concat.js'
import { concatWs } from './concat-ws.js'
import { format } from './format.js'
import { hammingDistance } from './hamming-distance.js'
import { indexFunction } from './index-function.js'
import { length } from './length.js'
import { levenshteinDistance } from './levenshtein-distance.js'
import { lower } from './lower.js'
import { lpad } from './lpad.js'
import { ltrim } from './ltrim.js'
import { luhnCheck } from './luhn-check.js'
import { normalize } from './normalize.js'
import { replace } from './replace.js'
import { reverse } from './reverse.js'
import { rpad } from './rpad.js'
import { rtrim } from './rtrim.js'
import { soundex } from './soundex.js'
import { split } from './split.js'
import { splitPart } from './split-part.js'
import { splitToMap } from './split-to-map.js'
import { splitToMultimap } from './split-to-multimap.js'
import { startsWith } from './starts-with.js'
import { strpos } from './strpos.js'
import { substr } from './substr.js'
import { substring } from './substring.js'
import { translate } from './translate.js'
import { trim } from './trim.js'
import { upper } from './upper.js'
import { urlParts } from './url.js'
import { urlDecode } from './url-decode.js'
import { urlEncode } from './url-encode.js'
import { urlExtractParameter } from './url-extract-parameter.js'
import { urlExtractPort } from './url-extract-port.js'
import { wordStem } from './word-stem.js'

export const STRING_FUNCTIONS: readonly FunctionDefinition[] = [
  hexOfCharacters,
  chr,
  codepoint,
  concat,
  concatWs,
  format,
  hammingDistance,
  indexFunction,
  length,
  levenshteinDistance,
  lower,
  lpad,
  ltrim,
  luhnCheck,
  normalize,
  replace,
  reverse,
  rpad,
  rtrim,
  soundex,
  split,
  splitPart,
  splitToMap,
  splitToMultimap,
  startsWith,
  strpos,
  substr,
  substring,
  translate,
  trim,
  upper,
  ...urlParts,
  urlDecode,
  urlEncode,
  urlExtractParameter,
  urlExtractPort,
  wordStem,
]
