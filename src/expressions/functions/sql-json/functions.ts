import type { FunctionDefinition } from '../../function-definition.js'
import { jsonArray } from './json-array.js'
import { jsonBytes } from './json-bytes.js'
import { jsonExists } from './json-exists.js'
import { jsonObject } from './json-object.js'
import { jsonQuery } from './json-query.js'
import { jsonTable } from './json-table.js'
import { jsonValue } from './json-value.js'

export const SQL_JSON_FUNCTIONS: readonly FunctionDefinition[] = [
  jsonArray,
  jsonBytes,
  jsonExists,
  jsonObject,
  jsonQuery,
  jsonTable,
  jsonValue,
]
