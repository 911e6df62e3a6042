import { MillraceError } from '../../../spi/index.js'
import { badData } from '../file-errors.js'

/** What bytes say is not what Arrow's formats allow; the file and its path are added by whoever knows them. */
export class ArrowFormatError extends Error {}

/** An error of a reader as the user sees it; what has a code stays what it is. */
export function arrowFailure(error: unknown, path: string): unknown {
  if (error instanceof MillraceError) return error
  // Views of bytes tell by a RangeError that something points outside of them.
  const place =
    error instanceof ArrowFormatError
      ? error.message
      : error instanceof RangeError
        ? 'something points outside of the file'
        : undefined
  if (place === undefined) return error
  return badData('File is no Arrow file or is damaged', path, place, { cause: error })
}
