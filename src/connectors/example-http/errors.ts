import { type ErrorType, MillraceError, type MillraceErrorOptions } from '../../spi/index.js'

/** Numbers lie past those of Trino's connectors; Trino's own example-http has no codes. An extension. */
const CODES = {
  EXAMPLE_HTTP_REQUEST_FAILED: [0, 'EXTERNAL'],
  EXAMPLE_HTTP_TIMEOUT: [1, 'EXTERNAL'],
  EXAMPLE_HTTP_BAD_DATA: [2, 'EXTERNAL'],
  EXAMPLE_HTTP_INVALID_METADATA: [3, 'EXTERNAL'],
} as const satisfies Record<string, readonly [number, ErrorType]>

/** @param place address, with the line where there is one; it ends the message */
export function httpError(
  code: keyof typeof CODES,
  message: string,
  place: string,
  options: MillraceErrorOptions = {},
): MillraceError {
  const [number, type] = CODES[code]
  return new MillraceError(code, `${message}: ${place}`, {
    ...options,
    number: 0x0f01_0000 + number,
    type,
  })
}

/** A URL in a message: without user and password. */
export function shownUrl(url: string): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.href
}

/** Where a row is, in a message. */
export const placeIn = (url: string, line: number): string => `${shownUrl(url)} (line ${line})`
