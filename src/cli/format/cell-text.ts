import type { TypeSignature } from '../../client/value-decoder.js'
import { javaDoubleText } from '../../values/number-text.js'
import type { ShellValue } from '../connection/connection.js'
import { argumentType, BYTES_TYPES, rowFields } from '../connection/wire-value.js'

/** The text of a value. */
export type CellText = (value: ShellValue) => string

const HEX_BYTES_PER_LINE = 16

/**
 * Makes the printer of a type's values: `1.0`, `[1, 2]`, `{k=1}`, `{x=1, y=2}`, bytes in hexadecimal.
 * @param bytesPerLine of VARBINARY; within other values there are always 16
 * @source Trino CLI 476, its printed output
 */
export function cellText(
  type: TypeSignature,
  nullText: string,
  bytesPerLine = HEX_BYTES_PER_LINE,
): CellText {
  const text = nonNullText(type, bytesPerLine)
  return (value) => (value === null ? nullText : text(value))
}

const nestedText = (type: TypeSignature): CellText => cellText(type, 'NULL')

function nonNullText(type: TypeSignature, bytesPerLine: number): CellText {
  const rawType = type.rawType.toLowerCase()
  switch (rawType) {
    case 'real':
    case 'double':
      return (value) => javaDoubleText(value as number)
    case 'array': {
      const element = nestedText(argumentType(type, 0))
      return (value) => `[${(value as unknown[]).map(element).join(', ')}]`
    }
    case 'map': {
      const key = nestedText(argumentType(type, 0))
      const entry = nestedText(argumentType(type, 1))
      return (value) => {
        const entries = [...(value as Map<unknown, unknown>)]
        return `{${entries.map(([k, v]) => `${key(k)}=${entry(v)}`).join(', ')}}`
      }
    }
    case 'row': {
      const fields = rowFields(type).map((field) => {
        const text = nestedText(field.type)
        const label = field.name === undefined ? '' : `${field.name}=`
        return (value: unknown) => `${label}${text(value)}`
      })
      return (value) =>
        `{${fields.map((text, index) => text((value as unknown[])[index])).join(', ')}}`
    }
    default:
      if (BYTES_TYPES.has(rawType)) return (value) => hexText(value as Uint8Array, bytesPerLine)
      return String
  }
}

/** `01 0a ff`, lines of so many bytes. */
export function hexText(bytes: Uint8Array, bytesPerLine: number): string {
  let text = ''
  bytes.forEach((byte, index) => {
    if (index > 0) text += index % bytesPerLine === 0 ? '\n' : ' '
    text += byte.toString(16).padStart(2, '0')
  })
  return text
}

const NUMERIC_TYPES: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double',
  'decimal',
])

/** Whether tables align a type's values to the right. */
export const isNumeric = (type: TypeSignature): boolean =>
  NUMERIC_TYPES.has(type.rawType.toLowerCase())
