import type { FunctionDefinition } from '../../function-definition.js'
import { bind } from './bind.js'
import { fail } from './fail.js'
import { greatest } from './greatest.js'
import { least } from './least.js'
import { tryFunction } from './try.js'
import { typeOf } from './typeof.js'

export const CONDITIONAL_FUNCTIONS: readonly FunctionDefinition[] = [
  bind,
  fail,
  greatest,
  least,
  tryFunction,
  typeOf,
]
