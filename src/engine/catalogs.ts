import {
  type Connector,
  type ConnectorContext,
  type ConnectorFactory,
  connectorFactoriesOf,
  MillraceError,
  type Plugin,
} from '../spi/index.js'

/** The connectors that come with the engine; each is loaded when a catalog first asks for it. */
const BUILT_IN: Readonly<Record<string, () => Promise<ConnectorFactory>>> = {
  blackhole: async () =>
    (await import('../connectors/blackhole/connector.js')).blackHoleConnectorFactory,
  jmx: async () => (await import('../connectors/jmx/connector.js')).jmxConnectorFactory,
  memory: async () => (await import('../connectors/memory/connector.js')).memoryConnectorFactory,
  tpch: async () => (await import('../connectors/tpch/connector.js')).tpchConnectorFactory,
}

/** Where a plugin comes from: what another thread needs to load it again. */
export type PluginSource = string | URL | Plugin

/** Connector factories by name: built-in ones and those of plugins. */
export interface ConnectorFactories {
  /** @throws CONFIGURATION_INVALID for a name that no connector has */
  get(connectorName: string): Promise<ConnectorFactory>
}

/** Loads plugins and answers for their connectors. @throws CONFIGURATION_INVALID for what is no plugin */
export async function loadFactories(plugins: readonly PluginSource[]): Promise<ConnectorFactories> {
  const added = new Map<string, ConnectorFactory>()
  for (const source of plugins) {
    for (const factory of connectorFactoriesOf(await loadPlugin(source))) {
      if (added.has(factory.name) || Object.hasOwn(BUILT_IN, factory.name)) {
        throw new MillraceError(
          'CONFIGURATION_INVALID',
          `Two connectors have the name: ${factory.name}`,
        )
      }
      added.set(factory.name, factory)
    }
  }
  return {
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

async function loadPlugin(source: PluginSource): Promise<Plugin> {
  if (typeof source === 'object' && !(source instanceof URL)) return source
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
    if (!(error instanceof MillraceError)) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `Catalog could not be created: ${catalogName}`,
        { cause: error },
      )
    }
    throw new MillraceError(error.code, `Catalog '${catalogName}': ${error.message}`, {
      cause: error,
      detail: error.detail,
      hint: error.hint,
    })
  }
}
