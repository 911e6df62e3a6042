import { userInfo } from 'node:os'
import { Engine } from '../engine/engine.js'
import type { EngineOptions } from '../engine/engine-options.js'
import { type Session, withProperty } from '../engine/session/session.js'
import { canonicalTimeZone } from '../engine/session/session-properties.js'
import { MillraceError } from '../spi/index.js'
import type { ShellConnection } from './connection/connection.js'
import { EmbeddedConnection } from './connection/embedded.js'
import { RemoteConnection } from './connection/remote.js'
import type { ShellOptions } from './options.js'
import { EMBEDDED_CATALOGS } from './serve.js'

const SOURCE = 'millrace-cli'

/** Makes where statements go. @throws CONFIGURATION_INVALID; what the engine's start throws */
export async function connect(options: ShellOptions): Promise<ShellConnection> {
  return options.server === undefined
    ? openEngine(options)
    : remoteConnection(options.server, options)
}

function remoteConnection(url: string, options: ShellOptions): ShellConnection {
  const { values, catalog, schema, session } = options
  const user = values.user ?? userInfo().username
  const headers: Readonly<Record<string, string | undefined>> = {
    authorization: authorizationOf(user, values.password, values['access-token']),
    'x-trino-path': values.path,
    'x-trino-trace-token': values['trace-token'],
    'x-trino-client-info': values['client-info'],
    'x-trino-client-tags': values['client-tags'],
  }
  return new RemoteConnection(
    url,
    {
      user,
      source: values.source ?? SOURCE,
      ...(catalog === undefined ? {} : { catalog }),
      ...(schema === undefined ? {} : { schema }),
      timeZone: values.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      session: Object.fromEntries(session),
    },
    Object.fromEntries(
      Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  )
}

function authorizationOf(
  user: string,
  password: boolean | undefined,
  token: string | undefined,
): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  if (password !== true) return undefined
  const text = process.env['MILLRACE_PASSWORD'] ?? process.env['TRINO_PASSWORD']
  if (text === undefined) {
    throw new MillraceError('CONFIGURATION_INVALID', 'There is no password', {
      hint: 'Put it into the environment variable MILLRACE_PASSWORD',
    })
  }
  return `Basic ${Buffer.from(`${user}:${text}`).toString('base64')}`
}

async function openEngine(options: ShellOptions): Promise<ShellConnection> {
  const { values } = options
  const engine = await Engine.create({
    ...(await engineOptions(values['etc-dir'])),
    ...(values.threads === undefined ? {} : { threads: threadCount(values.threads) }),
    localFiles: true,
  })
  try {
    return new EmbeddedConnection(engine, embeddedSession(engine.defaultSession, options))
  } catch (error) {
    await engine.close()
    throw error
  }
}

async function engineOptions(etcDir: string | undefined): Promise<EngineOptions> {
  if (etcDir === undefined) return { catalogs: EMBEDDED_CATALOGS }
  const { readConfig } = await import('../server/config.js')
  return readConfig(etcDir).engine
}

function threadCount(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new MillraceError('CONFIGURATION_INVALID', `Not a number of threads: ${text}`)
  }
  return Number(text)
}

function embeddedSession(initial: Session, options: ShellOptions): Session {
  const { values, catalog, schema } = options
  let session = initial
  if (catalog !== undefined) {
    // A catalog of its own has no schema in common with the one before.
    const { schema: _, ...rest } = session
    session = { ...rest, catalog: catalog.toLowerCase() }
  }
  if (schema !== undefined) session = { ...session, schema: schema.toLowerCase() }
  if (values.user !== undefined) session = { ...session, user: values.user }
  if (values.timezone !== undefined) {
    session = { ...session, timeZone: canonicalTimeZone(values.timezone) }
  }
  session = {
    ...session,
    source: values.source ?? SOURCE,
    ...(values['trace-token'] === undefined ? {} : { traceToken: values['trace-token'] }),
  }
  for (const [name, value] of options.session) session = withProperty(session, name, value)
  return session
}
