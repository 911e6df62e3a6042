import type { FileReader } from '../file-reader.js'
import type { DataFile } from '../format.js'
import { TYPES_KEY, withDeclaredTypes } from './declared-types.js'
import { badParquet, ParquetFormatError } from './format-error.js'
import { type FileMetadata, readFileMetadata } from './metadata.js'
import { type ParquetColumn, readSchema } from './schema.js'

/** What a file says of itself. */
export interface ParquetFile {
  readonly metadata: FileMetadata
  readonly columns: readonly ParquetColumn[]
}

const MAGIC = 'PAR1'
const ENCRYPTED_MAGIC = 'PARE'
const TAIL_BYTES = 64 << 10
const TRAILER_BYTES = 8
/** Footers held by a thread, by their bytes in the file; what they take in memory is several times that. */
const CACHED_BYTES_MAX = 32 << 20

/** Reads footers, and keeps the last ones used. */
export class FooterCache {
  readonly #files = new Map<string, { readonly file: ParquetFile; readonly byteLength: number }>()
  #byteLength = 0

  /** @throws HIVE_BAD_DATA for what is no Parquet file, HIVE_CANNOT_OPEN_SPLIT where it can't be read */
  async read(reader: FileReader): Promise<ParquetFile> {
    const key = keyOf(reader.file)
    const held = this.#files.get(key)
    if (held !== undefined) {
      this.#files.delete(key)
      this.#files.set(key, held)
      return held.file
    }
    const { file, byteLength } = await readFooter(reader)
    if (byteLength <= CACHED_BYTES_MAX) this.#keep(key, file, byteLength)
    return file
  }

  /** The footer where it is held. */
  peek(file: DataFile): ParquetFile | undefined {
    return this.#files.get(keyOf(file))?.file
  }

  #keep(key: string, file: ParquetFile, byteLength: number): void {
    if (this.#files.has(key)) return
    this.#files.set(key, { file, byteLength })
    this.#byteLength += byteLength
    for (const [oldest, entry] of this.#files) {
      if (this.#byteLength <= CACHED_BYTES_MAX) break
      this.#files.delete(oldest)
      this.#byteLength -= entry.byteLength
    }
  }
}

const keyOf = ({ path, size, modifiedMillis }: DataFile): string =>
  `${size}:${modifiedMillis}:${path}`

async function readFooter(
  reader: FileReader,
): Promise<{ readonly file: ParquetFile; readonly byteLength: number }> {
  const { path, size } = reader.file
  try {
    if (size < MAGIC.length + TRAILER_BYTES) throw new ParquetFormatError('it is too short')
    const tail = await reader.read(Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES))
    const magic = Buffer.from(tail.subarray(-MAGIC.length)).toString('latin1')
    if (magic === ENCRYPTED_MAGIC) throw new ParquetFormatError('encrypted files are not supported')
    if (magic !== MAGIC) throw new ParquetFormatError(`it does not end in ${MAGIC}`)
    const byteLength = new DataView(tail.buffer).getUint32(tail.length - TRAILER_BYTES, true)
    if (byteLength > size - TRAILER_BYTES) {
      throw new ParquetFormatError(`its footer of ${byteLength} bytes is longer than the file`)
    }
    const end = tail.length - TRAILER_BYTES
    const footer =
      byteLength <= end
        ? tail.subarray(end - byteLength, end)
        : await reader.read(size - TRAILER_BYTES - byteLength, byteLength)
    return { file: parquetFile(readFileMetadata(footer)), byteLength }
  } catch (error) {
    throw badParquet(error, { path })
  }
}

function parquetFile(metadata: FileMetadata): ParquetFile {
  const { columns, leafCount } = readSchema(metadata.schema)
  for (const rowGroup of metadata.rowGroups) {
    if (rowGroup.chunks.length !== leafCount) {
      throw new ParquetFormatError(
        `a row group has ${rowGroup.chunks.length} columns instead of ${leafCount}`,
      )
    }
  }
  const declared = metadata.properties.get(TYPES_KEY)
  return { metadata, columns: withDeclaredTypes(columns, declared) }
}
