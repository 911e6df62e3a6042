import { MillraceError, toMillraceError } from '../error.js'
import { type BlockBuilder, createBlockBuilder } from '../page/block-builder.js'
import { memberOf, type ValueConverter, valueConverter } from '../type/js-value.js'
import type { SqlType } from '../type/type.js'
import { type ColumnFiller, FilledPageSource } from './filled-page-source.js'
import type { RowReader } from './row-reader.js'

/** Where a column's values are in rows. */
export interface RowColumn {
  readonly name: string
  readonly type: SqlType
  /** In rows that are arrays. */
  readonly index: number
  /** In rows that are objects: absent, the name or one that differs from it in case only. */
  readonly key?: string
  /** True where rows are values of this one column. */
  readonly isRow?: boolean
  /** True for the only column of its table: rows that are neither arrays nor objects are values of it. */
  readonly isAlone?: boolean
}

export interface RowPageOptions {
  readonly maxRows?: number
  /** Where a row comes from, for messages. */
  readonly placeOf?: (row: unknown) => string
}

/** Fills pages with rows of JavaScript values. */
export class RowPageSource extends FilledPageSource {
  constructor(
    reader: RowReader,
    columns: readonly RowColumn[],
    { maxRows, placeOf }: RowPageOptions = {},
  ) {
    super(
      reader,
      columns.map((column) => new ValueFiller(column, placeOf)),
      maxRows,
    )
  }
}

class ValueFiller implements ColumnFiller {
  readonly #column: RowColumn
  readonly #placeOf: RowPageOptions['placeOf']
  readonly #builder: BlockBuilder
  readonly #convert: ValueConverter
  /** The member of objects, once seen. */
  #key: string | undefined

  constructor(column: RowColumn, placeOf: RowPageOptions['placeOf']) {
    this.#column = column
    this.#placeOf = placeOf
    this.#builder = createBlockBuilder(column.type)
    this.#convert = valueConverter(column.type)
    this.#key = column.key
  }

  get byteLength(): number {
    return this.#builder.byteLength
  }

  append(rows: readonly unknown[]): void {
    for (const row of rows) {
      try {
        this.#builder.append(this.#convert(this.#valueIn(row)))
      } catch (error) {
        throw inColumn(this.#column.name, this.#placeOf?.(row), error)
      }
    }
  }

  build() {
    return this.#builder.build()
  }

  #valueIn(row: unknown): unknown {
    if (this.#column.isRow) return row
    if (Array.isArray(row)) return row[this.#column.index]
    if (typeof row !== 'object' || row === null) {
      if (this.#column.isAlone) return row
      throw new MillraceError(
        'TYPE_MISMATCH',
        `A row is an array or an object, not: ${row === null ? 'null' : typeof row}`,
      )
    }
    const key = this.#key
    if (key !== undefined) return (row as Readonly<Record<string, unknown>>)[key]
    const { name } = this.#column
    if (Object.hasOwn(row, name)) this.#key = name
    else this.#key = Object.keys(row).find((member) => member.toLowerCase() === name)
    return memberOf(row, name)
  }
}

function inColumn(name: string, place: string | undefined, error: unknown): MillraceError {
  const { code, message, number, type, hint } = toMillraceError(error)
  const column = place === undefined ? `Column '${name}'` : `${place}, column '${name}'`
  return new MillraceError(code, `${column}: ${message}`, {
    number,
    type,
    hint: hint ?? 'Declare the column with a type that holds all of its values',
    cause: error,
  })
}
