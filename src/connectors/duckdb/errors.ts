import { codedError, MillraceError } from '../../spi/index.js'

/** What happened in DuckDB as an error of the engine: with the file, and what can be done about it. */
export function duckdbError(error: unknown, path: string): MillraceError {
  const coded = codedError(error)
  if (coded !== undefined) return coded
  const message = error instanceof Error ? error.message : String(error)
  const [line = message] = message.split('\n')
  if (line.startsWith('Out of Range Error') || /out of range|overflow/i.test(line)) {
    return new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', line, { cause: error })
  }
  const jdbc = (text: string, hint?: string) =>
    new MillraceError('JDBC_ERROR', text, { hint, detail: message, cause: error })
  if (line.includes('Could not set lock on file')) {
    return jdbc(
      `Database is locked by another process: ${path}`,
      'End that process, or open the file with read-only = true in all of them',
    )
  }
  if (line.includes('Cannot open file') || line.includes('database does not exist')) {
    return jdbc(
      `Database cannot be opened: ${path}`,
      'The folder must exist, and with read-only the file; both must be accessible',
    )
  }
  if (line.includes('No space left on device')) return jdbc(`Disk is full: ${path}`)
  if (/corrupt|checksum|database has been invalidated/i.test(line)) {
    return jdbc(`Database is damaged: ${path}`, 'Restore it from a copy')
  }
  if (line.includes('not a valid DuckDB database')) {
    return jdbc(`File is no DuckDB database: ${path}`)
  }
  return jdbc(`DuckDB: ${line}`)
}
