import { fileError } from './file-errors.js'
import type { FileFormat, FormatName } from './format.js'

/** The formats, each loaded when a file of it is first met. A format is a folder here and a line of this table. */
const FORMATS: Readonly<Partial<Record<FormatName, () => Promise<FileFormat>>>> = {
  // PARQUET: async () => (await import('./parquet/format.js')).parquetFormat,
}

/** Which format a file has, by the end of its name (before that of a compression). */
export const FORMAT_EXTENSIONS: Readonly<Record<string, FormatName>> = {
  '.parquet': 'PARQUET',
  '.pq': 'PARQUET',
  '.csv': 'CSV',
  '.tsv': 'TSV',
  '.jsonl': 'JSON',
  '.ndjson': 'JSON',
  '.json': 'JSON',
  '.arrow': 'ARROW',
  '.arrows': 'ARROW',
  '.feather': 'ARROW',
  '.ipc': 'ARROW',
}

/** @throws HIVE_UNSUPPORTED_FORMAT */
export async function loadFormat(name: FormatName): Promise<FileFormat> {
  const load = FORMATS[name]
  if (load === undefined) {
    throw fileError('HIVE_UNSUPPORTED_FORMAT', `Files of this format can't be read: ${name}`)
  }
  return load()
}
