import { assert } from '../assert.js'
import { arrayType, type RowField, rowType, type SqlType } from './type.js'

/** The step of a path that leads to the elements of an ARRAY. @source Trino's ADD COLUMN over nested types */
export const ELEMENT_STEP = 'element'

/** The position of a field as written, else whatever the case of its name; -1 where there is none. */
export function fieldIndex(fields: readonly RowField[], name: string): number {
  const exact = fields.findIndex((field) => field.name === name)
  if (exact >= 0) return exact
  return fields.findIndex((field) => field.name?.toLowerCase() === name.toLowerCase())
}

/**
 * A type with other fields in a ROW inside of it.
 * @param path leads to the ROW: names of fields, {@link ELEMENT_STEP} from an ARRAY to its elements. It was checked to exist
 */
export const withFieldsAt = (
  type: SqlType,
  path: readonly string[],
  change: (fields: readonly RowField[]) => readonly RowField[],
): SqlType =>
  withTypeAt(type, path, (row) => {
    assert(row.kind === 'row', 'the path leads to a row')
    return rowType(change(row.fields))
  })

/** A type with another type inside of it, where a path as that of {@link withFieldsAt} leads. */
export function withTypeAt(
  type: SqlType,
  path: readonly string[],
  change: (type: SqlType) => SqlType,
): SqlType {
  const [step, ...rest] = path
  if (step === undefined) return change(type)
  if (type.kind === 'array') return arrayType(withTypeAt(type.element, rest, change))
  assert(type.kind === 'row', 'a path of fields leads through rows and arrays')
  const at = fieldIndex(type.fields, step)
  assert(at >= 0, 'every field of a path is there')
  const field = type.fields[at]!
  return rowType(type.fields.with(at, { ...field, type: withTypeAt(field.type, rest, change) }))
}
