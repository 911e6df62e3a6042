import type { ArrayType, SqlType } from '../../../spi/type/type.js'
import type { BoundCall } from '../../function-definition.js'

export const elementType = ({ argumentTypes }: BoundCall, index = 0): SqlType =>
  (argumentTypes[index] as ArrayType).element
