import { codedError, MillraceError } from '../../spi/index.js'

interface SqliteFailure {
  readonly code: string
  readonly message: string
}

const isFailure = (error: unknown): error is SqliteFailure =>
  typeof error === 'object' &&
  error !== null &&
  typeof (error as Partial<SqliteFailure>).message === 'string'

/** What happened in SQLite as an error of the engine: with the file, and what can be done about it. */
export function sqliteError(error: unknown, path: string): MillraceError {
  const coded = codedError(error)
  if (coded !== undefined) return coded
  const { code = '', message } = isFailure(error) ? error : { message: String(error) }
  if (message === 'integer overflow') {
    return new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', 'bigint overflow in SQLite', {
      cause: error,
    })
  }
  if (message === 'malformed JSON') {
    return new MillraceError(
      'JDBC_ERROR',
      `A column holds values of another type than its own: ${path}`,
      {
        hint: 'SQLite keeps any value in any column; typeof() in system.query shows which',
        cause: error,
      },
    )
  }
  const jdbc = (text: string, hint?: string) =>
    new MillraceError('JDBC_ERROR', `${text}: ${path}`, { hint, detail: message, cause: error })
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return jdbc(
      'Database is locked by someone else',
      'Try again, raise sqlite.busy-timeout, or PRAGMA journal_mode = WAL so that readers and writers do not wait',
    )
  }
  if (code.startsWith('SQLITE_NOTADB')) return jdbc('File is no SQLite database')
  if (code.startsWith('SQLITE_CORRUPT')) return jdbc('Database is damaged')
  if (code.startsWith('SQLITE_FULL')) return jdbc('Disk is full')
  if (code.startsWith('SQLITE_READONLY')) return jdbc('Database is read only')
  if (code.startsWith('SQLITE_IOERR')) return jdbc('Database file cannot be read or written')
  if (message.includes('Unable to open connection')) {
    return jdbc(
      'Database cannot be opened',
      'The folder must exist, and with read-only the file; both must be accessible',
    )
  }
  return jdbc(`SQLite: ${message}`)
}
