import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { badData } from '../file-errors.js'
import { type FileReader, openFile } from '../file-reader.js'
import type { DataFile } from '../format.js'
import { COMPRESSION_EXTENSIONS } from '../formats.js'

const TEXT_ENCODINGS = ['UTF-8', 'UTF-16LE', 'UTF-16BE', 'ISO-8859-1'] as const
export type TextEncoding = (typeof TEXT_ENCODINGS)[number]

/** How the bytes of a text file become UTF-8. Plain data. */
export interface TextCoding {
  readonly encoding: TextEncoding
  readonly compression?: 'GZIP' | 'ZSTD'
  /** Length of the byte order mark. */
  readonly markBytes: number
}

/** A range of a file as UTF-8 bytes, piece by piece; each piece is valid until the next is asked for. */
export interface TextInput {
  readonly completedBytes: number
  readonly readTimeNanos: number
  /** Fills a buffer from a place on; how many bytes it got, less than asked for only at the end. */
  fill(target: Uint8Array, from: number): Promise<number>
  close(): Promise<void>
}

const CHUNK_BYTES = 256 * 1024

const compressionOf = (file: DataFile): TextCoding['compression'] =>
  Object.entries(COMPRESSION_EXTENSIONS).find(([ending]) =>
    file.path.toLowerCase().endsWith(ending),
  )?.[1]

/** Whether rows can be read from the middle of the file on, its bytes being those of its text. */
export const isDirect = ({ encoding, compression }: TextCoding): boolean =>
  encoding === 'UTF-8' && compression === undefined

/**
 * Opens bytes `start` to `end` of a file, or for a coding that has to be read from the start on, all of it.
 * @throws what openFile throws
 */
export async function openText(
  file: DataFile,
  coding: TextCoding,
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<TextInput> {
  const reader = await openFile(file, signal)
  if (isDirect(coding)) return new DirectInput(reader, range.start, range.end)
  return new DecodedInput(reader, coding)
}

class DirectInput implements TextInput {
  readonly #reader: FileReader
  readonly #end: number
  #position: number

  constructor(reader: FileReader, start: number, end: number) {
    this.#reader = reader
    this.#position = start
    this.#end = end
  }
  get completedBytes(): number {
    return this.#reader.completedBytes
  }
  get readTimeNanos(): number {
    return this.#reader.readTimeNanos
  }
  async fill(target: Uint8Array, from: number): Promise<number> {
    const length = Math.min(target.length - from, this.#end - this.#position)
    if (length <= 0) return 0
    const count = await this.#reader.readInto(target.subarray(from, from + length), this.#position)
    if (count < length) {
      throw badData('File ends early', this.#reader.file.path, `at ${this.#position + count}`)
    }
    this.#position += count
    return count
  }
  close(): Promise<void> {
    return this.#reader.close()
  }
}

/** Bytes that have to be decompressed or are not UTF-8. */
class DecodedInput implements TextInput {
  readonly #reader: FileReader
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(reader: FileReader, coding: TextCoding) {
    this.#reader = reader
    const raw = chunksOf(reader)
    const plain =
      coding.compression === undefined ? raw : decompressed(raw, coding.compression, reader.file)
    this.#chunks = inUtf8(plain, coding, reader.file)[Symbol.asyncIterator]()
  }
  get completedBytes(): number {
    return this.#reader.completedBytes
  }
  get readTimeNanos(): number {
    return this.#reader.readTimeNanos
  }
  async fill(target: Uint8Array, from: number): Promise<number> {
    let at = from
    while (at < target.length) {
      if (this.#rest.length === 0) {
        const step = await this.#chunks.next()
        if (step.done === true) break
        this.#rest = step.value
        continue
      }
      const count = Math.min(this.#rest.length, target.length - at)
      target.set(this.#rest.subarray(0, count), at)
      this.#rest = this.#rest.subarray(count)
      at += count
    }
    return at - from
  }
  async close(): Promise<void> {
    // A generator that waits for the file ends with its error when that is closed.
    this.#chunks.return?.().catch(() => {})
    await this.#reader.close()
  }
}

async function* chunksOf(reader: FileReader): AsyncGenerator<Uint8Array> {
  const { size } = reader.file
  for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
    yield await reader.read(offset, Math.min(CHUNK_BYTES, size - offset))
  }
}

/** @throws HIVE_BAD_DATA */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  compression: NonNullable<TextCoding['compression']>,
  { path }: DataFile,
): AsyncGenerator<Uint8Array> {
  if (compression === 'ZSTD') {
    yield* unzstd(chunks, path)
    return
  }
  const gunzip = createGunzip()
  const source = Readable.from(chunks, { objectMode: true })
  source.on('error', (error) => gunzip.destroy(error))
  source.pipe(gunzip)
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code?.startsWith('Z_') === true
      ? badData('Compressed data is corrupt or ends early', path, undefined, { cause: error })
      : error
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

async function* unzstd(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd')
  const out: Uint8Array[] = []
  const stream = new Decompress((chunk) => {
    // The library's buffer is its window, which it goes on writing.
    out.push(chunk.slice())
  })
  const push = (chunk: Uint8Array, last: boolean): void => {
    try {
      stream.push(chunk, last)
    } catch (error) {
      throw badData('Compressed data is corrupt or ends early', path, undefined, { cause: error })
    }
  }
  for await (const chunk of chunks) {
    push(chunk, false)
    yield* out.splice(0)
  }
  push(new Uint8Array(0), true)
  yield* out.splice(0)
}

const LABELS: Readonly<Record<TextEncoding, string>> = {
  'UTF-8': 'utf-8',
  'UTF-16LE': 'utf-16le',
  'UTF-16BE': 'utf-16be',
  'ISO-8859-1': 'latin1',
}

async function* inUtf8(
  chunks: AsyncIterable<Uint8Array>,
  { encoding, markBytes }: TextCoding,
  { path }: DataFile,
): AsyncGenerator<Uint8Array> {
  let toSkip = markBytes
  const decoder =
    encoding === 'UTF-8'
      ? undefined
      : new TextDecoder(LABELS[encoding], { fatal: true, ignoreBOM: true })
  for await (let chunk of chunks) {
    if (toSkip > 0) {
      const skipped = Math.min(toSkip, chunk.length)
      toSkip -= skipped
      chunk = chunk.subarray(skipped)
    }
    yield decoder === undefined ? chunk : encoded(decoder, chunk, true, encoding, path)
  }
  if (decoder !== undefined) yield encoded(decoder, new Uint8Array(0), false, encoding, path)
}

const encoder = new TextEncoder()

function encoded(
  decoder: InstanceType<typeof TextDecoder>,
  chunk: Uint8Array,
  stream: boolean,
  encoding: TextEncoding,
  path: string,
): Uint8Array {
  try {
    return encoder.encode(decoder.decode(chunk, { stream }))
  } catch (error) {
    throw badData(`Text is not valid ${encoding}`, path, undefined, {
      cause: error,
      hint: 'Set files.csv.encoding to the encoding of the file',
    })
  }
}

/** Finds out how a text file is coded, by its byte order mark or else by the bytes of a sample. */
function codingOf(
  sample: Uint8Array,
  wanted: string | undefined,
  isWhole: boolean,
): Pick<TextCoding, 'encoding' | 'markBytes'> {
  const [a, b, c] = sample
  const marked: Pick<TextCoding, 'encoding' | 'markBytes'> | undefined =
    a === 0xef && b === 0xbb && c === 0xbf
      ? { encoding: 'UTF-8', markBytes: 3 }
      : a === 0xff && b === 0xfe
        ? { encoding: 'UTF-16LE', markBytes: 2 }
        : a === 0xfe && b === 0xff
          ? { encoding: 'UTF-16BE', markBytes: 2 }
          : undefined
  const known = TEXT_ENCODINGS.find((encoding) => encoding === wanted)
  if (known !== undefined) {
    return { encoding: known, markBytes: marked?.encoding === known ? marked.markBytes : 0 }
  }
  return marked ?? { encoding: guessEncoding(sample, isWhole), markBytes: 0 }
}

function guessEncoding(sample: Uint8Array, isWhole: boolean): TextEncoding {
  // ASCII text in UTF-16 has a zero in every other byte.
  let even = 0
  let odd = 0
  const pairs = Math.min(sample.length, 4096) >> 1
  for (let i = 0; i < pairs; i++) {
    if (sample[2 * i] === 0) even++
    if (sample[2 * i + 1] === 0) odd++
  }
  if (odd > pairs * 0.4 && even === 0) return 'UTF-16LE'
  if (even > pairs * 0.4 && odd === 0) return 'UTF-16BE'
  if (isUtf8(isWhole ? sample : withoutPart(sample))) return 'UTF-8'
  return hasUtf8Characters(sample) ? 'UTF-8' : 'ISO-8859-1'
}

/**
 * Whether bytes that are not all UTF-8 have characters of it nevertheless: then reading says where they are wrong, rather
 * than taking each byte for a character.
 */
function hasUtf8Characters(sample: Uint8Array): boolean {
  for (let i = 0; i + 1 < sample.length; i++) {
    const lead = sample[i]!
    if (lead < 0xc2 || lead > 0xf4) continue
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (isUtf8(sample.subarray(i, i + length))) return true
  }
  return false
}

/** Without the bytes of a character that was cut at the end. */
function withoutPart(sample: Uint8Array): Uint8Array {
  let end = sample.length
  for (let back = 1; back <= 3 && back <= sample.length; back++) {
    const byte = sample[sample.length - back]!
    if (byte < 0x80) break
    if (byte >= 0xc0) {
      end = sample.length - back
      break
    }
  }
  return sample.subarray(0, end)
}

/** The first bytes of a file's text as UTF-8, and how it is coded. */
export async function readSample(
  file: DataFile,
  wantedEncoding: string | undefined,
  sampleBytes: number,
  signal: AbortSignal,
): Promise<{
  readonly bytes: Uint8Array
  readonly coding: TextCoding
  /** Whether the sample is all of the text. */
  readonly isWhole: boolean
}> {
  const compression = compressionOf(file)
  const reader = await openFile(file, signal)
  let raw: TextInput
  try {
    const head = await reader.read(0, Math.min(file.size, 4096))
    const plain = compression === undefined ? head : await firstPlain(file, compression, signal)
    const coding: TextCoding = {
      ...codingOf(plain, wantedEncoding, plain.length < 4096),
      ...(compression === undefined ? {} : { compression }),
    }
    raw = await openText(file, coding, { start: coding.markBytes, end: file.size }, signal)
    const target = new Uint8Array(sampleBytes)
    try {
      const count = await raw.fill(target, 0)
      const bytes = target.subarray(0, count)
      // A byte that is not UTF-8 may come after the first few.
      if (coding.encoding === 'UTF-8' && wantedEncoding === undefined && coding.markBytes === 0) {
        const guessed = guessEncoding(bytes, count < sampleBytes)
        if (guessed === 'ISO-8859-1') {
          return readSample(file, guessed, sampleBytes, signal)
        }
      }
      return { bytes, coding, isWhole: count < sampleBytes }
    } finally {
      await raw.close()
    }
  } finally {
    await reader.close()
  }
}

async function firstPlain(
  file: DataFile,
  compression: NonNullable<TextCoding['compression']>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const input = await openText(
    file,
    { encoding: 'UTF-8', compression, markBytes: 0 },
    { start: 0, end: file.size },
    signal,
  )
  try {
    const target = new Uint8Array(4096)
    return target.subarray(0, await input.fill(target, 0))
  } finally {
    await input.close()
  }
}
