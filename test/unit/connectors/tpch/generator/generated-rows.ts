import type { GeneratedColumn } from '../../../../../src/connectors/tpch/generator/column.js'
import { Scratch } from '../../../../../src/connectors/tpch/generator/column.js'
import type { TpchTable } from '../../../../../src/connectors/tpch/generator/generate.js'
import { generateColumns } from '../../../../../src/connectors/tpch/generator/generate.js'
import type { TextPool } from '../../../../../src/connectors/tpch/generator/text-pool.js'
import { createTextPool } from '../../../../../src/connectors/tpch/generator/text-pool.js'

export const textPool: TextPool = createTextPool()

const decoder = new TextDecoder()

/** The values of a generated column; what it declares of them is checked on the way. */
export function columnValues(column: GeneratedColumn, rowCount: number): (number | string)[] {
  const values: (number | string)[] = []
  for (let i = 0; i < rowCount; i++) {
    if (column.kind === 'integers') {
      const value = Number(column.values[i]) + column.base
      if (value < column.min || value > column.max) {
        throw new Error(`${value} is not in [${column.min}, ${column.max}]`)
      }
      if (column.ascending && i > 0 && value < Number(values[i - 1])) {
        throw new Error(`${value} after ${values[i - 1]} in an ascending column`)
      }
      values.push(value)
    } else if (column.kind === 'coded') {
      values.push(column.dictionary.values[column.codes[i]!]!)
    } else {
      values.push(decoder.decode(column.bytes.slice(column.offsets[i], column.offsets[i + 1])))
    }
  }
  return values
}

/** The values of some columns for base rows [startRow, endRow), column by column. */
export function generate(
  tableName: TpchTable,
  scaleFactor: number,
  startRow: number,
  endRow: number,
  columnNames: readonly string[],
): (number | string)[][] {
  const context = {
    allocate: (byteLength: number) => new Uint8Array(byteLength).fill(0xff),
    scratch: new Scratch(),
    textPool,
  }
  const range = { scaleFactor, startRow, endRow }
  const { rowCount, columns } = generateColumns(tableName, range, columnNames, context)
  return columns.map((column) => columnValues(column, rowCount))
}
