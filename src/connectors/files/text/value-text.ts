import type { SqlType, Value, ZonedTime, ZonedTimestamp } from '../../../spi/index.js'
import { uuidText } from '../../../values/bytes-text.js'
import { decimalText, shortestReal } from '../../../values/number-text.js'
import {
  dateText,
  timestampText,
  timestampWithZoneText,
  timeText,
  timeWithZoneText,
} from '../../../values/temporal-text.js'

/** Makes the text of values of a type, as SQL's casts to VARCHAR write it; undefined for types that have none in text files. */
export function textWriter(type: SqlType): ((value: Exclude<Value, null>) => string) | undefined {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'double':
    case 'varchar':
    case 'char':
    case 'json':
      return String
    case 'real':
      return (value) => String(shortestReal(value as number))
    case 'decimal':
      return (value) => decimalText(value as bigint, type.scale)
    case 'date':
      return (value) => dateText(value as number)
    case 'time':
      return (value) => timeText(value as bigint, type.precision)
    case 'timestamp':
      return (value) => timestampText(value as bigint, type.precision)
    case 'timestamp with time zone':
      return (value) => timestampWithZoneText(value as ZonedTimestamp, type.precision)
    case 'time with time zone':
      return (value) => timeWithZoneText(value as ZonedTime, type.precision)
    case 'varbinary':
      return (value) => Buffer.from(value as Uint8Array).toString('hex')
    case 'uuid':
      return (value) => uuidText(value as Uint8Array)
    default:
      return undefined
  }
}
