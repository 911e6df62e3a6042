import type { PathEntry } from '../../planner/metadata.js'
import { MillraceError, type SelectedRole } from '../../spi/index.js'

/** What gives a statement its meaning, beside its text. Plain and immutable: statements answer with changes to it. */
export interface Session {
  readonly user: string
  /** Of the user. */
  readonly groups?: readonly string[]
  /** Who is whom the statement runs as by SET SESSION AUTHORIZATION; absent: the user. */
  readonly originalUser?: string
  /** Lower case, as `schema`. */
  readonly catalog?: string
  readonly schema?: string
  readonly path: readonly PathEntry[]
  /** As SET PATH wrote it. */
  readonly pathText?: string
  /** Canonical id of {@link timeZoneId}. */
  readonly timeZone: string
  /** BCP 47. */
  readonly locale: string
  readonly source?: string
  readonly traceToken?: string
  readonly clientCapabilities: ReadonlySet<string>
  /** System properties as text, by name. */
  readonly properties: ReadonlyMap<string, string>
  /** Catalogs' properties as text, by catalog and name. */
  readonly catalogProperties: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** SQL text by name. */
  readonly preparedStatements: ReadonlyMap<string, string>
  /** Roles by catalog, as SET ROLE set them; of catalogs without one, all that the user has. */
  readonly roles?: ReadonlyMap<string, SelectedRole>
  /** Of an explicit transaction. */
  readonly transactionId?: string
  /** Whether whoever sends statements keeps such an id between them. */
  readonly supportsTransactions: boolean
}

/** What a statement changed: the protocol sends it as headers, the embedded engine applies it to its own session. */
export interface SessionChanges {
  readonly catalog?: string
  readonly schema?: string
  readonly path?: { readonly entries: readonly PathEntry[]; readonly text: string }
  /** Property (`name` or `catalog.name`) to its text. */
  readonly setProperties?: Readonly<Record<string, string>>
  readonly resetProperties?: readonly string[]
  readonly addedPrepare?: Readonly<Record<string, string>>
  readonly deallocatedPrepare?: readonly string[]
  readonly startedTransactionId?: string
  readonly clearTransactionId?: boolean
  /** Role by catalog (`system` without one), as the protocol writes it. */
  readonly setRoles?: Readonly<Record<string, string>>
  readonly setAuthorizationUser?: string
  readonly resetAuthorizationUser?: boolean
}

export const DEFAULT_LOCALE = 'en-US'

/** The session of a program that asks for nothing special: `memory.default`, the process's time zone. */
export function defaultSession(user: string, timeZone: string): Session {
  return {
    user,
    catalog: 'memory',
    schema: 'default',
    path: [],
    timeZone,
    locale: DEFAULT_LOCALE,
    clientCapabilities: new Set(['PATH', 'PARAMETRIC_DATETIME', 'SESSION_AUTHORIZATION']),
    properties: new Map(),
    catalogProperties: new Map(),
    preparedStatements: new Map(),
    supportsTransactions: true,
  }
}

/** Splits `catalog.name`; a name without a dot is a system property. */
export function splitPropertyName(name: string): { catalog?: string; property: string } {
  const dot = name.indexOf('.')
  return dot < 0
    ? { property: name }
    : { catalog: name.slice(0, dot), property: name.slice(dot + 1) }
}

/** The session with one property set to a text, or without it. */
export function withProperty(session: Session, name: string, value: string | undefined): Session {
  const { catalog, property } = splitPropertyName(name)
  if (catalog === undefined) {
    return { ...session, properties: changed(session.properties, property, value) }
  }
  const properties = changed(session.catalogProperties.get(catalog) ?? new Map(), property, value)
  return {
    ...session,
    catalogProperties: changed(session.catalogProperties, catalog, properties),
  }
}

function changed<V>(
  map: ReadonlyMap<string, V>,
  key: string,
  value: V | undefined,
): ReadonlyMap<string, V> {
  const copy = new Map(map)
  if (value === undefined) copy.delete(key)
  else copy.set(key, value)
  return copy
}

/** The session as another user's, without what is the user's own; `undefined`: that of who it was at first. */
export function authorizedAs(session: Session, user: string | undefined): Session {
  const { originalUser, roles: _, groups: __, ...rest } = session
  const original = originalUser ?? session.user
  if (user === undefined || user === original) return { ...rest, user: original }
  return { ...rest, user, originalUser: original }
}

/** The session after a statement. */
export function applyChanges(session: Session, changes: SessionChanges): Session {
  let next = session
  if (changes.setAuthorizationUser !== undefined || changes.resetAuthorizationUser === true) {
    next = authorizedAs(next, changes.setAuthorizationUser)
  }
  for (const [name, value] of Object.entries(changes.setProperties ?? {}))
    next = withProperty(next, name, value)
  for (const name of changes.resetProperties ?? []) next = withProperty(next, name, undefined)
  let prepared = next.preparedStatements
  for (const [name, sql] of Object.entries(changes.addedPrepare ?? {}))
    prepared = changed(prepared, name, sql)
  for (const name of changes.deallocatedPrepare ?? []) prepared = changed(prepared, name, undefined)
  const { transactionId: before, ...rest } = next
  const transactionId =
    changes.startedTransactionId ?? (changes.clearTransactionId === true ? undefined : before)
  const timeZone = changes.setProperties?.['time_zone_id']
  let roles = next.roles ?? new Map<string, SelectedRole>()
  for (const [catalog, text] of Object.entries(changes.setRoles ?? {}))
    roles = changed(roles, catalog, parseRole(text))
  return {
    ...rest,
    preparedStatements: prepared,
    ...(roles.size === 0 ? {} : { roles }),
    ...(transactionId === undefined ? {} : { transactionId }),
    ...(changes.catalog === undefined ? {} : { catalog: changes.catalog }),
    ...(changes.schema === undefined ? {} : { schema: changes.schema }),
    ...(changes.path === undefined
      ? {}
      : { path: changes.path.entries, pathText: changes.path.text }),
    ...(timeZone === undefined ? {} : { timeZone }),
  }
}

/** A role as the protocol writes it: `ALL`, `NONE`, `ROLE{name}`. @source Trino SelectedRole */
export const roleText = ({ type, role }: SelectedRole): string =>
  type === 'ROLE' ? `ROLE{${role}}` : type

/** The role of such a text. @throws MillraceError INVALID_ARGUMENTS */
export function parseRole(text: string): SelectedRole {
  if (text === 'ALL' || text === 'NONE') return { type: text }
  const role = /^ROLE\{(.*)\}$/s.exec(text)?.[1]
  if (role === undefined) throw new MillraceError('INVALID_ARGUMENTS', `Invalid role: ${text}`)
  return { type: 'ROLE', role }
}
