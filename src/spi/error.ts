import { ERROR_CODES, type ErrorCode, type ErrorType } from './error-codes.js'

/** A place in the SQL text; line and column count from 1, as Trino reports them. */
export interface SourceLocation {
  readonly line: number
  readonly column: number
}

export interface MillraceErrorOptions {
  readonly location?: SourceLocation | undefined
  /** More about what happened, beyond the short message. */
  readonly detail?: string | undefined
  /** What the user can do about it. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** For codes of a connector's own: their number and type. */
  readonly number?: number
  readonly type?: ErrorType
}

/**
 * The one error of the engine: every failure a user can see has Trino's code name, number and type, a short
 * message with the value last, and a location where the SQL text has one.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: string
  readonly number: number
  readonly type: ErrorType
  readonly location: SourceLocation | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined

  constructor(
    code: ErrorCode | (string & {}),
    message: string,
    options: MillraceErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    const known = Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : undefined
    this.code = code
    this.number = options.number ?? known?.[0] ?? ERROR_CODES.GENERIC_INTERNAL_ERROR[0]
    this.type = options.type ?? known?.[1] ?? 'INTERNAL_ERROR'
    this.location = options.location
    this.detail = options.detail
    this.hint = options.hint
  }
}

/** An error as plain data, to cross threads and nodes. */
export interface ErrorRecord {
  readonly code: string
  readonly number: number
  readonly type: ErrorType
  readonly message: string
  readonly location?: SourceLocation
  readonly detail?: string
  readonly hint?: string
  readonly stack?: string
  readonly cause?: ErrorRecord
}

/**
 * A thrown value as the MillraceError that it is; undefined for others. A plugin may bring its own copy of this module,
 * whose errors are no instances of this class and mean the same.
 */
export function codedError(error: unknown): MillraceError | undefined {
  if (error instanceof MillraceError) return error
  if (!(error instanceof Error) || error.name !== 'MillraceError') return undefined
  const foreign = error as Error & Partial<MillraceError>
  if (typeof foreign.code !== 'string') return undefined
  const own = new MillraceError(foreign.code, foreign.message, {
    location: foreign.location,
    detail: foreign.detail,
    hint: foreign.hint,
    cause: foreign.cause,
    ...(foreign.number === undefined ? {} : { number: foreign.number }),
    ...(foreign.type === undefined ? {} : { type: foreign.type }),
  })
  if (foreign.stack !== undefined) own.stack = foreign.stack
  return own
}

/** What V8 throws for a string past its limit of 2^29 - 24 units: a statement that asks for one, not a broken engine. */
const isStringTooLong = (error: unknown): boolean =>
  error instanceof RangeError && error.message === 'Invalid string length'

/**
 * Makes any thrown value a MillraceError: a text too long is EXCEEDED_FUNCTION_MEMORY_LIMIT; anything else that is not one
 * already becomes GENERIC_INTERNAL_ERROR, with it as cause.
 */
export function toMillraceError(error: unknown): MillraceError {
  const coded = codedError(error)
  if (coded !== undefined) return coded
  if (isStringTooLong(error)) {
    return new MillraceError(
      'EXCEEDED_FUNCTION_MEMORY_LIMIT',
      'A text cannot have more than 536870888 characters',
      { cause: error },
    )
  }
  const message = error instanceof Error ? error.message : String(error)
  return new MillraceError('GENERIC_INTERNAL_ERROR', message, { cause: error })
}

/** Causes of causes beyond this are left out. */
const RECORDED_CAUSES_MAX = 8

export function errorToRecord(error: unknown): ErrorRecord {
  return recordOf(toMillraceError(error), RECORDED_CAUSES_MAX)
}

function recordOf(e: MillraceError, causesMax: number): ErrorRecord {
  return {
    code: e.code,
    number: e.number,
    type: e.type,
    message: e.message,
    ...(e.location === undefined ? {} : { location: e.location }),
    ...(e.detail === undefined ? {} : { detail: e.detail }),
    ...(e.hint === undefined ? {} : { hint: e.hint }),
    ...(e.stack === undefined ? {} : { stack: e.stack }),
    ...(e.cause === undefined || causesMax === 0 ? {} : { cause: causeOf(e.cause, causesMax - 1) }),
  }
}

/** A cause that is no MillraceError stands for itself: wrapping it again would have it as its own cause. */
function causeOf(cause: unknown, causesMax: number): ErrorRecord {
  if (cause instanceof MillraceError) return recordOf(cause, causesMax)
  const own = cause instanceof Error ? cause : undefined
  return {
    code: own?.name ?? 'GENERIC_INTERNAL_ERROR',
    number: ERROR_CODES.GENERIC_INTERNAL_ERROR[0],
    type: 'INTERNAL_ERROR',
    message: own?.message ?? String(cause),
    ...(own?.stack === undefined ? {} : { stack: own.stack }),
  }
}

export function errorFromRecord(record: ErrorRecord): MillraceError {
  const error = new MillraceError(record.code, record.message, {
    location: record.location,
    detail: record.detail,
    hint: record.hint,
    number: record.number,
    type: record.type,
    ...(record.cause === undefined ? {} : { cause: errorFromRecord(record.cause) }),
  })
  if (record.stack !== undefined) error.stack = record.stack
  return error
}
