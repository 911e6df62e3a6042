import { MillraceError } from '../spi/error.js'

/** Raises the errors that expressions have in common. */
export function outOfRange(message: string): never {
  throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', message)
}
export function divisionByZero(): never {
  throw new MillraceError('DIVISION_BY_ZERO', 'Division by zero')
}
export function invalidArgument(message: string): never {
  throw new MillraceError('INVALID_FUNCTION_ARGUMENT', message)
}
export function invalidCast(message: string, cause?: unknown): never {
  throw new MillraceError('INVALID_CAST_ARGUMENT', message, { cause })
}

/** The errors that TRY and TRY_CAST turn into NULL. @source Trino TryFunction */
const TRIED = new Set([
  'DIVISION_BY_ZERO',
  'INVALID_CAST_ARGUMENT',
  'INVALID_FUNCTION_ARGUMENT',
  'NUMERIC_VALUE_OUT_OF_RANGE',
])
export const isTryable = (error: unknown): boolean =>
  error instanceof MillraceError && TRIED.has(error.code)
