import type { TypeSignature } from '../../client/value-decoder.js'
import { javaDoubleText } from '../../values/number-text.js'
import type { ShellColumn } from '../connection/connection.js'
import { argumentType, BYTES_TYPES, rowFields } from '../connection/wire-value.js'
import { type CellText, cellText, hexText } from './cell-text.js'
import { ROW_BY_ROW, type RowPrinter } from './printer.js'

/**
 * An object a line. Numbers are as Trino prints them (`1.0E10`), DECIMAL and datetimes text, bytes in hexadecimal. Arrays, maps
 * and rows, which Trino's CLI refuses, are arrays and objects; fields without a name are `field0`, `field1`, …
 * @source Trino CLI 476, its printed output
 */
export function jsonPrinter(columns: readonly ShellColumn[]): RowPrinter {
  const labels = columns.map(({ name }) => JSON.stringify(name))
  const texts = columns.map(({ type }) => jsonText(type))
  return {
    batchRows: ROW_BY_ROW,
    print(rows) {
      let out = ''
      for (const row of rows) {
        out += `{${row.map((value, index) => `${labels[index]}:${texts[index]!(value)}`).join(',')}}\n`
      }
      return out
    },
  }
}

function jsonText(type: TypeSignature): CellText {
  const text = nonNullJson(type)
  return (value) => (value === null ? 'null' : text(value))
}

function nonNullJson(type: TypeSignature): CellText {
  const rawType = type.rawType.toLowerCase()
  switch (rawType) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String
    case 'real':
    case 'double':
      return (value) => {
        const text = javaDoubleText(value as number)
        return Number.isFinite(value) ? text : `"${text}"`
      }
    case 'array': {
      const element = jsonText(argumentType(type, 0))
      return (value) => `[${(value as unknown[]).map(element).join(',')}]`
    }
    case 'map': {
      const key = cellText(argumentType(type, 0), 'NULL')
      const entry = jsonText(argumentType(type, 1))
      return (value) => {
        const entries = [...(value as Map<unknown, unknown>)]
        return `{${entries.map(([k, v]) => `${JSON.stringify(key(k))}:${entry(v)}`).join(',')}}`
      }
    }
    case 'row': {
      const fields = rowFields(type).map((field, index) => ({
        label: JSON.stringify(field.name ?? `field${index}`),
        text: jsonText(field.type),
      }))
      return (value) =>
        `{${fields.map(({ label, text }, index) => `${label}:${text((value as unknown[])[index])}`).join(',')}}`
    }
    default:
      if (BYTES_TYPES.has(rawType)) {
        return (value) => JSON.stringify(hexText(value as Uint8Array, Number.POSITIVE_INFINITY))
      }
      return (value) => JSON.stringify(String(value))
  }
}
