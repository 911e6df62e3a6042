import { informationSchemaConnector } from '../../connectors/information-schema/connector.js'
import { createSystemConnector } from '../../connectors/system/connector.js'
import type { CatalogDescriptor } from '../../dataflow/threads/messages.js'
import type { ThreadPool } from '../../dataflow/threads/pool.js'
import {
  type CatalogInformation,
  type ConnectorContext,
  plainKey,
  type SystemInformation,
} from '../../spi/index.js'
import { type CatalogManager, informationCatalog } from './catalog-manager.js'
import { type ConnectorFactories, createConnector } from './catalogs.js'

/** The connector over the engine itself, which only the engine can make. */
export const SYSTEM_CONNECTOR = 'system'

export function catalogDescriptor(
  name: string,
  properties: Readonly<Record<string, string>>,
): CatalogDescriptor {
  const { 'connector.name': connectorName, ...config } = properties
  return { name, connectorName: connectorName!, config }
}

/** Makes and drops catalogs while the engine runs, in all its threads. */
export class EngineCatalogs {
  readonly #catalogs: CatalogManager
  readonly #factories: ConnectorFactories
  readonly #context: ConnectorContext
  readonly #pool: ThreadPool | undefined
  readonly #information: CatalogInformation
  readonly #systemInformation: SystemInformation
  readonly #changed: () => void
  readonly #quiesced: () => Promise<void>
  readonly #closing = new Set<Promise<void>>()
  /** Changes follow one another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: {
    readonly catalogs: CatalogManager
    readonly factories: ConnectorFactories
    readonly context: ConnectorContext
    readonly pool: ThreadPool | undefined
    readonly information: CatalogInformation
    readonly systemInformation: SystemInformation
    /** Called when there are other catalogs than before. */
    changed(): void
    /** Resolves when what runs now has ended. */
    quiesced(): Promise<void>
  }) {
    this.#catalogs = parts.catalogs
    this.#factories = parts.factories
    this.#context = parts.context
    this.#pool = parts.pool
    this.#information = parts.information
    this.#systemInformation = parts.systemInformation
    this.#changed = parts.changed
    this.#quiesced = parts.quiesced
  }

  /** @throws CONFIGURATION_INVALID; what the connector throws */
  create(descriptor: CatalogDescriptor): Promise<void> {
    return this.#inTurn(() => this.#create(descriptor))
  }

  /** Queries under way go on with the connector that they have; it is shut down when they have ended. */
  drop(name: string): Promise<void> {
    return this.#inTurn(() => this.#drop(name))
  }

  /** Makes the catalogs that are missing, and again those that were made of something else. */
  use(descriptors: readonly CatalogDescriptor[]): Promise<void> {
    if (descriptors.every((descriptor) => this.#has(descriptor))) return Promise.resolve()
    return this.#inTurn(async () => {
      for (const descriptor of descriptors) {
        if (this.#has(descriptor)) continue
        if (this.#catalogs.find(descriptor.name) !== undefined) await this.#drop(descriptor.name)
        await this.#create(descriptor)
      }
    })
  }

  /** Drops the catalogs that are not among the names. */
  async keepOnly(names: readonly string[]): Promise<void> {
    const kept = new Set(names)
    const others = this.#catalogs.list().filter(({ name }) => !kept.has(name))
    await Promise.all(others.map(({ name }) => this.drop(name)))
  }

  #has({ name, connectorName, config }: CatalogDescriptor): boolean {
    const known = this.#catalogs.find(name)
    return (
      known !== undefined &&
      known.connectorName === connectorName &&
      plainKey(sorted(known.config)) === plainKey(sorted(config))
    )
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change, change)
    this.#last = done
    // Whoever asked for the change hears of its failure.
    done.catch(() => undefined)
    return done
  }

  async #create({ name, connectorName, config }: CatalogDescriptor): Promise<void> {
    const connector =
      connectorName === SYSTEM_CONNECTOR
        ? createSystemConnector(this.#systemInformation, config)
        : await createConnector(this.#factories, name, connectorName, config, this.#context)
    const isLocal = this.#factories.isLocal(connectorName)
    this.#catalogs.add({ name, connectorName, config, connector, isLocal })
    this.#catalogs.add({
      name: informationCatalog(name),
      connectorName: 'information_schema',
      config: {},
      connector: informationSchemaConnector(name, this.#information),
    })
    this.#changed()
    this.#pool?.broadcast({ kind: 'catalog', catalog: { name, connectorName, config } })
  }

  async #drop(name: string): Promise<void> {
    const dropped = this.#catalogs.remove(name)
    this.#catalogs.remove(informationCatalog(name))
    this.#changed()
    const closing = this.#quiesced().then(async () => {
      // Threads make the catalog again when it has been created again meanwhile.
      if (this.#catalogs.find(name) === undefined) {
        this.#pool?.broadcast({ kind: 'dropCatalog', catalog: name })
      }
      await dropped?.connector.shutdown?.()
    })
    this.#closing.add(closing)
    // A failure is told where the engine is closed.
    closing.then(
      () => this.#closing.delete(closing),
      () => {},
    )
  }

  /** Waits until the connectors of dropped catalogs are shut down. */
  async close(): Promise<void> {
    await Promise.all(this.#closing)
  }
}

const sorted = (config: Readonly<Record<string, string>>) =>
  Object.entries(config).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
