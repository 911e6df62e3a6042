import { type MillraceError, printDuration } from '../../spi/index.js'
import { httpError, shownUrl } from './errors.js'

export interface RequestOptions {
  /** How long the server may send nothing. */
  readonly timeoutMillis: number
  readonly signal: AbortSignal
}

/**
 * The text of a response, piece by piece as it comes: the server waits while nobody reads. Ends the request when it
 * is left early.
 * @throws EXAMPLE_HTTP_REQUEST_FAILED, EXAMPLE_HTTP_TIMEOUT, EXAMPLE_HTTP_BAD_DATA for text that is not UTF-8
 */
export async function* responseText(
  url: string,
  { timeoutMillis, signal }: RequestOptions,
): AsyncGenerator<string> {
  const request = new AbortController()
  const stop = (): void => request.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const inTime = async <T>(step: Promise<T>): Promise<T> => {
    const late = httpError(
      'EXAMPLE_HTTP_TIMEOUT',
      `Server has sent nothing for ${printDuration(timeoutMillis)}`,
      shownUrl(url),
      { hint: 'Raise request-timeout if the server may take longer' },
    )
    const timer = setTimeout(() => request.abort(late), timeoutMillis)
    try {
      return await step
    } catch (error) {
      throw request.signal.aborted ? request.signal.reason : requestFailure(url, error)
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    const response = await inTime(send(url, request.signal))
    if (!response.ok) {
      throw httpError(
        'EXAMPLE_HTTP_REQUEST_FAILED',
        `Server answered with status ${response.status}`,
        shownUrl(url),
      )
    }
    const decoder = new TextDecoder('utf-8', { fatal: true })
    const reader = response.body?.getReader()
    for (;;) {
      const step = reader === undefined ? undefined : await inTime(reader.read())
      const isLast = step === undefined || step.done
      const text = decode(decoder, isLast ? undefined : step.value, url)
      if (text !== '') yield text
      if (isLast) return
    }
  } finally {
    signal.removeEventListener('abort', stop)
    request.abort()
  }
}

/** A user and password in the URL go into the header: fetch refuses such URLs. */
function send(url: string, signal: AbortSignal): Promise<Response> {
  const { username, password } = new URL(url)
  if (username === '' && password === '') return fetch(url, { signal })
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const authorization = `Basic ${Buffer.from(plain).toString('base64')}`
  return fetch(shownUrl(url), { signal, headers: { authorization } })
}

function requestFailure(url: string, error: unknown): MillraceError {
  // fetch wraps what the socket says.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason =
    (cause as NodeJS.ErrnoException | null)?.code ??
    (cause instanceof Error ? cause.message : String(cause))
  return httpError('EXAMPLE_HTTP_REQUEST_FAILED', `Request failed, ${reason}`, shownUrl(url), {
    cause: error,
  })
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Uint8Array | undefined,
  url: string,
): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
  } catch (error) {
    throw httpError('EXAMPLE_HTTP_BAD_DATA', 'Response is not valid UTF-8', shownUrl(url), {
      cause: error,
    })
  }
}
