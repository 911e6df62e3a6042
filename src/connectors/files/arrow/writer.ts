import { type ArrowColumn, ArrowIpcWriter } from '../../../arrow/ipc-writer.js'
import { MillraceError, type Page, type SqlType } from '../../../spi/index.js'
import type { FileWriter, FileWriting, WriteRequest } from '../format.js'

/** How Arrow IPC files are made: LZ4 where a compression is asked for, since readers map what is not compressed. */
export const arrowWriting: FileWriting = {
  extension: () => '.arrow',
  checkColumn({ name, type }) {
    const wrong = lostType(type)
    if (wrong === undefined) return
    throw new MillraceError(
      'NOT_SUPPORTED',
      `Column has a type that Arrow files are not written with, ${wrong}: ${name}`,
      { hint: 'Write PARQUET instead, or cast the column to VARCHAR' },
    )
  },
  createWriter: (request) => new ArrowFileWriter(request),
}

/** The kind of a type, or of one in it, whose text is not read back: what no file has as a column's type. */
function lostType(type: SqlType): string | undefined {
  switch (type.kind) {
    case 'array':
      return lostType(type.element)
    case 'map':
      return lostType(type.key) ?? lostType(type.value)
    case 'row':
      return type.fields.map((field) => lostType(field.type)).find((kind) => kind !== undefined)
    case 'geometry':
    case 'sphericalgeography':
    case 'kdbtree':
    case 'bingtile':
    case 'color':
    case 'objectid':
    case 'json2016':
    case 'jsonpath':
    case 'joniregexp':
    case 'likepattern':
    case 'codepoints':
    case 'function':
      return type.kind
    default:
      return undefined
  }
}

class ArrowFileWriter implements FileWriter {
  readonly #writer: ArrowIpcWriter
  readonly memoryUsage = 0

  constructor({ columns, output, options }: WriteRequest) {
    const fields = columns.map(({ name, type }): ArrowColumn => ({ name, type }))
    this.#writer = new ArrowIpcWriter(fields, output, {
      kind: 'file',
      codec: codecOf(options.compression),
    })
  }

  append(page: Page): Promise<void> {
    return this.#writer.append(page)
  }
  finish(): Promise<void> {
    return this.#writer.finish()
  }
}

/** @throws NOT_SUPPORTED for what readers of Arrow don't know */
function codecOf(compression: string | undefined): 'LZ4_FRAME' | undefined {
  if (compression === undefined || compression === 'NONE') return undefined
  if (compression === 'LZ4') return 'LZ4_FRAME'
  throw new MillraceError('NOT_SUPPORTED', `Arrow files can't be written with ${compression}`, {
    hint: 'Compressions are NONE and LZ4',
  })
}
