import { codedError, type MillraceError } from '../../../spi/index.js'
import { badData } from '../file-errors.js'

/** What is wrong in a file, without saying where: {@link badParquet} adds that. */
export class ParquetFormatError extends Error {}

/** Where in a file something is read. */
export interface ParquetPlace {
  readonly path: string
  readonly rowGroup?: number
  readonly column?: string
  /** Of the page or structure. */
  readonly byteOffset?: number
}

/**
 * The coded error of a failure while a file was read: coded ones as they are, everything else is the file's fault.
 * @returns HIVE_BAD_DATA with file, row group, column and byte offset
 */
export function badParquet(error: unknown, place: ParquetPlace): MillraceError {
  const coded = codedError(error)
  if (coded !== undefined) return coded
  const what = error instanceof Error ? error.message : String(error)
  const where = [
    ...(place.rowGroup === undefined ? [] : [`row group ${place.rowGroup}`]),
    ...(place.column === undefined ? [] : [`column ${place.column}`]),
    ...(place.byteOffset === undefined ? [] : [`offset ${place.byteOffset}`]),
  ]
  return badData(
    `Malformed Parquet file, ${what}`,
    place.path,
    where.length === 0 ? undefined : where.join(', '),
    { cause: error },
  )
}
