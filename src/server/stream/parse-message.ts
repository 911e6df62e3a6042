import { MillraceError } from '../../spi/index.js'
import { type ClientMessage, STREAM_FORMATS } from './messages.js'

type Fields = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isQuery: Check = (value) =>
  isCount(value) && (value as number) >= 1 && Number(value) < 2 ** 32
const isText: Check = (value) => typeof value === 'string'
const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isAbsentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const isHeaders: Check = (value) =>
  isRecord(value) && Object.values(value).every((text) => isText(text) || isListOf(isText)(text))

const FIELDS: { readonly [T in ClientMessage['type']]: Readonly<Record<string, Check>> } = {
  open: { version: isCount },
  resume: {
    version: isCount,
    token: isText,
    queries: isListOf(
      (value) => isRecord(value) && isQuery(value['query']) && isCount(value['next']),
    ),
  },
  query: {
    query: isQuery,
    sql: isText,
    credit: isCount,
    parameters: isAbsentOr(Array.isArray),
    session: isAbsentOr(isHeaders),
    format: isAbsentOr((value) => STREAM_FORMATS.some((format) => format === value)),
    progressMillis: isAbsentOr(isCount),
  },
  credit: { query: isQuery, next: isCount, limit: isCount },
  alive: { queries: isListOf(isQuery) },
  cancel: { query: isQuery },
}

/** A client broke the protocol. */
export const invalidMessage = (what: string): MillraceError =>
  new MillraceError('INVALID_ARGUMENTS', `Message of the stream is invalid: ${what}`, {
    hint: 'docs/stream.md has the messages',
  })

/**
 * The message that a client's text is.
 * @throws INVALID_ARGUMENTS for what is none; the connection then ends
 */
export function parseMessage(text: string): ClientMessage {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    throw invalidMessage('it is no JSON')
  }
  if (!isRecord(message)) throw invalidMessage('it is no object')
  const { type } = message
  if (!isText(type) || !Object.hasOwn(FIELDS, type as string)) {
    throw invalidMessage(`unknown type ${JSON.stringify(type)}`)
  }
  for (const [name, check] of Object.entries(FIELDS[type as ClientMessage['type']])) {
    if (!check(message[name])) throw invalidMessage(`${type} has no valid ${name}`)
  }
  return message as Fields & ClientMessage
}
