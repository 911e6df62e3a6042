import { fileError } from './file-errors.js'
import type { FileFormat, FormatName } from './format.js'

/** The formats, each loaded when a file of it is first met. A format is a folder here and a line of this table. */
const FORMATS: Readonly<Partial<Record<FormatName, () => Promise<FileFormat>>>> = {
  ARROW: async () => (await import('./arrow/format.js')).arrowFormat,
  CSV: async () => (await import('./csv/format.js')).csvFormat,
  TSV: async () => (await import('./csv/format.js')).tsvFormat,
  JSON: async () => (await import('./json/format.js')).jsonFormat,
  PARQUET: async () => (await import('./parquet/format.js')).parquetFormat,
}

/** Which format a file has, by the end of its name (before that of a compression). */
const FORMAT_EXTENSIONS: Readonly<Record<string, FormatName>> = {
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

/** Endings of compressed text files. */
export const COMPRESSION_EXTENSIONS: Readonly<Record<string, 'GZIP' | 'ZSTD'>> = {
  '.gz': 'GZIP',
  '.gzip': 'GZIP',
  '.zst': 'ZSTD',
  '.zstd': 'ZSTD',
}

/** A file's name without its ending, and the format that this tells; undefined for names that tell none. */
export function splitFileName(name: string): {
  readonly stem: string
  readonly format: FormatName | undefined
} {
  const plain = withoutEnding(name, COMPRESSION_EXTENSIONS)
  for (const candidate of [plain, name]) {
    const ending = endingOf(candidate)
    const format = Object.hasOwn(FORMAT_EXTENSIONS, ending) ? FORMAT_EXTENSIONS[ending] : undefined
    if (format !== undefined) return { stem: candidate.slice(0, -ending.length), format }
  }
  return { stem: name, format: undefined }
}

const endingOf = (name: string): string => {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot).toLowerCase()
}

function withoutEnding(name: string, endings: Readonly<Record<string, unknown>>): string {
  const ending = endingOf(name)
  return Object.hasOwn(endings, ending) ? name.slice(0, -ending.length) : name
}
