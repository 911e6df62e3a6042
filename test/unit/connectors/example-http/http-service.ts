import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpService {
  readonly url: string
  /** Paths that were asked for. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** A real server on a free port: texts by path, or functions that answer themselves. */
export async function startHttpService(
  answers: Readonly<Record<string, string | RequestListener>>,
): Promise<HttpService> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url!)
    const answer = answers[request.url!]
    if (typeof answer === 'function') answer(request, response)
    else response.writeHead(answer === undefined ? 404 : 200).end(answer ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
