import type { FunctionDefinition } from '../function-definition.js'
import { createRegistry, type FunctionRegistry } from '../registry.js'

/** Every function of the engine, sorted by file. */
export const BUILTIN_FUNCTIONS: readonly FunctionDefinition[] = []

/** A registry of the engine's own functions; user functions can be added to it. */
export const builtinRegistry = (): FunctionRegistry => createRegistry(BUILTIN_FUNCTIONS)
