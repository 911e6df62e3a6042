import {
  BIGINT,
  BOOLEAN,
  blockOf,
  DOUBLE,
  INTEGER,
  type Page,
  page,
  type SqlType,
  VARCHAR,
  varcharType,
} from '../../spi/index.js'
import type { ResultColumn } from '../result/result-column.js'
import type { PagesResult } from './statement.js'

export type StaticCell = string | number | bigint | boolean | null
export type StaticRow = readonly StaticCell[]

export { BIGINT, BOOLEAN, DOUBLE, INTEGER, VARCHAR }

/** A result of rows that are at hand: of few rows, in garbage-collected memory. */
export function staticResult(
  columns: readonly ResultColumn[],
  rows: readonly StaticRow[],
): PagesResult {
  return {
    kind: 'pages',
    columns,
    pages:
      rows.length === 0
        ? []
        : [
            staticPage(
              columns.map((column) => column.type),
              rows,
            ),
          ],
  }
}

/** One row of one text, of the type varchar(its length), as Trino answers SHOW CREATE. */
export function singleText(name: string, text: string): PagesResult {
  return staticResult([{ name, type: textType([text]) }], [[text]])
}

/** VARCHAR of the longest text: the type a VALUES of such literals has. */
export const textType = (texts: readonly string[]): SqlType =>
  varcharType(texts.reduce((longest, text) => Math.max(longest, [...text].length), 0))

const staticPage = (types: readonly SqlType[], rows: readonly StaticRow[]): Page =>
  page(
    types.map((type, channel) =>
      blockOf(
        type,
        rows.map((row) => row[channel]!),
      ),
    ),
    rows.length,
  )
