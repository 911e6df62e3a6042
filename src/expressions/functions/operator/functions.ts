import type { FunctionDefinition } from '../../function-definition.js'
import { add } from './add.js'
import { divide } from './divide.js'
import { like } from './like.js'
import { mod } from './mod.js'
import { modulus } from './modulus.js'
import { multiply } from './multiply.js'
import { negation } from './negation.js'
import { subscript } from './subscript.js'
import { subtract } from './subtract.js'

export const OPERATOR_FUNCTIONS: readonly FunctionDefinition[] = [
  add,
  divide,
  like,
  mod,
  modulus,
  multiply,
  negation,
  subscript,
  subtract,
]
