import { MillraceError } from '../../../spi/error.js'
import { type ArrayType, type SqlType, typeName, VARCHAR } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { castToVarchar, textOf } from '../../cast/to-text.js'
import { type BoundCall, scalarFunction } from '../../function-definition.js'

const elementText = (type: SqlType): ((value: Value) => string | null) | undefined => {
  if (type.kind === 'unknown') return String
  if (type.kind !== 'json') return textOf(type)
  const cast = castToVarchar(type, VARCHAR)
  return cast === undefined ? undefined : (value) => cast(value) as string | null
}

function checkJoinable(argumentTypes: readonly SqlType[]): void {
  const type = (argumentTypes[0] as ArrayType).element
  if (elementText(type) !== undefined) return
  throw new MillraceError('OPERATOR_NOT_FOUND', `Cannot cast ${typeName(type)} to varchar`)
}

const joined = ({ argumentTypes }: BoundCall) => {
  const text = elementText((argumentTypes[0] as ArrayType).element)!
  return (array: readonly Value[], separator: string, nullText?: string) =>
    array
      .flatMap((value) => (value === null ? null : text(value)) ?? nullText ?? [])
      .join(separator)
}

export const arrayJoin = scalarFunction({
  name: 'array_join',
  description: 'The texts of the elements with a separator between, NULLs left out or replaced',
  overloads: [
    {
      args: ['array(T)', 'varchar'],
      returns: 'varchar',
      typeVariables: ['T'],
      checkTypes: checkJoinable,
      bind: joined,
    },
    {
      args: ['array(T)', 'varchar', 'varchar'],
      returns: 'varchar',
      typeVariables: ['T'],
      checkTypes: checkJoinable,
      bind: joined,
    },
  ],
})
