import {
  assert,
  type Block,
  type FlatBlock,
  fieldIndex,
  flatten,
  type NullBlock,
  type RowField,
  type SqlType,
} from '../../spi/index.js'

export const nullBlock = (type: SqlType, rowCount: number): NullBlock => ({
  type,
  rowCount,
  encoding: 'flat',
  storage: 'null',
  validity: null,
})

/** A block whose rows, at a path, have one field more, which is NULL. @param type with the field */
export const addField = (
  block: Block,
  type: SqlType,
  path: readonly string[],
  field: RowField,
): FlatBlock =>
  changeFields(block, type, path, (fields, rowCount) => [
    ...fields,
    nullBlock(field.type, rowCount),
  ])

/** A block whose rows, at a path, lack a field. @param type without it */
export const dropField = (
  block: Block,
  type: SqlType,
  path: readonly string[],
  name: string,
): FlatBlock =>
  changeFields(block, type, path, (fields, _, before) =>
    fields.toSpliced(fieldIndex(before, name), 1),
  )

type ChangeFields = (
  fields: readonly Block[],
  rowCount: number,
  before: readonly RowField[],
) => readonly Block[]

/** @param type what the block's becomes */
function changeFields(
  block: Block,
  type: SqlType,
  path: readonly string[],
  change: ChangeFields,
): FlatBlock {
  const flat = block.encoding === 'flat' ? block : flatten(block)
  if (flat.storage === 'null') return { ...flat, type }
  const [step, ...rest] = path
  if (flat.storage === 'array' && type.kind === 'array') {
    return { ...flat, type, elements: changeFields(flat.elements, type.element, rest, change) }
  }
  assert(
    flat.storage === 'row' && flat.type.kind === 'row' && type.kind === 'row',
    'a path of fields leads through rows and arrays',
  )
  const before = flat.type.fields
  if (step === undefined) {
    return { ...flat, type, fields: change(flat.fields, flat.rowCount, before) }
  }
  const at = fieldIndex(before, step)
  const inner = changeFields(flat.fields[at]!, type.fields[at]!.type, rest, change)
  return { ...flat, type, fields: flat.fields.with(at, inner) }
}
