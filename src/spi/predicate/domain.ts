import type { ValueSet } from './value-set.js'

/** The values one column may have, and whether it may be null. @source Trino Domain */
export interface Domain {
  readonly values: ValueSet
  readonly nullAllowed: boolean
}
