import { BUILTIN_FUNCTIONS } from '../../expressions/functions/index.js'

const names = new Set(BUILTIN_FUNCTIONS.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]))

/** Whether a function of the language has this name, which programs can't take for theirs. */
export const isBuiltinFunction = (name: string): boolean => names.has(name)
