import type { HttpClient } from 'isomorphic-git'

/** The library's requests by fetch, so that they end with a signal. User and password of the address go into the header. */
export function httpClient(url: string, signal: AbortSignal): HttpClient {
  const { username, password } = new URL(url)
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const login: Record<string, string> =
    plain === ':' ? {} : { authorization: `Basic ${Buffer.from(plain).toString('base64')}` }
  return {
    async request({ url: address, method = 'GET', headers = {}, body }) {
      const parts: Uint8Array[] = []
      if (body !== undefined) for await (const part of body) parts.push(part)
      const response = await fetch(address, {
        method,
        headers: { ...headers, ...login },
        signal,
        ...(body === undefined ? {} : { body: Buffer.concat(parts) }),
      })
      return {
        url: response.url,
        method,
        headers: Object.fromEntries(response.headers),
        statusCode: response.status,
        statusMessage: response.statusText,
        body: piecesOf(response),
      }
    },
  }
}

async function* piecesOf(response: Response): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader()
  for (;;) {
    const step = await reader?.read()
    if (step === undefined || step.done) return
    yield step.value
  }
}
