import type { MillraceError } from '../../spi/index.js'

/** An exception and its causes as Trino's clients read them. @source Trino FailureInfo */
interface FailureInfo {
  readonly type: string
  readonly message: string
  readonly cause?: FailureInfo
  readonly suppressed: readonly []
  readonly stack: readonly string[]
  readonly errorInfo?: { readonly code: number; readonly name: string; readonly type: string }
  readonly errorLocation?: { readonly lineNumber: number; readonly columnNumber: number }
}

/** The message as Trino gives it: located ones begin with their place. */
function locatedMessage(error: MillraceError): string {
  const { location, message } = error
  return location === undefined ? message : `line ${location.line}:${location.column}: ${message}`
}

const locationOf = (error: MillraceError) =>
  error.location === undefined
    ? {}
    : {
        errorLocation: {
          lineNumber: error.location.line,
          columnNumber: error.location.column,
        },
      }

/** The exception classes that clients may tell apart. */
const exceptionType = (error: MillraceError): string =>
  error.code === 'SYNTAX_ERROR'
    ? 'io.trino.sql.parser.ParsingException'
    : 'io.trino.spi.TrinoException'

const MAX_CAUSES = 8

function causeInfo(cause: unknown, depth: number): { cause?: FailureInfo } {
  if (!(cause instanceof Error) || depth >= MAX_CAUSES) return {}
  return {
    cause: {
      type: cause.name,
      message: cause.message,
      ...causeInfo(cause.cause, depth + 1),
      suppressed: [],
      stack: stackOf(cause),
    },
  }
}

/** Stack frames, without the message that V8 puts before them. */
const stackOf = (error: Error): string[] =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim().replace(/^at /, ''))

/** The `error` of a response. @source Trino QueryError */
export function queryError(error: MillraceError) {
  const message = locatedMessage(error)
  return {
    message,
    errorCode: error.number,
    errorName: error.code,
    errorType: error.type,
    ...locationOf(error),
    failureInfo: {
      type: exceptionType(error),
      message,
      ...causeInfo(error.cause, 0),
      suppressed: [],
      stack: error.type === 'INTERNAL_ERROR' ? stackOf(error) : [],
      errorInfo: { code: error.number, name: error.code, type: error.type },
      ...locationOf(error),
    } satisfies FailureInfo,
  }
}
