import type { SqlType } from './type.js'
import type { Value } from './value.js'

/**
 * A session, schema, table, column, view or analyze property: set in SQL as a value of `type`, used as a `Decoded`.
 * @source Trino PropertyMetadata
 */
export interface PropertyMetadata<Decoded = unknown> {
  /** Lower case with underscores; session properties are set as `catalog.name`. */
  readonly name: string
  readonly description: string
  readonly type: SqlType
  /** undefined: unset. */
  readonly defaultValue: Decoded
  readonly hidden: boolean
  /** @throws MillraceError or Error saying what is wrong; the engine gives it the code of the property's place. */
  decode(value: Value): Decoded
  encode(value: Decoded): Value
}
