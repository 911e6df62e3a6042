import { MillraceError, type Page } from '../../spi/index.js'
import { cellReader, type ValueMode } from './cell-reader.js'

/** Rows as objects by column name, or as arrays by position. */
export type RowMode = 'object' | 'array'

/** Makes the rows [start, end) of a page; the page is borrowed, the rows are the caller's. */
export type RowReader = (page: Page, start: number, end: number) => unknown[]

/**
 * Makes the reader of a result's rows. Objects get their properties from one literal generated for the schema, so
 * that all rows share one hidden class.
 * @throws MillraceError DUPLICATE_COLUMN_NAME in object mode where two columns have one name
 */
export function rowReader(
  columnNames: readonly string[],
  rowMode: RowMode,
  valueMode: ValueMode,
): RowReader {
  if (rowMode === 'array') return arrayRows(valueMode)
  rejectDuplicates(columnNames)
  const assemble = rowAssembler(columnNames)
  return (page, start, end) => {
    const columns = page.blocks.map((block) => {
      const read = cellReader(block, valueMode)
      const cells: unknown[] = new Array(end - start)
      for (let i = 0; i < cells.length; i++) cells[i] = read(start + i)
      return cells
    })
    return assemble(columns, end - start)
  }
}

function arrayRows(valueMode: ValueMode): RowReader {
  return (page, start, end) => {
    const width = page.blocks.length
    const rows: unknown[][] = new Array(end - start)
    for (let i = 0; i < rows.length; i++) rows[i] = new Array(width)
    for (let channel = 0; channel < width; channel++) {
      const read = cellReader(page.blocks[channel]!, valueMode)
      for (let i = 0; i < rows.length; i++) rows[i]![channel] = read(start + i)
    }
    return rows
  }
}

function rejectDuplicates(columnNames: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of columnNames) {
    if (seen.has(name)) {
      throw new MillraceError('DUPLICATE_COLUMN_NAME', `Two columns have the name '${name}'`, {
        hint: "Give one an alias, or read rows as arrays: rowMode: 'array'",
      })
    }
    seen.add(name)
  }
}

type Assembler = (columns: readonly (readonly unknown[])[], rowCount: number) => unknown[]

/** V8 keeps literals of more properties than this as dictionaries: generating code brings nothing. */
const MAX_LITERAL_COLUMNS = 512

function rowAssembler(columnNames: readonly string[]): Assembler {
  if (columnNames.length > MAX_LITERAL_COLUMNS) {
    return (columns, rowCount) =>
      Array.from({ length: rowCount }, (_, i) =>
        Object.fromEntries(columnNames.map((name, channel) => [name, columns[channel]![i]])),
      )
  }
  const fields = columnNames.map((name, channel) => `${propertyKey(name)}: c${channel}[i]`)
  const locals = columnNames.map((_, channel) => `c${channel} = columns[${channel}]`)
  const body = `
    ${locals.length === 0 ? '' : `const ${locals.join(', ')}`}
    const rows = new Array(rowCount)
    for (let i = 0; i < rowCount; i++) rows[i] = { ${fields.join(', ')} }
    return rows`
  return new Function('columns', 'rowCount', body) as Assembler
}

/** A literal `"__proto__": x` would set the prototype; a computed key does not. */
function propertyKey(name: string): string {
  const literal = JSON.stringify(name)
  return name === '__proto__' ? `[${literal}]` : literal
}
