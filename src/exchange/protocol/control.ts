import { crc32 } from 'node:zlib'
import { type ErrorRecord, MillraceError } from '../../spi/index.js'
import { Codec } from '../arrow/sealed-body.js'
import { type FrameHeader, HEADER_BYTES, writeHeader } from './frame.js'

/**
 * What the two ends say besides data. Every message means the same when it comes twice: credit and acknowledgement are
 * totals since the stream began.
 */
export type ControlMessage =
  /** Consumer: begins or resumes a stream at frame `next`; the producer may send up to `limit` bytes in all. */
  | {
      readonly type: 'open'
      readonly stream: number
      readonly taskId: string
      readonly bufferId: number
      readonly next: number
      readonly limit: number
    }
  /** Consumer: has all frames before `next`. */
  | {
      readonly type: 'grant'
      readonly stream: number
      readonly next: number
      readonly limit: number
    }
  /** Consumer: wants no more, since it has all (`complete`) or needs no more. Answered by `closed`. */
  | {
      readonly type: 'close'
      readonly stream: number
      readonly taskId: string
      readonly bufferId: number
      readonly complete: boolean
    }
  /** Consumer: still wants these streams, however long it grants nothing. */
  | { readonly type: 'alive'; readonly streams: readonly number[] }
  /** Producer: knows that the stream is closed. */
  | { readonly type: 'closed'; readonly stream: number }
  /** Producer: the stream failed; stream 0: the connection is refused. */
  | { readonly type: 'error'; readonly stream: number; readonly error: ErrorRecord }

export type ControlType = ControlMessage['type']
type Check = 'string' | 'count' | 'boolean' | 'counts' | 'error'

const FIELDS: { readonly [T in ControlType]: Readonly<Record<string, Check>> } = {
  open: { stream: 'count', taskId: 'string', bufferId: 'count', next: 'count', limit: 'count' },
  grant: { stream: 'count', next: 'count', limit: 'count' },
  close: { stream: 'count', taskId: 'string', bufferId: 'count', complete: 'boolean' },
  alive: { streams: 'counts' },
  closed: { stream: 'count' },
  error: { stream: 'count', error: 'error' },
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const CHECKS: { readonly [C in Check]: (value: unknown) => boolean } = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  count: isCount,
  counts: (value) => Array.isArray(value) && value.every(isCount),
  error: (value) =>
    typeof value === 'object' &&
    value !== null &&
    ['code', 'message', 'type'].every(
      (name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'string',
    ),
}

export interface ControlCodec {
  /** The message as a whole frame. */
  encode(message: ControlMessage): Buffer
  /** @throws PAGE_TRANSPORT_ERROR for what is no message */
  decode(header: FrameHeader, body: Uint8Array): ControlMessage
}

/** Loads msgpackr. */
export async function loadControlCodec(): Promise<ControlCodec> {
  const { Packr } = await import('msgpackr')
  const packr = new Packr({ useRecords: false, int64AsType: 'number' })
  return {
    encode(message) {
      const body = packr.pack(message)
      const frame = Buffer.alloc(HEADER_BYTES + body.length)
      const header: FrameHeader = {
        kind: 'control',
        stream: 0,
        sequence: 0,
        number: 0,
        bodyLength: body.length,
        parametersLength: 0,
        rawLength: body.length,
        codec: Codec.none,
        checksum: crc32(body),
      }
      writeHeader(header, frame)
      frame.set(body, HEADER_BYTES)
      return frame
    },
    decode({ checksum }, body) {
      if (crc32(body) !== checksum) throw badMessage('its checksum does not match')
      let message: unknown
      try {
        message = packr.unpack(body)
      } catch (cause) {
        throw badMessage('it is no msgpack', cause)
      }
      return checked(message)
    },
  }
}

function checked(message: unknown): ControlMessage {
  if (typeof message !== 'object' || message === null) throw badMessage('it is no map')
  const fields = message as Readonly<Record<string, unknown>>
  const { type } = fields
  if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) throw badMessage('it has no type')
  for (const [name, check] of Object.entries(FIELDS[type as ControlType])) {
    if (!CHECKS[check](fields[name])) throw badMessage(`${type} has no valid ${name}`)
  }
  return message as ControlMessage
}

const badMessage = (what: string, cause?: unknown): MillraceError =>
  new MillraceError('PAGE_TRANSPORT_ERROR', `Exchange message is not valid: ${what}`, { cause })
