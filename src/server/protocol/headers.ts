import type { Session, SessionChanges } from '../../engine/session/session.js'
import { DEFAULT_LOCALE, parseRole, splitPropertyName } from '../../engine/session/session.js'
import { canonicalTimeZone } from '../../engine/session/session-properties.js'
import type { PathEntry } from '../../planner/metadata.js'

/** A request that breaks the protocol: answered with status 400 and this text. */
export class BadRequestError extends Error {
  override readonly name = 'BadRequestError'
  readonly statusCode = 400
}

export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (error) {
    throw new BadRequestError(`Invalid header value: ${text}`, { cause: error })
  }
}

/** Values that come back in headers are encoded as HTML forms encode them, as Java's URLEncoder does. */
const encode = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replace(/[!'()~]/g, escapeCode)
const escapeCode = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`

function single(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[`x-trino-${name}`]
  const text = (Array.isArray(value) ? value[0] : value)?.trim()
  return text === undefined || text === '' ? undefined : text
}

/** The parts of a header that may come several times, or once with commas. */
function list(headers: RequestHeaders, name: string): string[] {
  const value = headers[`x-trino-${name}`]
  const texts = value === undefined ? [] : Array.isArray(value) ? value : [value]
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

function pairs(headers: RequestHeaders, name: string): Map<string, string> {
  const map = new Map<string, string>()
  for (const text of list(headers, name)) {
    const equals = text.indexOf('=')
    if (equals <= 0) throw new BadRequestError(`Invalid X-Trino-${title(name)} header`)
    map.set(decode(text.slice(0, equals).trim()), decode(text.slice(equals + 1).trim()))
  }
  return map
}

const title = (name: string): string =>
  name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

function parsePath(text: string): PathEntry[] {
  return text.split(',').map((element) => {
    const parts = element
      .trim()
      .split('.')
      .map((part) => part.replace(/^"(.*)"$/, '$1').toLowerCase())
    const [first, second] = parts
    if (first === undefined || first === '' || parts.length > 2 || second === '') {
      throw new BadRequestError(`Invalid path element: ${element.trim()}`)
    }
    return second === undefined ? { schema: first } : { catalog: first, schema: second }
  })
}

/** Whom a request is from; undefined where it does not say. */
export function requestUser(headers: RequestHeaders): string | undefined {
  const user = single(headers, 'user')
  return user === undefined ? undefined : decode(user)
}

/**
 * Makes the session that a request's headers describe.
 * @throws BadRequestError; MillraceError NOT_SUPPORTED for a time zone that does not exist
 * @source Trino HttpRequestSessionContextFactory, ProtocolHeaders
 */
export function sessionFromHeaders(headers: RequestHeaders): Session {
  const user = single(headers, 'user')
  if (user === undefined) throw new BadRequestError('User must be set')
  const originalUser = single(headers, 'original-user')
  const catalog = single(headers, 'catalog')
  const schema = single(headers, 'schema')
  if (catalog === undefined && schema !== undefined) {
    throw new BadRequestError('Schema is set but catalog is not')
  }
  const pathText = single(headers, 'path')
  const transactionId = single(headers, 'transaction-id')
  const source = single(headers, 'source')
  const traceToken = single(headers, 'trace-token')
  const { properties, catalogProperties } = propertiesOf(pairs(headers, 'session'))
  const zone = properties.get('time_zone_id') ?? single(headers, 'time-zone')
  return {
    user: decode(user),
    ...(originalUser === undefined ? {} : { originalUser: decode(originalUser) }),
    ...(catalog === undefined ? {} : { catalog: decode(catalog).toLowerCase() }),
    ...(schema === undefined ? {} : { schema: decode(schema).toLowerCase() }),
    path: pathText === undefined ? [] : parsePath(decode(pathText)),
    ...(pathText === undefined ? {} : { pathText: decode(pathText) }),
    timeZone: zone === undefined ? 'UTC' : canonicalTimeZone(zone),
    locale: single(headers, 'language') ?? DEFAULT_LOCALE,
    ...(source === undefined ? {} : { source }),
    ...(traceToken === undefined ? {} : { traceToken }),
    clientCapabilities: new Set(list(headers, 'client-capabilities').map((c) => c.toUpperCase())),
    properties,
    catalogProperties,
    preparedStatements: pairs(headers, 'prepared-statement'),
    ...rolesOf(pairs(headers, 'role')),
    ...(transactionId === undefined || transactionId.toUpperCase() === 'NONE'
      ? {}
      : { transactionId }),
    supportsTransactions: transactionId !== undefined,
  }
}

function rolesOf(texts: ReadonlyMap<string, string>): Pick<Session, 'roles'> {
  if (texts.size === 0) return {}
  return { roles: new Map([...texts].map(([catalog, text]) => [catalog, parseRole(text)])) }
}

function propertiesOf(
  texts: ReadonlyMap<string, string>,
): Pick<Session, 'properties' | 'catalogProperties'> {
  const properties = new Map<string, string>()
  const catalogProperties = new Map<string, Map<string, string>>()
  for (const [name, text] of texts) {
    const { catalog, property } = splitPropertyName(name)
    if (catalog === undefined) {
      properties.set(property, text)
    } else {
      const ofCatalog = catalogProperties.get(catalog) ?? new Map<string, string>()
      catalogProperties.set(catalog, ofCatalog.set(property, text))
    }
  }
  return { properties, catalogProperties }
}

/**
 * The response headers that tell a client what a statement changed in its session.
 * @source Trino QueuedStatementResource, ExecutingStatementResource
 */
export function headersOfChanges(changes: SessionChanges): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) headers[`X-Trino-${name}`] = value
  }
  const setAll = (name: string, values: readonly string[]) => {
    if (values.length > 0) headers[`X-Trino-${name}`] = [...values]
  }
  const encodePairs = (entries: Readonly<Record<string, string>> | undefined) =>
    Object.entries(entries ?? {}).map(([name, value]) => `${encode(name)}=${encode(value)}`)
  set('Set-Catalog', changes.catalog)
  set('Set-Schema', changes.schema)
  set('Set-Path', changes.path?.text)
  setAll('Set-Session', encodePairs(changes.setProperties))
  setAll('Clear-Session', changes.resetProperties ?? [])
  setAll('Set-Role', encodePairs(changes.setRoles))
  setAll('Added-Prepare', encodePairs(changes.addedPrepare))
  setAll('Deallocated-Prepare', (changes.deallocatedPrepare ?? []).map(encode))
  set('Started-Transaction-Id', changes.startedTransactionId)
  set('Clear-Transaction-Id', changes.clearTransactionId === true ? 'true' : undefined)
  set('Set-Authorization-User', changes.setAuthorizationUser)
  set('Reset-Authorization-User', changes.resetAuthorizationUser === true ? 'true' : undefined)
  return headers
}
