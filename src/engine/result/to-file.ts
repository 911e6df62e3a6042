import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileError, systemReason } from '../../connectors/files/file-errors.js'
import { createOutput } from '../../connectors/files/file-output.js'
import { MillraceError, toMillraceError } from '../../spi/index.js'
import type { QueryRun } from '../query/query-run.js'
import {
  checkOutputFormat,
  createResultWriter,
  OUTPUT_FORMATS,
  type OutputFormat,
} from './output-format.js'

const BY_EXTENSION: Readonly<Record<string, OutputFormat>> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.json': 'json',
  '.jsonl': 'ndjson',
  '.ndjson': 'ndjson',
  '.arrow': 'arrow',
  '.feather': 'arrow',
}

/** The format that a file's name tells. @throws GENERIC_USER_ERROR for a name that tells none */
export function formatOfFile(path: string): OutputFormat {
  const extension = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? ''
  if (Object.hasOwn(BY_EXTENSION, extension)) return BY_EXTENSION[extension]!
  throw new MillraceError('GENERIC_USER_ERROR', `Name of the file tells no format: ${path}`, {
    hint: `Name it ${Object.keys(BY_EXTENSION).join(', ')}, or say format: ${OUTPUT_FORMATS.join(', ')}`,
  })
}

/**
 * Writes a result into a file, in place of one that is there: under another name until it is whole and on the disk, so that the
 * path holds the old file or the new one, never a part.
 * @returns the number of rows
 * @throws what the statement fails with, HIVE_WRITER_OPEN_ERROR, HIVE_WRITER_DATA_ERROR, HIVE_WRITER_CLOSE_ERROR
 */
export async function toFile(run: QueryRun, path: string, format: OutputFormat): Promise<number> {
  const target = resolve(path)
  const temporary = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}.tmp`)
  const abort = new AbortController()
  try {
    checkOutputFormat(format)
    const columns = await run.start()
    const output = await createOutput(temporary)
    try {
      const writer = await createResultWriter(format, columns, output, abort.signal, true)
      for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
        await writer.append(page)
      }
      await writer.finish()
      await output.finish()
      await renamed(temporary, target)
    } catch (error) {
      abort.abort()
      await output.abandon().catch(() => {
        // It was closed before, or its disk is gone: why it failed is thrown below.
      })
      await rm(temporary, { force: true })
      throw error
    }
    return run.rowCount
  } catch (error) {
    run.cancel(toMillraceError(error))
    await run.settled
    throw run.failure ?? toMillraceError(error)
  }
}

async function renamed(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    throw fileError(
      'HIVE_WRITER_CLOSE_ERROR',
      `File cannot be put in its place, ${systemReason(error)}: ${to}`,
      { cause: error },
    )
  }
}
