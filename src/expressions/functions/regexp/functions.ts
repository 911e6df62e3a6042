import type { FunctionDefinition } from '../../function-definition.js'
import { regexpCount } from './regexp-count.js'
import { regexpExtract } from './regexp-extract.js'
import { regexpExtractAll } from './regexp-extract-all.js'
import { regexpLike } from './regexp-like.js'
import { regexpPosition } from './regexp-position.js'
import { regexpReplace } from './regexp-replace.js'
import { regexpSplit } from './regexp-split.js'

export const REGEXP_FUNCTIONS: readonly FunctionDefinition[] = [
  regexpCount,
  regexpExtract,
  regexpExtractAll,
  regexpLike,
  regexpPosition,
  regexpReplace,
  regexpSplit,
]
