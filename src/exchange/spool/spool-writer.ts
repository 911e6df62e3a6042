import { type FileHandle, open } from 'node:fs/promises'
import { SentParts } from '../arrow/encoded-page-decoder.js'
import type { EncodedPage } from '../arrow/page-encoder.js'
import {
  type DataFrame,
  END_FRAME,
  HEADER_BYTES,
  headerOf,
  writeHeader,
} from '../protocol/frame.js'

/** Bytes that are gathered before a file is written to. */
const WRITE_BYTES = 1024 * 1024

/** Writes one partition's pages as the frames of one stream: header, body, header, body … and the end. */
export class SpoolWriter {
  readonly #path: string
  readonly #parts = new SentParts()
  #file: Promise<FileHandle> | undefined
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  #sequence = 0
  #writing: Promise<void> = Promise.resolve()
  #pendingBytes = 0
  readonly #onWritten: () => void
  readonly #onError: (error: unknown) => void

  constructor(path: string, onWritten: () => void, onError: (error: unknown) => void) {
    this.#path = path
    this.#onWritten = onWritten
    this.#onError = onError
  }

  /** Bytes that are not yet in the file. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  add({ needs, schema, body }: EncodedPage): void {
    for (const part of needs) if (this.#parts.add(part)) this.#append(part)
    this.#append({ kind: 'page', number: schema, body })
    if (this.#chunkBytes >= WRITE_BYTES) this.flush()
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#chunks.length === 0) return
    const chunks = this.#chunks
    const byteLength = this.#chunkBytes
    this.#chunks = []
    this.#chunkBytes = 0
    this.#file ??= open(this.#path, 'wx')
    const file = this.#file
    this.#writing = this.#writing
      .then(async () => {
        await writeAll(await file, chunks)
        this.#pendingBytes -= byteLength
        this.#onWritten()
      })
      .catch(this.#onError)
  }

  /** Writes the rest and the end; resolves when all is in the file. */
  async finish(): Promise<void> {
    this.#append(END_FRAME)
    this.flush()
    await this.#writing
    await this.close()
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await this.#writing
    await (await file)?.close()
  }

  #append(frame: DataFrame): void {
    const header = Buffer.alloc(HEADER_BYTES)
    writeHeader(headerOf(frame, 0, this.#sequence++), header)
    const { bytes } = frame.body
    this.#chunks.push(header, bytes)
    const byteLength = HEADER_BYTES + bytes.length
    this.#chunkBytes += byteLength
    this.#pendingBytes += byteLength
  }
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const { bytesWritten } = await file.writev(chunks as Uint8Array[])
  if (bytesWritten === total) return
  // A short write: the rest in one piece.
  const rest = Buffer.concat(chunks).subarray(bytesWritten)
  for (let at = 0; at < rest.length; ) {
    at += (await file.write(rest, at, rest.length - at)).bytesWritten
  }
}
