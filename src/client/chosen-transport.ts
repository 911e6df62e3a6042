import { MillraceError } from '../spi/error.js'
import type { ConnectOptions } from './connect.js'
import type { RemoteRun, RunRequest, Transport } from './remote-run.js'
import type { SessionHeaders } from './remote-session.js'
import { StreamTransport } from './stream-transport.js'

const STREAM_PATH = '/v1/stream'
/** Tells in the headers of `/v1/info` that a server serves the stream. */
const STREAM_HEADER = 'x-millrace-stream'

/** The protocol that the options or the address say, or else the server, asked once. */
export class ChosenTransport implements Transport {
  readonly #base: URL
  readonly #options: ConnectOptions
  readonly #onChanges: (changes: SessionHeaders) => void
  #chosen: Promise<Transport> | undefined

  /** @throws CONFIGURATION_INVALID for an address of another kind */
  constructor(url: string, options: ConnectOptions, onChanges: (changes: SessionHeaders) => void) {
    if (!URL.canParse(url) || !/^(?:ws|http)s?:/.test(url)) {
      throw new MillraceError('CONFIGURATION_INVALID', `Address of a server is invalid: ${url}`, {
        hint: 'Addresses begin with ws://, wss://, http:// or https://',
      })
    }
    this.#base = new URL(url)
    this.#options = options
    this.#onChanges = onChanges
  }

  async start(request: RunRequest): Promise<RemoteRun> {
    return (await this.#transport()).start(request)
  }

  async describe(queryId: string): Promise<unknown> {
    return (await this.#transport()).describe(queryId)
  }

  async close(): Promise<void> {
    const chosen = this.#chosen
    if (chosen !== undefined) await (await chosen).close()
  }

  #transport(): Promise<Transport> {
    this.#chosen ??= this.#choose().catch((error) => {
      this.#chosen = undefined
      throw error
    })
    return this.#chosen
  }

  async #choose(): Promise<Transport> {
    const { headers = {}, user, rowFormat } = this.#options
    const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined
    if ((await this.#protocol(headers)) === 'stream') {
      return new StreamTransport({
        url: this.#address('ws', STREAM_PATH),
        httpUrl: this.#address('http', ''),
        headers,
        rowFormat: rowFormat ?? (isNode ? 'pages' : 'msgpack'),
        onChanges: this.#onChanges,
      })
    }
    const known = { ...headers, ...(user === undefined ? {} : { 'x-trino-user': user }) }
    const { TrinoTransport } = await import('./trino-transport.js')
    return new TrinoTransport(this.#address('http', ''), known, this.#onChanges)
  }

  async #protocol(headers: Readonly<Record<string, string>>): Promise<'stream' | 'trino'> {
    if (this.#options.protocol !== undefined) return this.#options.protocol
    if (this.#base.protocol.startsWith('ws')) return 'stream'
    const address = this.#address('http', '/v1/info')
    try {
      const response = await fetch(address, { headers })
      await response.arrayBuffer()
      return response.headers.has(STREAM_HEADER) ? 'stream' : 'trino'
    } catch (cause) {
      throw new MillraceError('REMOTE_HOST_GONE', `Server can not be reached: ${address}`, {
        cause,
      })
    }
  }

  /** The address of a path under another scheme, as safe as the one given. */
  #address(scheme: 'ws' | 'http', path: string): string {
    const { protocol, host, pathname } = this.#base
    const root = pathname.replace(/\/+$/, '').replace(/\/v1\/stream$/, '')
    return `${scheme}${protocol === 'wss:' || protocol === 'https:' ? 's' : ''}://${host}${root}${path}`
  }
}
