import type { FunctionDefinition } from '../function-definition.js'
import { createRegistry, type FunctionRegistry } from '../registry.js'
import { AGGREGATE_FUNCTIONS } from './aggregate/functions.js'
import { ARRAY_FUNCTIONS } from './array/functions.js'
import { BINARY_FUNCTIONS } from './binary/functions.js'
import { COLOR_FUNCTIONS } from './color/functions.js'
import { CONDITIONAL_FUNCTIONS } from './conditional/functions.js'
import { DATETIME_FUNCTIONS } from './datetime/functions.js'
import { GEOSPATIAL_FUNCTIONS } from './geospatial/functions.js'
import { JSON_FUNCTIONS } from './json/functions.js'
import { MAP_FUNCTIONS } from './map/functions.js'
import { MATH_FUNCTIONS } from './math/functions.js'
import { OPERATOR_FUNCTIONS } from './operator/functions.js'
import { REGEXP_FUNCTIONS } from './regexp/functions.js'
import { SESSION_FUNCTIONS } from './session/functions.js'
import { SKETCH_FUNCTIONS } from './sketch/functions.js'
import { SQL_JSON_FUNCTIONS } from './sql-json/functions.js'
import { STRING_FUNCTIONS } from './string/functions.js'
import { UUID_FUNCTIONS } from './uuid/functions.js'
import { WINDOW_FUNCTIONS } from './window/functions.js'

/** Every function of the engine, in the order of their files. */
export const BUILTIN_FUNCTIONS: readonly FunctionDefinition[] = [
  ...AGGREGATE_FUNCTIONS,
  ...ARRAY_FUNCTIONS,
  ...BINARY_FUNCTIONS,
  ...COLOR_FUNCTIONS,
  ...CONDITIONAL_FUNCTIONS,
  ...DATETIME_FUNCTIONS,
  ...GEOSPATIAL_FUNCTIONS,
  ...JSON_FUNCTIONS,
  ...MAP_FUNCTIONS,
  ...MATH_FUNCTIONS,
  ...OPERATOR_FUNCTIONS,
  ...REGEXP_FUNCTIONS,
  ...SESSION_FUNCTIONS,
  ...SKETCH_FUNCTIONS,
  ...SQL_JSON_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...UUID_FUNCTIONS,
  ...WINDOW_FUNCTIONS,
]

/** A registry of the engine's own functions; user functions can be added to it. */
export const builtinRegistry = (): FunctionRegistry => createRegistry(BUILTIN_FUNCTIONS)
