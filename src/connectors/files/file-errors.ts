import { type ErrorType, MillraceError, type MillraceErrorOptions } from '../../spi/index.js'

/**
 * The codes of files, folders and what is in them, under the names and numbers of Trino's Hive connector, so
 * that users and dashboards know them. @source Trino HiveErrorCode
 */
const FILE_ERROR_CODES = {
  HIVE_CANNOT_OPEN_SPLIT: [3, 'EXTERNAL'],
  HIVE_FILE_NOT_FOUND: [4, 'EXTERNAL'],
  HIVE_BAD_DATA: [7, 'EXTERNAL'],
  HIVE_PARTITION_SCHEMA_MISMATCH: [8, 'EXTERNAL'],
  HIVE_INVALID_PARTITION_VALUE: [10, 'EXTERNAL'],
  HIVE_INVALID_METADATA: [12, 'EXTERNAL'],
  HIVE_PATH_ALREADY_EXISTS: [15, 'EXTERNAL'],
  HIVE_FILESYSTEM_ERROR: [16, 'EXTERNAL'],
  HIVE_UNSUPPORTED_FORMAT: [19, 'EXTERNAL'],
  HIVE_TOO_MANY_OPEN_PARTITIONS: [21, 'USER_ERROR'],
  HIVE_CONCURRENT_MODIFICATION_DETECTED: [22, 'EXTERNAL'],
  HIVE_COLUMN_ORDER_MISMATCH: [23, 'USER_ERROR'],
  HIVE_WRITER_OPEN_ERROR: [25, 'EXTERNAL'],
  HIVE_WRITER_CLOSE_ERROR: [26, 'EXTERNAL'],
  HIVE_WRITER_DATA_ERROR: [27, 'EXTERNAL'],
} as const satisfies Record<string, readonly [number, ErrorType]>

export type FileErrorCode = keyof typeof FILE_ERROR_CODES

export function fileError(
  code: FileErrorCode,
  message: string,
  options: MillraceErrorOptions = {},
): MillraceError {
  const [number, type] = FILE_ERROR_CODES[code]
  return new MillraceError(code, message, { ...options, number: 0x0100_0000 + number, type })
}

/** What is in a file is not what it should be. @param what such as `Row has 3 fields instead of 4` @param place such as `line 7` or `row group 2, column x` */
export const badData = (
  what: string,
  path: string,
  place?: string,
  options: MillraceErrorOptions = {},
): MillraceError =>
  fileError('HIVE_BAD_DATA', `${what}: ${path}${place === undefined ? '' : ` (${place})`}`, options)

/** What helps where a node does not find what another has written. */
export const SHARED_FOLDER =
  'In a cluster, files.root must be the same folder on all nodes; otherwise files.distributed-writes=false'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file',
  EISDIR: 'is a directory',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EIO: 'input/output error',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'read-only file system',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'name too long',
  EFBIG: 'file too large',
}

/** The short reason of an error of node:fs. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return REASONS[code ?? ''] ?? code ?? (error instanceof Error ? error.message : String(error))
}

/** An error of node:fs while a file was read. An error with a code of its own stays what it is. */
export function readFailure(error: unknown, path: string): unknown {
  if (error instanceof MillraceError || isAbort(error)) return error
  const missing = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT'
  return fileError(
    missing ? 'HIVE_FILE_NOT_FOUND' : 'HIVE_CANNOT_OPEN_SPLIT',
    `File cannot be read, ${systemReason(error)}: ${path}`,
    { cause: error },
  )
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'
