import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Properties, SqlType } from '../../spi/index.js'
import { fileError, systemReason } from './file-errors.js'
import { isMissing } from './file-tree.js'
import type { FormatName } from './format.js'

/** Where a folder says what table it is; hidden, so that it is no data. */
export const DESCRIPTION_FILE = '.millrace-table.json'

/**
 * What CREATE TABLE said of a table, kept beside its files: text formats lose the types of their columns, and a table
 * without rows has no files.
 */
export interface TableDescription {
  readonly format: FormatName
  /** Partition columns are among them, last. */
  readonly columns: readonly DescribedColumn[]
  readonly partitionedBy: readonly string[]
  readonly properties: Properties
  readonly comment?: string
}
export interface DescribedColumn {
  readonly name: string
  readonly type: SqlType
  readonly comment?: string
  readonly nullable?: boolean
}

/** As it is in the file. */
interface StoredDescription extends Omit<TableDescription, 'columns'> {
  readonly version: 1
  readonly columns: readonly (Omit<DescribedColumn, 'type'> & { readonly type: string })[]
}

export function printDescription(
  description: TableDescription,
  typeName: (type: SqlType) => string,
): string {
  const stored: StoredDescription = {
    version: 1,
    ...description,
    columns: description.columns.map((column) => ({ ...column, type: typeName(column.type) })),
  }
  return `${JSON.stringify(stored, undefined, 2)}\n`
}

/** The description of a folder; undefined where it has none. @throws HIVE_INVALID_METADATA */
export async function readDescription(
  folder: string,
  getType: (name: string) => SqlType,
): Promise<TableDescription | undefined> {
  const path = join(folder, DESCRIPTION_FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw fileError(
      'HIVE_INVALID_METADATA',
      `Table description cannot be read, ${systemReason(error)}: ${path}`,
      { cause: error },
    )
  }
  try {
    const stored = JSON.parse(text) as StoredDescription
    if (stored.version !== 1) throw new Error(`version ${String(stored.version)}`)
    const { version: _, columns, ...rest } = stored
    return {
      ...rest,
      columns: columns.map((column) => ({ ...column, type: getType(column.type) })),
    }
  } catch (error) {
    throw fileError('HIVE_INVALID_METADATA', `Table description is not valid: ${path}`, {
      cause: error,
      hint: 'Remove it to have the columns inferred from the files',
    })
  }
}
