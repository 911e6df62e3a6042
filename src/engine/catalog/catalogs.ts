import {
  type Connector,
  type ConnectorContext,
  type ConnectorFactory,
  codedError,
  connectorFactoriesOf,
  MillraceError,
  type Plugin,
} from '../../spi/index.js'

/** The connectors that come with the engine; each is loaded when a catalog first asks for it. */
export const BUILT_IN: Readonly<Record<string, () => Promise<ConnectorFactory>>> = {
  blackhole: async () =>
    (await import('../../connectors/blackhole/connector.js')).blackHoleConnectorFactory,
  duckdb: async () => (await import('../../connectors/duckdb/connector.js')).duckdbConnectorFactory,
  'example-http': async () =>
    (await import('../../connectors/example-http/connector.js')).exampleHttpConnectorFactory,
  files: async () => (await import('../../connectors/files/connector.js')).filesConnectorFactory,
  git: async () => (await import('../../connectors/git/connector.js')).gitConnectorFactory,
  jmx: async () => (await import('../../connectors/jmx/connector.js')).jmxConnectorFactory,
  memory: async () => (await import('../../connectors/memory/connector.js')).memoryConnectorFactory,
  sqlite: async () => (await import('../../connectors/sqlite/connector.js')).sqliteConnectorFactory,
  tpch: async () => (await import('../../connectors/tpch/connector.js')).tpchConnectorFactory,
}

/** Where a plugin comes from: what another thread needs to load it again. */
export type PluginSource = string | URL | Plugin

/** Connector factories by name: built-in ones and those of plugins. */
export interface ConnectorFactories {
  /** @throws CONFIGURATION_INVALID for a name that no connector has */
  get(connectorName: string): Promise<ConnectorFactory>
  /** Whether the connector comes from an object of the program, which other threads can't load. */
  isLocal(connectorName: string): boolean
}

/** Loads plugins and answers for their connectors. @throws CONFIGURATION_INVALID for what is no plugin */
export async function loadFactories(plugins: readonly PluginSource[]): Promise<ConnectorFactories> {
  const added = new Map<string, ConnectorFactory>()
  const local = new Set<string>()
  for (const source of plugins) {
    for (const factory of connectorFactoriesOf(await loadPlugin(source), sourceName(source))) {
      if (added.has(factory.name) || Object.hasOwn(BUILT_IN, factory.name)) {
        throw new MillraceError(
          'CONFIGURATION_INVALID',
          `Two connectors have the name: ${factory.name}`,
        )
      }
      added.set(factory.name, factory)
      if (isPluginObject(source)) local.add(factory.name)
    }
  }
  return {
    isLocal: (connectorName) => local.has(connectorName),
    async get(connectorName) {
      const load = Object.hasOwn(BUILT_IN, connectorName) ? BUILT_IN[connectorName] : undefined
      const factory = added.get(connectorName) ?? (await load?.())
      if (factory !== undefined) return factory
      const names = [...Object.keys(BUILT_IN), ...added.keys()].sort()
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `No factory for connector '${connectorName}'. Available factories: [${names.join(', ')}]`,
      )
    },
  }
}

const isPluginObject = (source: PluginSource): source is Plugin =>
  typeof source === 'object' && !(source instanceof URL)

const sourceName = (source: PluginSource): string =>
  isPluginObject(source) ? ('name' in source ? String(source.name) : 'object') : String(source)

async function loadPlugin(source: PluginSource): Promise<Plugin> {
  if (isPluginObject(source)) return source
  const specifier = String(source)
  let module: { readonly default?: unknown; readonly plugin?: unknown }
  try {
    module = await import(specifier)
  } catch (error) {
    throw new MillraceError('CONFIGURATION_INVALID', `Plugin cannot be loaded: ${specifier}`, {
      cause: error,
    })
  }
  const plugin = module.plugin ?? module.default
  if (typeof plugin !== 'object' || plugin === null) {
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `Module exports no plugin, neither as 'plugin' nor as its default: ${specifier}`,
    )
  }
  return plugin as Plugin
}

/**
 * Makes a catalog's connector in this thread.
 * @param config the catalog's properties without `connector.name`
 * @throws CONFIGURATION_INVALID naming the catalog
 */
export async function createConnector(
  factories: ConnectorFactories,
  catalogName: string,
  connectorName: string,
  config: Readonly<Record<string, string>>,
  context: ConnectorContext,
): Promise<Connector> {
  const factory = await factories.get(connectorName)
  try {
    return await factory.create(catalogName, config, context)
  } catch (error) {
    const coded = codedError(error)
    if (coded === undefined) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `Catalog could not be created: ${catalogName}`,
        { cause: error },
      )
    }
    throw new MillraceError(coded.code, `Catalog '${catalogName}': ${coded.message}`, {
      cause: error,
      detail: coded.detail,
      hint: coded.hint,
    })
  }
}
