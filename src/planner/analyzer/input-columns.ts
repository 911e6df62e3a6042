import { isComparable, isOrderable, typeName } from '../../spi/index.js'
import type { Expression, SortItem } from '../parser/ast/index.js'
import type { Field } from './bound.js'
import { expressionText } from './expression-text.js'
import { qualifiedNameOf, resolveField, type Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

/** PARTITION BY and ORDER BY of row patterns and of table arguments, which take columns of their input only. */

export interface OrderColumn {
  readonly field: Field
  readonly ascending: boolean
  readonly nullsFirst: boolean
}

/** @throws MillraceError INVALID_COLUMN_REFERENCE, COLUMN_NOT_FOUND; TYPE_MISMATCH for a type without equality */
export const partitionColumns = (
  expressions: readonly Expression[],
  scope: Scope,
): readonly Field[] =>
  expressions.map((expression) => {
    const field = inputColumn(expression, scope)
    if (isComparable(field.type)) return field
    throw semanticError(
      'TYPE_MISMATCH',
      expression,
      `${typeName(field.type)} is not comparable, and therefore cannot be used in PARTITION BY`,
    )
  })

/** @throws MillraceError INVALID_COLUMN_REFERENCE, COLUMN_NOT_FOUND; TYPE_MISMATCH for a type without order */
export const orderColumns = (items: readonly SortItem[], scope: Scope): readonly OrderColumn[] =>
  items.map((item) => {
    const field = inputColumn(item.sortKey, scope)
    if (!isOrderable(field.type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        item,
        `${typeName(field.type)} is not orderable, and therefore cannot be used in ORDER BY`,
      )
    }
    const ascending = item.ordering === 'ASCENDING'
    return { field, ascending, nullsFirst: item.nullOrdering === 'FIRST' }
  })

function inputColumn(node: Expression, scope: Scope): Field {
  const name = qualifiedNameOf(node)
  if (name === undefined) {
    throw semanticError(
      'INVALID_COLUMN_REFERENCE',
      node,
      `Expected column reference. Actual: ${expressionText(node)}`,
    )
  }
  const resolved = resolveField(scope, name, node)
  if (resolved?.scope === scope) return resolved.field
  throw semanticError(
    'COLUMN_NOT_FOUND',
    node,
    `Column ${name.join('.')} is not present in the input relation`,
  )
}
