import type { NodeBase, QualifiedName } from '../../planner/parser/ast/index.js'
import {
  displayTypeName,
  ELEMENT_STEP,
  MillraceError,
  type RowField,
  type SqlType,
} from '../../spi/index.js'
import { errorAt } from './names.js'

/** A field of a column, as ALTER TABLE names it. */
export interface FieldPath {
  readonly node: NodeBase
  readonly columnType: SqlType
  /** Behind the column's name, as written. */
  readonly fields: readonly string[]
  /** For messages. */
  readonly shown: readonly string[]
}

/** The parts of a name after the first, as written. */
export const fieldNames = (name: QualifiedName): string[] =>
  name.parts.slice(1).map((part) => part.value)

/** Whether elements of arrays can be named; Trino can't rename fields of these. */
type Arrays = 'through arrays' | 'rows only'

/** Fields of a type that a name may mean. @throws NOT_SUPPORTED without place, as Trino says it */
export function candidates(type: SqlType, name: string, arrays: Arrays): readonly RowField[] {
  if (type.kind === 'array' && arrays === 'through arrays') {
    if (name === ELEMENT_STEP) return [{ type: type.element }]
    throw new MillraceError(
      'NOT_SUPPORTED',
      `ARRAY type should be denoted by 'element' in the path; found '${name}'`,
    )
  }
  if (type.kind !== 'row') {
    throw new MillraceError('NOT_SUPPORTED', `Unsupported type: ${displayTypeName(type)}`)
  }
  return type.fields.filter((field) => field.name?.toLowerCase() === name.toLowerCase())
}

/** The type of a field. @throws COLUMN_NOT_FOUND, AMBIGUOUS_NAME; NOT_SUPPORTED where a step leads through no row */
export function fieldType(
  { node, columnType, fields, shown }: FieldPath,
  arrays: Arrays = 'through arrays',
): SqlType {
  return fields.reduce((type, name) => {
    const found = candidates(type, name, arrays)
    if (found.length === 0) {
      const message = `Field '${name}' does not exist within ${displayTypeName(type)}`
      throw errorAt(node, 'COLUMN_NOT_FOUND', message)
    }
    if (found.length > 1) throw ambiguous(node, shown, columnType)
    return found[0]!.type
  }, columnType)
}

export const ambiguous = (
  node: NodeBase,
  shown: readonly string[],
  columnType: SqlType,
): MillraceError =>
  errorAt(
    node,
    'AMBIGUOUS_NAME',
    `Field path [${shown.join(', ')}] within ${displayTypeName(columnType)} is ambiguous`,
  )

/**
 * Checks that a field can be dropped.
 * @returns false where there is none and IF EXISTS stands
 * @throws NOT_SUPPORTED for a field that is none, or the only one of its row; COLUMN_NOT_FOUND for an ambiguous one
 * @source Trino DropColumnTask, where the case of fields counts
 */
export function canDropField(
  { node, columnType, fields, shown }: FieldPath,
  ifExists: boolean,
): boolean {
  let type = columnType
  let siblings: readonly RowField[] = []
  for (const name of fields) {
    const within = type
    if (type.kind === 'array') {
      type = candidates(type, name, 'through arrays')[0]!.type
      continue
    }
    const found = within.kind === 'row' ? within.fields.filter((f) => f.name === name) : []
    if (found.length > 1) {
      const { message } = ambiguous(node, shown, columnType)
      throw errorAt(node, 'COLUMN_NOT_FOUND', message)
    }
    if (found.length === 0 && within.kind === 'row' && ifExists) return false
    if (found.length === 0 || within.kind !== 'row') {
      throw errorAt(
        node,
        'NOT_SUPPORTED',
        `Cannot resolve field '${name}' within ${displayTypeName(within)} type when dropping [${shown.join(', ')}] in ${displayTypeName(columnType)}`,
      )
    }
    siblings = within.fields
    type = found[0]!.type
  }
  if (siblings.length === 1) {
    throw errorAt(node, 'NOT_SUPPORTED', 'Cannot drop the only field in a row type')
  }
  return true
}
