import { type ErrorType, MillraceError, type MillraceErrorOptions } from '../../spi/index.js'

/** Numbers lie past those of Trino's connectors. An extension. */
const CODES = {
  GIT_REPOSITORY_NOT_FOUND: [0, 'USER_ERROR'],
  GIT_REMOTE_FAILED: [1, 'EXTERNAL'],
  GIT_REPOSITORY_INVALID: [2, 'EXTERNAL'],
} as const satisfies Record<string, readonly [number, ErrorType]>

export function gitError(
  code: keyof typeof CODES,
  message: string,
  options: MillraceErrorOptions = {},
): MillraceError {
  const [number, type] = CODES[code]
  return new MillraceError(code, message, { ...options, number: 0x0f02_0000 + number, type })
}

/** Without user and password; a path stays what it is. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.href
}

/** What the library says while it reads a repository. */
export const readFailure = (error: unknown, url: string): unknown =>
  error instanceof MillraceError || (error instanceof Error && error.name === 'AbortError')
    ? error
    : gitError(
        'GIT_REPOSITORY_INVALID',
        `Repository cannot be read, ${error instanceof Error ? error.message : String(error)}: ${shownUrl(url)}`,
        { cause: error },
      )
