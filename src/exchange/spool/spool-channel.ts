import { type FileHandle, open } from 'node:fs/promises'
import { MillraceError, toMillraceError } from '../../spi/index.js'
import type { BufferAddress } from '../address.js'
import { corrupt } from '../arrow/message.js'
import { PageDecoder } from '../arrow/page-decoder.js'
import { openBody } from '../arrow/sealed-body.js'
import type { Channel, ChannelFactory, ChannelListener } from '../channel/channel.js'
import type { OwnedPage } from '../owned-page.js'
import { bodyOf, type FrameHeader, HEADER_BYTES, readHeader } from '../protocol/frame.js'
import { spoolFile } from './spooled-output-buffer.js'

const SCHEME = 'spool:'
let channelCount = 0

/** The address of a partition of a committed output. @param taskPath of SpoolDirectory.taskPath */
export const spoolAddress = (taskPath: string, task: string, partition: number): BufferAddress => ({
  nodeUri: `${SCHEME}${taskPath}`,
  taskId: task,
  bufferId: partition,
})

export const isSpoolAddress = ({ nodeUri }: BufferAddress): boolean => nodeUri.startsWith(SCHEME)

/** Channels to the committed outputs of tasks, in files. */
export const spoolChannels: ChannelFactory = {
  open: (address, listener) => new SpoolChannel(address, listener),
}

/** Reads one file as far ahead as its window allows. */
class SpoolChannel implements Channel {
  readonly address: BufferAddress
  readonly #listener: ChannelListener
  readonly #decoder = new PageDecoder(`exchange:spool:${++channelCount}:`)
  readonly #queue: OwnedPage[] = []
  #bufferedBytes = 0
  #hasEnd = false
  #isClosed = false
  #resume: (() => void) | undefined

  constructor(address: BufferAddress, listener: ChannelListener) {
    this.address = address
    this.#listener = listener
    this.#read().catch((error) => this.#fail(error))
  }

  next(): OwnedPage | undefined {
    const page = this.#queue.shift()
    if (page === undefined) return undefined
    this.#bufferedBytes -= page.byteLength
    this.#resume?.()
    return page
  }

  get isEnded(): boolean {
    return this.#hasEnd && this.#queue.length === 0
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  close(): void {
    this.#isClosed = true
    this.#queue.length = 0
    this.#bufferedBytes = 0
    this.#resume?.()
  }

  async #read(): Promise<void> {
    const file = await open(
      spoolFile(this.address.nodeUri.slice(SCHEME.length), this.address.bufferId),
    )
    try {
      let at = 0
      for (let sequence = 0; !this.#hasEnd && !this.#isClosed; sequence++) {
        const header = readHeader(await readFully(file, at, HEADER_BYTES))
        if (header.sequence !== sequence) throw corrupt('it is another frame')
        const body = await readFully(file, at + HEADER_BYTES, header.bodyLength)
        at += HEADER_BYTES + header.bodyLength
        if (this.#isClosed) return
        this.#accept(header, body)
        while (!this.#isClosed && this.#bufferedBytes >= this.#listener.windowBytes()) {
          await new Promise<void>((resolve) => {
            this.#resume = resolve
          })
        }
      }
    } finally {
      await file.close()
    }
  }

  #accept(header: FrameHeader, bytes: Uint8Array): void {
    switch (header.kind) {
      case 'schema':
        this.#decoder.addSchema(header.number, openBody(bodyOf(header, bytes)))
        return
      case 'dictionary':
        this.#decoder.addDictionary(header.number, openBody(bodyOf(header, bytes)))
        return
      case 'page': {
        const page = this.#decoder.decode(header.number, openBody(bodyOf(header, bytes)))
        this.#queue.push({ page, byteLength: header.rawLength, release() {} })
        this.#bufferedBytes += header.rawLength
        break
      }
      case 'end':
        if (header.checksum !== 0) throw corrupt('its checksum does not match')
        this.#hasEnd = true
        break
      case 'control':
        throw corrupt('a message in a file')
    }
    this.#listener.readable()
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return
    this.close()
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    this.#listener.failed(
      isMissing
        ? new MillraceError(
            'REMOTE_TASK_MISMATCH',
            `The output of the task is not there: ${this.address.taskId}`,
            {
              hint: 'exchange.base-directories must be the same place for all nodes',
              cause: error,
            },
          )
        : toMillraceError(error),
    )
  }
}

async function readFully(file: FileHandle, position: number, byteLength: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(byteLength)
  for (let at = 0; at < byteLength; ) {
    const { bytesRead } = await file.read(bytes, at, byteLength - at, position + at)
    if (bytesRead === 0) throw corrupt('the file ends before its end frame')
    at += bytesRead
  }
  return bytes
}
