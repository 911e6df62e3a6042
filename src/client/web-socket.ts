/** What both browsers' WebSocket and that of ws have. */
export interface Socket {
  binaryType: string
  send(text: string): void
  close(code?: number, reason?: string): void
  /** Of ws: closes without waiting for the other side. */
  terminate?(): void
  /** Of ws: gives the answer to the upgrade request, with what it came over. */
  on?(event: 'upgrade', listener: (response: { readonly socket: Held }) => void): void
  /** Whether the open socket keeps the program running, which it does until it is told otherwise; absent in browsers. */
  hold?(isHeld: boolean): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
}

/** What keeps a program of Node running, or not. */
interface Held {
  ref(): void
  unref(): void
}

export interface SocketEvents {
  message(data: string | ArrayBuffer): void
  /** The last event. */
  closed(why: string): void
}

type SocketConstructor = new (url: string, protocols: string[], options?: object) => Socket

/** Messages of the server: a page of one row may be long. */
const MESSAGE_BYTES_MAX = 600 * 2 ** 20

/** In Node ws, which is faster than Node's own; in browsers theirs. */
async function socketConstructor(): Promise<SocketConstructor> {
  const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined
  if (isNode) return (await import('ws')).WebSocket as SocketConstructor
  return (globalThis as { WebSocket?: SocketConstructor }).WebSocket!
}

/** Opens a WebSocket. Resolves when it is open, rejects with why it is not. */
export async function openSocket(url: string, events: SocketEvents): Promise<Socket> {
  const Constructor = await socketConstructor()
  const isPlain = Constructor === (globalThis as { WebSocket?: unknown }).WebSocket
  const socket = isPlain
    ? new Constructor(url, [])
    : new Constructor(url, [], {
        maxPayload: MESSAGE_BYTES_MAX,
        perMessageDeflate: false,
        skipUTF8Validation: true,
      })
  socket.binaryType = 'arraybuffer'
  socket.on?.('upgrade', (response) => {
    socket.hold = (isHeld) => (isHeld ? response.socket.ref() : response.socket.unref())
  })
  return new Promise((resolve, reject) => {
    let why = 'the connection was closed'
    let isOpen = false
    socket.onopen = () => {
      isOpen = true
      resolve(socket)
    }
    socket.onerror = (event: { readonly message?: string }) => {
      why = event.message ?? why
    }
    socket.onmessage = (event: { readonly data: unknown }) => {
      events.message(event.data as string | ArrayBuffer)
    }
    socket.onclose = (event: { readonly code: number; readonly reason: string }) => {
      const text = event.reason === '' ? `${why} (${event.code})` : event.reason
      if (isOpen) events.closed(text)
      else reject(new Error(text))
    }
  })
}
