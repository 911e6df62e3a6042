import type { Identifier } from '../parser/ast/index.js'

/**
 * A name as the standard has it: in upper case unless delimited. So are members that JSON paths name, pattern variables
 * and the aliases of `t.*`, where other columns keep their names as written.
 *
 * @source Trino Identifier.getCanonicalValue
 */
export const canonicalName = (name: Identifier): string =>
  name.delimited ? name.value : name.value.toUpperCase()
