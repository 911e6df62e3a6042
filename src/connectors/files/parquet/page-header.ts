import { ParquetFormatError } from './format-error.js'
import { ENCODINGS, type Encoding } from './metadata.js'
import { ThriftReader } from './thrift-reader.js'

export interface PageHeader {
  readonly kind: 'data' | 'data v2' | 'dictionary' | 'index'
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  /** With nulls and, in nested columns, empty lists. */
  readonly valueCount: number
  readonly encoding: Encoding
  readonly definitionEncoding: Encoding
  readonly repetitionEncoding: Encoding
  /** Of version 2, whose levels are never compressed. */
  readonly rowCount: number
  readonly definitionBytes: number
  readonly repetitionBytes: number
  readonly isCompressed: boolean
  /** CRC32 of the page's bytes, where the writer gave it. */
  readonly checksum: number | undefined
  /** Where the page's bytes begin, from where the header began. */
  readonly headerBytes: number
}

const KINDS = ['data', 'index', 'dictionary', 'data v2'] as const

/** @throws ParquetFormatError */
export function readPageHeader(bytes: Uint8Array, position: number): PageHeader {
  const reader = new ThriftReader(bytes, position)
  let kind: PageHeader['kind'] | undefined
  let compressedBytes = -1
  let uncompressedBytes = -1
  const numbers = { values: 0, rows: 0, definition: 0, repetition: 0 }
  let encoding: Encoding = 'PLAIN'
  let definitionEncoding: Encoding = 'RLE'
  let repetitionEncoding: Encoding = 'RLE'
  let isCompressed = true
  let checksum: number | undefined
  const encodingOf = (): Encoding => {
    const index = reader.integer()
    const found = ENCODINGS[index]
    if (found === undefined) throw new ParquetFormatError(`unknown encoding: ${index}`)
    return found
  }
  const dataPage = (field: number): boolean => {
    if (field === 1) numbers.values = reader.integer()
    else if (field === 2) encoding = encodingOf()
    else if (field === 3) definitionEncoding = encodingOf()
    else if (field === 4) repetitionEncoding = encodingOf()
    else return false
    return true
  }
  const dictionaryPage = (field: number): boolean => {
    if (field === 1) numbers.values = reader.integer()
    else if (field === 2) encoding = encodingOf()
    else return false
    return true
  }
  const dataPageV2 = (field: number): boolean => {
    if (field === 1) numbers.values = reader.integer()
    else if (field === 3) numbers.rows = reader.integer()
    else if (field === 4) encoding = encodingOf()
    else if (field === 5) numbers.definition = reader.integer()
    else if (field === 6) numbers.repetition = reader.integer()
    else if (field === 7) isCompressed = reader.boolean()
    else return false
    return true
  }
  reader.struct((field) => {
    if (field === 1) kind = KINDS[reader.integer()]
    else if (field === 2) uncompressedBytes = reader.integer()
    else if (field === 3) compressedBytes = reader.integer()
    else if (field === 4) checksum = reader.integer()
    else if (field === 5 || field === 7 || field === 8) {
      reader.expectStruct()
      reader.struct(field === 5 ? dataPage : field === 7 ? dictionaryPage : dataPageV2)
    } else return false
    return true
  })
  if (kind === undefined || compressedBytes < 0 || uncompressedBytes < 0) {
    throw new ParquetFormatError('a page header is incomplete')
  }
  if (Object.values(numbers).some((number) => number < 0)) {
    throw new ParquetFormatError('a page header has a negative number')
  }
  if (numbers.definition + numbers.repetition > compressedBytes && kind === 'data v2') {
    throw new ParquetFormatError('levels of a page are longer than the page')
  }
  return {
    kind,
    compressedBytes,
    uncompressedBytes,
    valueCount: numbers.values,
    encoding,
    definitionEncoding,
    repetitionEncoding,
    rowCount: numbers.rows,
    definitionBytes: numbers.definition,
    repetitionBytes: numbers.repetition,
    isCompressed,
    checksum,
    headerBytes: reader.position - position,
  }
}
