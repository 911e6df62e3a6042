import { type Awaitable, MillraceError, type Page } from '../../spi/index.js'
import type { TypedColumn } from '../connection/connection.js'
import type { OutputSink } from '../output-sink.js'
import type { BinaryFormat } from './output-format.js'

/** Makes the file of a result, pages as they come. */
export interface BinaryOutput {
  /** Takes a page, which may be reused after the answer. */
  append(page: Page): Awaitable<void>
  finish(): Awaitable<void>
}

type CreateOutput = (
  columns: readonly TypedColumn[],
  sink: OutputSink,
  signal: AbortSignal,
) => Promise<BinaryOutput>

/** An Arrow IPC stream. */
const arrowOutput: CreateOutput = async (columns, sink) => {
  const { ArrowIpcWriter } = await import('../../arrow/ipc-writer.js')
  return new ArrowIpcWriter(columns, sink, { kind: 'stream' })
}

const parquetOutput: CreateOutput = async (columns, sink, signal) => {
  const { createParquetOutput } = await import('../../engine/result/parquet-output.js')
  // The stream may hold the bytes for longer than the writer leaves them alone.
  return createParquetOutput(columns, (bytes) => sink.write(bytes.slice()), signal)
}

const OUTPUTS: Readonly<Record<BinaryFormat, CreateOutput>> = {
  ARROW: arrowOutput,
  PARQUET: parquetOutput,
}

/** @throws NOT_SUPPORTED for columns that the format can't hold */
export const createBinaryOutput = (
  format: BinaryFormat,
  columns: readonly TypedColumn[],
  sink: OutputSink,
  signal: AbortSignal,
): Promise<BinaryOutput> => OUTPUTS[format](columns, sink, signal)

/** Two files one after the other are none. */
export const secondResult = (format: BinaryFormat): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `Output format ${format} holds one result`, {
    hint: 'Run each query by itself, with its own file',
  })
