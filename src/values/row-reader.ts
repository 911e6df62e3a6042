import { MillraceError, type Page } from '../spi/index.js'
import type { ValueMode } from './cell-reader.js'
import { type CellsReader, cellsReader } from './cells-reader.js'

/** Rows as objects by column name, or as arrays by position. */
export type RowMode = 'object' | 'array'

/** Makes the rows [start, end) of a page; the page is borrowed, the rows are the caller's. */
export type RowReader = (page: Page, start: number, end: number) => unknown[]

/**
 * Makes the reader of a result's rows, in code generated for its columns, so that all rows share one hidden class.
 * @throws MillraceError DUPLICATE_COLUMN_NAME in object mode where two columns have one name
 */
export function rowReader(
  columnNames: readonly string[],
  rowMode: RowMode,
  valueMode: ValueMode,
): RowReader {
  if (rowMode === 'object') rejectDuplicates(columnNames)
  const assemble = rowAssembler(columnNames, rowMode)
  let current: Page | undefined
  let readers: readonly CellsReader[] = []
  return (page, start, end) => {
    if (page !== current) {
      readers = page.blocks.map((block) => cellsReader(block, valueMode))
      current = page
    }
    return assemble(
      readers.map((read) => read(start, end)),
      end - start,
    )
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

type Assembler = (columns: readonly ArrayLike<unknown>[], rowCount: number) => unknown[]

/** V8 keeps literals of more properties than this as dictionaries: generating code brings nothing. */
const MAX_LITERAL_COLUMNS = 512

/** Generated code by mode and names: a statement that comes again finds it optimised. */
const assemblers = new Map<string, Assembler>()
const MAX_ASSEMBLERS = 256

function rowAssembler(columnNames: readonly string[], rowMode: RowMode): Assembler {
  if (columnNames.length > MAX_LITERAL_COLUMNS) return wideRows(columnNames, rowMode)
  const cells = columnNames.map((name, channel) =>
    rowMode === 'array' ? `c${channel}[i]` : `${propertyKey(name)}: c${channel}[i]`,
  )
  const literal = rowMode === 'array' ? `[${cells.join(', ')}]` : `{ ${cells.join(', ')} }`
  const known = assemblers.get(literal)
  if (known !== undefined) return known
  const locals = columnNames.map((_, channel) => `c${channel} = columns[${channel}]`)
  const body = `
    ${locals.length === 0 ? '' : `const ${locals.join(', ')}`}
    const rows = new Array(rowCount)
    for (let i = 0; i < rowCount; i++) rows[i] = ${literal}
    return rows`
  const assembler = new Function('columns', 'rowCount', body) as Assembler
  if (assemblers.size === MAX_ASSEMBLERS) assemblers.clear()
  assemblers.set(literal, assembler)
  return assembler
}

function wideRows(columnNames: readonly string[], rowMode: RowMode): Assembler {
  return (columns, rowCount) =>
    Array.from({ length: rowCount }, (_, i) =>
      rowMode === 'array'
        ? columns.map((column) => column[i])
        : Object.fromEntries(columnNames.map((name, channel) => [name, columns[channel]![i]])),
    )
}

/** A literal `"__proto__": x` would set the prototype; a computed key does not. */
function propertyKey(name: string): string {
  const literal = JSON.stringify(name)
  return name === '__proto__' ? `[${literal}]` : literal
}
