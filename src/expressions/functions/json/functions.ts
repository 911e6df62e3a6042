import type { FunctionDefinition } from '../../function-definition.js'
import { isJsonScalar } from './is-json-scalar.js'
import { jsonArrayContains } from './json-array-contains.js'
import { jsonArrayGet } from './json-array-get.js'
import { jsonArrayLength } from './json-array-length.js'
import { jsonExtract } from './json-extract.js'
import { jsonExtractScalar } from './json-extract-scalar.js'
import { jsonFormat } from './json-format.js'
import { jsonParse } from './json-parse.js'
import { jsonSize } from './json-size.js'

export const JSON_FUNCTIONS: readonly FunctionDefinition[] = [
  isJsonScalar,
  jsonArrayContains,
  jsonArrayGet,
  jsonArrayLength,
  jsonExtract,
  jsonExtractScalar,
  jsonFormat,
  jsonParse,
  jsonSize,
]
