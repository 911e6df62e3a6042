import type { QueryMemory } from '../../src/dataflow/memory/query-memory.js'
import type { Operator } from '../../src/operators/operator.js'
import {
  blockOf,
  type Page,
  readValue,
  type SqlType,
  type Value,
  valueKey,
} from '../../src/spi/index.js'

export type Row = readonly Value[]

/** Cuts rows into pages of a size, in memory that kernels read. */
export function pagesOf(
  memory: QueryMemory,
  types: readonly SqlType[],
  rows: readonly Row[],
  pageRows: number,
): readonly Page[] {
  const arena = memory.createArena()
  const pages: Page[] = []
  for (let from = 0; from < rows.length; from += pageRows) {
    const part = rows.slice(from, from + pageRows)
    pages.push({
      rowCount: part.length,
      blocks: types.map((type, c) =>
        blockOf(
          type,
          part.map((row) => row[c]!),
          arena,
        ),
      ),
    })
  }
  return pages
}

export const rowsOf = (page: Page): Row[] =>
  Array.from({ length: page.rowCount }, (_, i) => page.blocks.map((block) => readValue(block, i)))

/** Runs an operator to its end over pages; rows are read before the next page is asked for. */
export function runOperator(operator: Operator, pages: readonly Page[]): Row[] {
  const out: Row[] = []
  try {
    for (const page of pages) {
      if (operator.finished) break
      for (const result of operator.process(page)) out.push(...rowsOf(result))
    }
    for (const result of operator.finish()) out.push(...rowsOf(result))
  } finally {
    operator.close()
  }
  return out
}

/** Rows as sorted texts: a multiset to compare. */
export const multiset = (rows: readonly Row[], types: readonly SqlType[]): string[] =>
  rows.map((row) => row.map((v, c) => valueKey(types[c]!, v)).join(' | ')).sort()
