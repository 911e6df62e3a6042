import { MillraceError } from '../spi/error.js'

/**
 * Makes rows of arrays of values: the arrays, or objects by column name.
 * @throws DUPLICATE_COLUMN_NAME in object mode where two columns have one name
 */
export function rowAssembler(
  names: readonly string[],
  rowMode: 'object' | 'array',
): (values: readonly unknown[]) => unknown {
  if (rowMode === 'array') return (values) => values
  const duplicate = names.find((name, index) => names.indexOf(name) !== index)
  if (duplicate !== undefined) {
    throw new MillraceError('DUPLICATE_COLUMN_NAME', `Two columns have the name '${duplicate}'`, {
      hint: "Give one an alias, or read rows as arrays: rowMode: 'array'",
    })
  }
  // Assigning to `__proto__` would set the prototype.
  if (names.includes('__proto__')) {
    return (values) => Object.fromEntries(names.map((name, i) => [name, values[i]]))
  }
  return (values) => {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) row[names[i]!] = values[i]
    return row
  }
}
