import type { CatalogDescriptor } from '../../dataflow/threads/messages.js'
import { type Connector, type ConnectorAccessControl, MillraceError } from '../../spi/index.js'

/** A catalog of the engine: a connector and what it was made of. */
export interface Catalog {
  readonly name: string
  readonly connectorName: string
  readonly connector: Connector
  /** Properties without `connector.name`, from which other threads make the connector again. */
  readonly config: Readonly<Record<string, string>>
  /** True where only the calling thread can have the connector, whatever that says itself. */
  readonly isLocal?: boolean
}

/** The name of the catalog that holds the information_schema of another; statements cannot name it. */
export const informationCatalog = (catalog: string): string => `$information_schema:${catalog}`

/** The connector of stored tables. */
const MEMORY_CONNECTOR = 'memory'

/** The catalogs by name. */
export class CatalogManager {
  readonly #catalogs = new Map<string, Catalog>()
  readonly #accessControls = new Map<string, ConnectorAccessControl>()

  add(catalog: Catalog): void {
    this.#catalogs.set(catalog.name, catalog)
    const control = catalog.connector.getAccessControl?.()
    if (control === undefined) this.#accessControls.delete(catalog.name)
    else this.#accessControls.set(catalog.name, control)
  }

  /** Whether any connector may refuse somebody something. */
  get hasAccessControl(): boolean {
    return this.#accessControls.size > 0
  }

  /** Undefined where the connector refuses nobody. */
  accessControl(name: string): ConnectorAccessControl | undefined {
    return this.#accessControls.get(name)
  }

  /** @returns what had the name */
  remove(name: string): Catalog | undefined {
    const catalog = this.#catalogs.get(name)
    this.#catalogs.delete(name)
    this.#accessControls.delete(name)
    return catalog
  }

  find(name: string): Catalog | undefined {
    return this.#catalogs.get(name)
  }

  /** @throws CATALOG_NOT_FOUND */
  get(name: string): Catalog {
    const catalog = this.#catalogs.get(name)
    if (catalog === undefined) {
      throw new MillraceError('CATALOG_NOT_FOUND', `Catalog '${name}' not found`)
    }
    return catalog
  }

  /** Whether only the thread that asks can read a catalog. @throws CATALOG_NOT_FOUND */
  isThreadBound(name: string): boolean {
    const { connector, isLocal } = this.get(name)
    return isLocal === true || connector.threadBound === true
  }

  /** Whether a catalog's pages are read as they lie in the engine's memory: nothing of them is made or decoded. */
  liesInMemory(name: string): boolean {
    return this.get(name).connectorName === MEMORY_CONNECTOR
  }

  /** Those that statements can name, sorted by name. */
  list(): readonly Catalog[] {
    return [...this.#catalogs.values()]
      .filter((catalog) => !catalog.name.startsWith('$'))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  /** What another thread makes the catalogs of, those that statements can't name too. */
  descriptors(): readonly CatalogDescriptor[] {
    return [...this.#catalogs.values()].map(({ name, connectorName, config }) => ({
      name,
      connectorName,
      config,
    }))
  }

  /** Shuts every connector down, also where one fails. */
  async close(): Promise<void> {
    const outcomes = await Promise.allSettled(
      [...this.#catalogs.values()].map(async ({ connector }) => connector.shutdown?.()),
    )
    this.#catalogs.clear()
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
    if (failures.length > 0) {
      throw new AggregateError(
        failures.map((failure) => failure.reason),
        'Connectors failed to shut down',
      )
    }
  }
}
