import { Peer } from './peer-process.mjs'

/** Engines that a run can have, beside `millrace`. */
export const PEERS = ['duckdb', 'duckdb-wasm', 'polars', 'arquero', 'alasql', 'squirreling']

/** Whose answers count: what differs from them is a failure. */
const REFERENCES = new Set(['duckdb', 'duckdb-wasm'])

const THREADS_VARIABLE = { polars: 'POLARS_MAX_THREADS' }

/**
 * Starts the engines, Millrace first, and says in the report what each is.
 * @param names engines; `{ name, program, environment }` for one of another name, such as a revision
 */
export async function startEngines(names, options, report) {
  const engines = []
  try {
    for (const named of names) {
      const { name, ...own } = typeof named === 'string' ? { name: named } : named
      const variable = THREADS_VARIABLE[name]
      const environment = {
        ...own.environment,
        ...(variable === undefined ? {} : { [variable]: String(options.threads) }),
      }
      const peer = await Peer.start(name, { ...options, ...own, environment })
      engines.push(peer)
      peer.isOwn = (own.program ?? name) === 'millrace'
      peer.isReference = peer.isOwn || REFERENCES.has(name)
      const { version, loadMillis, residentBytes } = peer
      report.subject(name, { version, loadMillis, residentBytes })
      report.log(
        `${name} ${version}: loaded in ${(loadMillis / 1000).toFixed(1)} s, ${Math.round(residentBytes / 1e6)} MB resident`,
      )
    }
    return engines
  } catch (error) {
    await closeAll(engines)
    throw error
  }
}

export async function closeAll(engines) {
  await Promise.all(engines.map((engine) => engine.close()))
}

/** The engines of an option `--peers a,b`, Millrace first. @throws for a name that is none */
export function engineNames(option) {
  const peers = option.split(',').filter(Boolean)
  const unknown = peers.find((name) => !PEERS.includes(name))
  if (unknown !== undefined) {
    throw new Error(`--peers: there is ${PEERS.join(', ')}, no ${unknown}`)
  }
  return ['millrace', ...peers]
}
