import { Millrace } from '../engine/millrace.js'
import type { Connector, ConnectorFactory, MillraceError, SqlType } from '../spi/index.js'
import { ConnectorProbe, type Face } from './connector-probe.js'
import { rowTexts } from './row-text.js'
import { PUSHDOWN_METHODS } from './spi-call.js'
import { ConnectorFailure, type ConnectorSubject, type OpenedSubject } from './subject.js'

/** The catalog of the connector under test, and the same connector without pushdown. */
export const SUBJECT = 'subject'
export const PLAIN = 'plain'

const plainFace = ({ needsFilterPushdown = false }: ConnectorSubject): Face => ({
  hidden: new Set([
    ...PUSHDOWN_METHODS.filter((method) => !needsFilterPushdown || method !== 'applyFilter').map(
      (method) => `metadata.${method}`,
    ),
    'connector.shutdown',
  ]),
})
/** Longer than anything a check waits for. */
const DEFAULT_HANG_MILLIS = 30_000

/** An engine over the connector, in which everything that the connector is asked is recorded. */
export interface Environment {
  readonly engine: Millrace
  readonly probe: ConnectorProbe
  readonly subject: ConnectorSubject
  readonly opened: OpenedSubject
  /** The connector under test itself, observed. */
  readonly connector: Connector
  /** Rows as texts that are equal for equal rows, in the order they come. */
  rows(sql: string, catalog?: string): Promise<readonly string[]>
  columns(sql: string): Promise<readonly { readonly name: string; readonly type: SqlType }[]>
  /** Rows written, where the statement tells. */
  execute(sql: string): Promise<number | undefined>
  /** The error that a statement ends with; undefined where it succeeds. */
  failure(sql: string): Promise<MillraceError | undefined>
}

/**
 * Runs a check in an engine of its own; at the end nothing of the connector may be open, and no rule broken.
 * @throws ConnectorFailure
 */
export async function inEnvironment(
  subject: ConnectorSubject,
  check: (environment: Environment) => Promise<void>,
  face: Face = {},
): Promise<void> {
  const opened: OpenedSubject = (await subject.open?.()) ?? {}
  const probe = new ConnectorProbe()
  const shutdowns = { count: 0 }
  try {
    const started = { connector: undefined as Connector | undefined }
    const engine = await startEngine(subject, opened, probe, face, shutdowns, started)
    try {
      const environment = environmentOf(engine, probe, subject, opened, started.connector!)
      for (const statement of subject.setup ?? []) await environment.execute(statement)
      failOn(probe.takeProblems())
      await check(environment)
    } finally {
      await settles(subject, engine.close(), 'closing the engine')
    }
    failOn(probe.takeProblems())
    if (shutdowns.count !== 1) {
      throw new ConnectorFailure(`The engine closed, with ${shutdowns.count} calls of shutdown`)
    }
  } finally {
    await opened.close?.()
  }
}

async function startEngine(
  subject: ConnectorSubject,
  opened: OpenedSubject,
  probe: ConnectorProbe,
  face: Face,
  shutdowns: { count: number },
  started: { connector: Connector | undefined },
): Promise<Millrace> {
  let made: Promise<Connector> | undefined
  const counted: ConnectorFactory = {
    name: SUBJECT,
    create(catalogName, config, context) {
      const connector = Promise.resolve(subject.factory.create(catalogName, config, context))
      made ??= connector
      return connector
    },
  }
  const whole: ConnectorFactory = {
    name: SUBJECT,
    async create(catalogName, config, context) {
      const connector = await probe.observe(counted, face).create(catalogName, config, context)
      started.connector = connector
      return withShutdown(connector, () => {
        shutdowns.count += 1
      })
    },
  }
  const plain: ConnectorFactory = {
    name: PLAIN,
    async create() {
      const connector = await made
      if (connector === undefined) throw new Error('internal error: catalogs in the wrong order')
      return probe.wrap(connector, plainFace(subject))
    },
  }
  return Millrace.create({
    threads: 0,
    timeZone: 'UTC',
    plugins: [{ getConnectorFactories: () => [whole, plain] }],
    catalogs: {
      [SUBJECT]: { 'connector.name': SUBJECT, ...opened.config },
      [PLAIN]: { 'connector.name': PLAIN },
    },
  })
}

const withShutdown = (connector: Connector, called: () => void): Connector =>
  new Proxy(connector, {
    get(target, name) {
      if (name !== 'shutdown') return Reflect.get(target, name)
      return async () => {
        called()
        await target.shutdown?.()
      }
    },
  })

function environmentOf(
  engine: Millrace,
  probe: ConnectorProbe,
  subject: ConnectorSubject,
  opened: OpenedSubject,
  connector: Connector,
): Environment {
  const place = (catalog: string) => ({ catalog, schema: subject.schema ?? 'default' })
  return {
    engine,
    probe,
    subject,
    opened,
    connector,
    async rows(sql, catalog = SUBJECT) {
      const query = engine.query<readonly unknown[]>(sql, [], {
        ...place(catalog),
        rowMode: 'array',
      })
      return rowTexts(await settles(subject, query.all(), sql))
    },
    async columns(sql) {
      const query = engine.query(sql, [], place(SUBJECT))
      try {
        return await query.columns()
      } finally {
        await query.cancel()
      }
    },
    async execute(sql) {
      return (await settles(subject, engine.execute(sql, [], place(SUBJECT)), sql)).updateCount
    },
    async failure(sql) {
      try {
        await settles(subject, engine.execute(sql, [], place(SUBJECT)), sql)
        return undefined
      } catch (error) {
        if (error instanceof ConnectorFailure) throw error
        return error as MillraceError
      }
    },
  }
}

/** @throws ConnectorFailure for what never ends */
export async function settles<T>(
  { hangMillis = DEFAULT_HANG_MILLIS }: ConnectorSubject,
  promise: Promise<T>,
  what: string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectorFailure(`Never ends: ${what}`)), hangMillis)
  })
  try {
    return await Promise.race([promise, hang])
  } finally {
    clearTimeout(timer)
  }
}

/** @throws ConnectorFailure that lists the problems, if there are any */
export function failOn(problems: readonly string[], context = ''): void {
  if (problems.length === 0) return
  const listed = problems.slice(0, 10).map((problem) => `- ${problem}`)
  const rest = problems.length > 10 ? [`- and ${problems.length - 10} more`] : []
  throw new ConnectorFailure([context, ...listed, ...rest].join('\n').trim())
}
