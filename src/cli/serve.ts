import { Engine } from '../engine/engine.js'
import type { ServerConfig } from '../server/config.js'
import { MillraceError } from '../spi/index.js'

/** The catalogs of an engine without a configuration directory. */
export const EMBEDDED_CATALOGS = {
  tpch: { 'connector.name': 'tpch' },
  files: { 'connector.name': 'files', 'files.root': '.' },
}

/** Serves until the process is told to end. */
export async function serve(options: {
  readonly 'etc-dir'?: string | undefined
  readonly host?: string | undefined
  readonly port?: string | undefined
}): Promise<number> {
  const [{ readConfig }, { startServer }] = await Promise.all([
    import('../server/config.js'),
    import('../server/server.js'),
  ])
  const etcDir = options['etc-dir']
  const config: ServerConfig =
    etcDir === undefined
      ? { engine: { catalogs: EMBEDDED_CATALOGS, environment: 'embedded' }, server: {} }
      : readConfig(etcDir)
  const port = options.port === undefined ? config.server.port : Number(options.port)
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535)) {
    throw new MillraceError('CONFIGURATION_INVALID', `Not a port: ${options.port}`)
  }
  const engine = await Engine.create(config.engine)
  await engine.ready()
  let refuse: (error: MillraceError) => void = () => {}
  const refused = new Promise<never>((_, reject) => {
    refuse = reject
  })
  const { cluster } = config.server
  const server = await startServer(engine, {
    ...config.server,
    ...(cluster === undefined
      ? {}
      : {
          cluster: {
            ...cluster,
            onRefused(error, isMember) {
              // A node that was one of the cluster's waits until it is so again.
              if (isMember) process.stderr.write(`millrace: ${error.message}\n`)
              else refuse(error)
            },
            onUnreachable(cause) {
              process.stderr.write(
                `millrace: The coordinator at ${cluster.discoveryUri} does not answer, trying again: ${cause.message}\n`,
              )
            },
          },
        }),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(port === undefined ? {} : { port }),
  })
  process.stdout.write(`millrace: ${server.url}\n`)
  try {
    await Promise.race([signalled(), server.drained, refused])
  } finally {
    await server.close()
    await engine.close()
  }
  return 0
}

/** Resolves when the process is asked to end; a second time it ends at once. */
const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve()
      })
    }
  })
