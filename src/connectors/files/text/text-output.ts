import { createGzip } from 'node:zlib'
import { MillraceError } from '../../../spi/index.js'
import type { FileOutput, WriteOptions } from '../format.js'

const FLUSH_CHARS = 256 * 1024

/** @throws NOT_SUPPORTED for a compression that text files are not written in */
export function textExtension(ending: string, { compression }: WriteOptions): string {
  return isGzip(compression) ? `${ending}.gz` : ending
}

function isGzip(compression: string | undefined): boolean {
  if (compression === undefined || compression === 'NONE') return false
  if (compression === 'GZIP') return true
  throw new MillraceError(
    'NOT_SUPPORTED',
    `Text files are written with compression GZIP or NONE: ${compression}`,
  )
}

/** Takes text and hands it to a file in large pieces, compressed if asked. */
export interface TextOutput {
  write(text: string): Promise<void>
  /** Hands over what waits for more; a compressor may keep it still. */
  flush(): Promise<void>
  finish(): Promise<void>
  readonly memoryUsage: number
}

export function textOutput(output: FileOutput, { compression }: WriteOptions): TextOutput {
  const sink = isGzip(compression) ? gzipTo(output) : plainTo(output)
  let pending = ''
  const flush = async (): Promise<void> => {
    const text = pending
    pending = ''
    if (text !== '') await sink.write(Buffer.from(text, 'utf8'))
  }
  return {
    get memoryUsage() {
      return pending.length * 2
    },
    async write(text) {
      pending += text
      if (pending.length >= FLUSH_CHARS) await flush()
    },
    flush,
    async finish() {
      await flush()
      await sink.end()
    },
  }
}

interface ByteSink {
  write(bytes: Uint8Array): Promise<void>
  end(): Promise<void>
}

const plainTo = (output: FileOutput): ByteSink => ({
  write: (bytes) => output.write(bytes),
  end: async () => {},
})

function gzipTo(output: FileOutput): ByteSink {
  const gzip = createGzip()
  const drained = (async () => {
    for await (const chunk of gzip) await output.write(chunk as Uint8Array)
  })()
  // Whoever writes next hears of it.
  drained.catch(() => {})
  const failed = drained.then(() => new Promise<never>(() => {}))
  return {
    write: (bytes) =>
      Promise.race([
        new Promise<void>((resolve, reject) => {
          gzip.write(bytes, (error) => (error == null ? resolve() : reject(error)))
        }),
        failed,
      ]),
    end: async () => {
      gzip.end()
      await drained
    },
  }
}
