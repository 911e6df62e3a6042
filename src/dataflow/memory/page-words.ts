import type {
  Block,
  Bounds,
  DictionaryBlock,
  FlatBlock,
  IntegerBlock,
  Page,
  SqlType,
  Validity,
} from '../../spi/index.js'
import { assert } from '../../spi/index.js'

/**
 * Pages as words: the description of a page's blocks as a list of doubles, with addresses into the shared
 * memory for its buffers, so that a page crosses threads, or is kept, without its data being copied again.
 * Types are not written: who reads a page knows them.
 */

/** Puts a buffer into shared memory, or finds it there, and gives its address. */
export type PlaceBuffer = (buffer: ArrayBufferView) => number

const STORAGES = [
  'i8',
  'i16',
  'i32',
  'i64',
  'f32',
  'f64',
  'bool',
  'fixed16',
  'bytes',
  'array',
  'map',
  'row',
  'null',
] as const
/** Those of integers come first; these words of their blocks have the flags and, from there on, the bounds. */
const INTEGER_STORAGES = 4
const FLAGS_WORD = 3
const BOUNDS_WORD = 7
const CONSTANT_TAG = 32
const DICTIONARY_TAG = 33

const FLAG_BOUNDS = 1
const FLAG_ASCENDING = 2
const FLAG_ASCII = 4

export function writePageWords(page: Page, place: PlaceBuffer): Float64Array {
  const words: number[] = [page.rowCount, page.blocks.length, 0]
  if (page.changes !== undefined) words[2] = place(page.changes)
  const directory = words.length
  for (let i = 0; i < page.blocks.length; i++) words.push(0)
  page.blocks.forEach((block, channel) => {
    words[directory + channel] = words.length
    writeBlock(block, words, place)
  })
  return Float64Array.from(words)
}

const FIRST_DIRECTORY_WORD = 3

/** The rows of the page that words describe. */
export const rowCountOfWords = (words: Float64Array): number => words[0]!

/** The rows of a page and the bounds of a column of integers, as its block has them; undefined where that has none. */
export function extentOfWords(
  words: Float64Array,
  channel: number,
): (Bounds & { readonly rowCount: number }) | undefined {
  const start = words[FIRST_DIRECTORY_WORD + channel]!
  const isInteger = words[start]! < INTEGER_STORAGES
  if (!isInteger || (words[start + FLAGS_WORD]! & FLAG_BOUNDS) === 0) return undefined
  const [min, max] = words.subarray(start + BOUNDS_WORD, start + BOUNDS_WORD + 2)
  return { rowCount: rowCountOfWords(words), min: min!, max: max! }
}

/** The words of a page from those of pages with one column each. */
export function joinColumnWords(rowCount: number, columns: readonly Float64Array[]): Float64Array {
  const ofBlocks = columns.map((words) => words.subarray(words[FIRST_DIRECTORY_WORD]))
  let next = FIRST_DIRECTORY_WORD + columns.length
  const joined = new Float64Array(ofBlocks.reduce((sum, words) => sum + words.length, next))
  joined.set([rowCount, columns.length])
  ofBlocks.forEach((words, channel) => {
    joined[FIRST_DIRECTORY_WORD + channel] = next
    joined.set(words, next)
    next += words.length
  })
  return joined
}

/**
 * Reads the given channels of a page; the blocks are views of the shared memory.
 * @param base what the addresses in `words` count from; none of them is 0
 * @param dictionaries where the dictionaries of its blocks lie that have an id, at addresses that count from 0; absent: as
 *   everything else
 */
export function readPageWords(
  words: Float64Array,
  memory: ArrayBufferLike,
  channels: readonly number[],
  types: readonly SqlType[],
  base = 0,
  dictionaries?: ArrayBufferLike,
): Page {
  const rowCount = words[0]!
  const blocks = channels.map((channel, i) => {
    const reader = { words, memory, base, next: words[FIRST_DIRECTORY_WORD + channel]! }
    return readBlock(reader, types[i]!, dictionaries)
  })
  const changes = words[2]!
  return changes === 0
    ? { rowCount, blocks }
    : { rowCount, blocks, changes: new Int8Array(memory, base + changes, rowCount) }
}

function writeBlock(block: Block, words: number[], place: PlaceBuffer): void {
  switch (block.encoding) {
    case 'flat':
      writeFlat(block, words, place)
      return
    case 'constant':
      words.push(CONSTANT_TAG, block.rowCount)
      writeFlat(block.value, words, place)
      return
    case 'dictionary':
      words.push(
        DICTIONARY_TAG,
        block.rowCount,
        placeValidity(block.validity, place),
        place(block.codes),
        block.codes.BYTES_PER_ELEMENT,
        ...idWords(block.dictionaryId),
      )
      writeFlat(block.dictionary, words, place)
      return
  }
}

const placeValidity = (validity: Validity, place: PlaceBuffer): number =>
  validity === null ? 0 : place(validity)

function writeFlat(block: FlatBlock, words: number[], place: PlaceBuffer): void {
  words.push(
    STORAGES.indexOf(block.storage),
    block.rowCount,
    placeValidity(block.validity, place),
    flagsOf(block),
  )
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      words.push(
        place(block.values),
        block.base,
        block.factor,
        block.bounds?.min ?? 0,
        block.bounds?.max ?? 0,
      )
      return
    case 'f32':
    case 'f64':
    case 'bool':
    case 'fixed16':
      words.push(place(block.values))
      return
    case 'bytes':
      words.push(place(block.offsets), place(block.bytes), block.bytes.length)
      return
    case 'array':
      words.push(place(block.offsets))
      writeBlock(block.elements, words, place)
      return
    case 'map':
      words.push(place(block.offsets))
      writeBlock(block.keys, words, place)
      writeBlock(block.mapValues, words, place)
      return
    case 'row':
      for (const field of block.fields) writeBlock(field, words, place)
      return
    case 'null':
      return
  }
}

function flagsOf(block: FlatBlock): number {
  let flags = 0
  if ('bounds' in block && block.bounds !== undefined) flags |= FLAG_BOUNDS
  if ('ascending' in block && block.ascending) flags |= FLAG_ASCENDING
  if ('ascii' in block && block.ascii) flags |= FLAG_ASCII
  return flags
}

const INTEGER_VIEWS = {
  i8: (memory: ArrayBufferLike, address: number, length: number) =>
    new Int8Array(memory, address, length),
  i16: (memory: ArrayBufferLike, address: number, length: number) =>
    new Int16Array(memory, address, length),
  i32: (memory: ArrayBufferLike, address: number, length: number) =>
    new Int32Array(memory, address, length),
  i64: (memory: ArrayBufferLike, address: number, length: number) =>
    new BigInt64Array(memory, address, length),
} as const

interface Reader {
  readonly words: Float64Array
  readonly memory: ArrayBufferLike
  readonly base: number
  next: number
}

const validityAt = (reader: Reader, address: number, rowCount: number): Validity =>
  address === 0 ? null : new Uint8Array(reader.memory, reader.base + address, (rowCount + 7) >> 3)

function readBlock(reader: Reader, type: SqlType, dictionaries?: ArrayBufferLike): Block {
  const tag = reader.words[reader.next]!
  if (tag === CONSTANT_TAG) {
    const rowCount = reader.words[reader.next + 1]!
    reader.next += 2
    return { encoding: 'constant', type, rowCount, value: readFlat(reader, type) }
  }
  return tag === DICTIONARY_TAG
    ? readDictionary(reader, type, dictionaries)
    : readFlat(reader, type)
}

function readDictionary(
  reader: Reader,
  type: SqlType,
  dictionaries: ArrayBufferLike | undefined,
): DictionaryBlock {
  const { words, memory, next } = reader
  const rowCount = words[next + 1]!
  const address = reader.base + words[next + 3]!
  const width = words[next + 4]!
  const dictionaryId = readId(words, next + 5)
  const validity = validityAt(reader, words[next + 2]!, rowCount)
  const codes =
    width === 1
      ? new Uint8Array(memory, address, rowCount)
      : width === 2
        ? new Uint16Array(memory, address, rowCount)
        : new Int32Array(memory, address, rowCount)
  reader.next += 5 + ID_WORDS
  const isElsewhere = dictionaryId !== undefined && dictionaries !== undefined
  const dictionary = readFlat(
    isElsewhere ? { words, memory: dictionaries, base: 0, next: reader.next } : reader,
    type,
  )
  if (dictionaryId === undefined) {
    return { encoding: 'dictionary', type, rowCount, codes, dictionary, validity }
  }
  return {
    encoding: 'dictionary',
    type,
    rowCount,
    codes,
    validity,
    dictionary: sharedDictionary(dictionaryId, dictionary),
    dictionaryId,
  }
}

function readFlat(reader: Reader, type: SqlType): FlatBlock {
  const { words, memory } = reader
  const start = reader.next
  const storage = STORAGES[words[start]!]
  assert(storage !== undefined, 'corrupt page words')
  const rowCount = words[start + 1]!
  const validity = validityAt(reader, words[start + 2]!, rowCount)
  const flags = words[start + 3]!
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  const address = reader.base + words[start + 4]!
  // Objects are written out, or end in what they spread: to add properties after a spread takes V8 microseconds.
  switch (storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64': {
      reader.next = start + 9
      return {
        encoding: 'flat',
        storage,
        type,
        rowCount,
        validity,
        values: INTEGER_VIEWS[storage](memory, address, rowCount),
        base: words[start + 5]!,
        factor: words[start + 6]!,
        bounds:
          flags & FLAG_BOUNDS ? { min: words[start + 7]!, max: words[start + 8]! } : undefined,
        ascending: (flags & FLAG_ASCENDING) !== 0,
      } satisfies IntegerBlock
    }
    case 'f32':
      reader.next = start + 5
      return { storage, values: new Float32Array(memory, address, rowCount), ...flat }
    case 'f64':
      reader.next = start + 5
      return { storage, values: new Float64Array(memory, address, rowCount), ...flat }
    case 'bool':
      reader.next = start + 5
      return { storage, values: new Uint8Array(memory, address, rowCount), ...flat }
    case 'fixed16':
      reader.next = start + 5
      return { storage, values: new Uint8Array(memory, address, rowCount * 16), ...flat }
    case 'bytes': {
      reader.next = start + 7
      const offsets = new Int32Array(memory, address, rowCount + 1)
      const bytes = new Uint8Array(memory, reader.base + words[start + 5]!, words[start + 6]!)
      const texts = { encoding: 'flat', storage, type, rowCount, validity, offsets, bytes } as const
      return flags & FLAG_ASCII ? { ascii: true, ...texts } : texts
    }
    default:
      reader.next = start + 4
      return readNested(reader, type, storage, flat)
  }
}

function readNested(
  reader: Reader,
  type: SqlType,
  storage: 'array' | 'map' | 'row' | 'null',
  flat: {
    readonly encoding: 'flat'
    readonly type: SqlType
    readonly rowCount: number
    readonly validity: Validity
  },
): FlatBlock {
  if (storage === 'null') return { storage, ...flat }
  if (storage === 'row') {
    assert(type.kind === 'row')
    return { storage, fields: type.fields.map((field) => readBlock(reader, field.type)), ...flat }
  }
  const offsets = new Int32Array(
    reader.memory,
    reader.base + reader.words[reader.next]!,
    flat.rowCount + 1,
  )
  reader.next += 1
  if (storage === 'array') {
    assert(type.kind === 'array')
    return { storage, offsets, elements: readBlock(reader, type.element), ...flat }
  }
  assert(type.kind === 'map')
  const keys = readBlock(reader, type.key)
  return { storage, offsets, keys, mapValues: readBlock(reader, type.value), ...flat }
}

/** Of a dictionary's id: none, a serial number, or a digest of 144 bits, whose first word is negative. */
const ID_WORDS = 3
const NO_ID = [0, 0, 0] as const
const DIGEST_PREFIX = 'sha256:'
const DIGEST_DIGITS = /^sha256:[0-9a-f]{36}$/
const WORD_DIGITS = 12

type IdWords = readonly [number, number, number]

function idWords(id: string | undefined): IdWords {
  if (id === undefined) return NO_ID
  if (!DIGEST_DIGITS.test(id)) return [dictionarySerial(id), 0, 0]
  const word = (index: number): number => {
    const from = DIGEST_PREFIX.length + index * WORD_DIGITS
    return Number.parseInt(id.slice(from, from + WORD_DIGITS), 16)
  }
  return [-1 - word(0), word(1), word(2)]
}

function readId(words: Float64Array, at: number): string | undefined {
  const first = words[at]!
  if (first === 0) return undefined
  if (first > 0) return `#${first}`
  const digits = [-1 - first, words[at + 1]!, words[at + 2]!]
  return DIGEST_PREFIX + digits.map((word) => word.toString(16).padStart(WORD_DIGITS, '0')).join('')
}

const SERIALS_MAX = 65_536
/** Ids of dictionaries made in this thread; other threads know them by serial, but for digests. */
const serials = new Map<string, number>()
let localSerial = 0
let newSerial = (): number => ++localSerial

/** Where serials come from: one counter for all threads that share a memory. */
export function useDictionarySerials(next: () => number): void {
  newSerial = next
}

function dictionarySerial(id: string): number {
  if (id.startsWith('#')) return Number(id.slice(1))
  let serial = serials.get(id)
  if (serial === undefined) {
    // A dictionary that gets another serial is another one to those who read its pages: less is shared, nothing is wrong.
    if (serials.size >= SERIALS_MAX) serials.clear()
    serial = newSerial()
    serials.set(id, serial)
  }
  return serial
}

const CACHED_DICTIONARIES_MAX = 4096
/** By the address of the first buffer. */
const dictionaries = new Map<number, { readonly id: string; readonly block: FlatBlock }>()
/**
 * One object a stored dictionary and thread, so that what is computed once an entry can be kept by identity. Copies of one
 * dictionary share its id, and their buffers may lie anywhere: those of a query that has ended are used again one by one.
 */
function sharedDictionary(id: string, read: FlatBlock): FlatBlock {
  const first = buffersOf(read)[0]
  if (first === undefined) return read
  const known = dictionaries.get(first.byteOffset)
  if (known?.id === id && lieInOnePlace(known.block, read)) return known.block
  if (dictionaries.size >= CACHED_DICTIONARIES_MAX) dictionaries.clear()
  dictionaries.set(first.byteOffset, { id, block: read })
  return read
}

function lieInOnePlace(left: FlatBlock, right: FlatBlock): boolean {
  const buffers = buffersOf(right)
  return (
    left.storage === right.storage &&
    left.rowCount === right.rowCount &&
    (left.validity === null) === (right.validity === null) &&
    buffersOf(left).every((buffer, i) => {
      const other = buffers[i]!
      return (
        buffer.buffer === other.buffer &&
        buffer.byteOffset === other.byteOffset &&
        buffer.byteLength === other.byteLength
      )
    })
  )
}

/** None of nested blocks: they are read anew. */
function buffersOf(block: FlatBlock): readonly ArrayBufferView[] {
  const validity = block.validity === null ? [] : [block.validity]
  if (block.storage === 'bytes') return [block.offsets, block.bytes, ...validity]
  return 'values' in block ? [block.values, ...validity] : []
}
