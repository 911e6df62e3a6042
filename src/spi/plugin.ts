import type { ConnectorFactory } from './connector.js'
import { MillraceError } from './error.js'

/**
 * What a package exports (as its default or as `plugin`) to add connectors. Loaded again in every thread and node
 * that creates one of its connectors.
 * @source Trino Plugin
 */
export interface Plugin {
  getConnectorFactories?(): Iterable<ConnectorFactory>
  /** As the documents have it; the same as a list of one. */
  getConnectorFactory?(): ConnectorFactory
}

/** All connector factories of a plugin. @throws CONFIGURATION_INVALID for what is no plugin. */
export function connectorFactoriesOf(plugin: Plugin): readonly ConnectorFactory[] {
  const factories = [
    ...(plugin.getConnectorFactories?.() ?? []),
    ...(plugin.getConnectorFactory === undefined ? [] : [plugin.getConnectorFactory()]),
  ]
  for (const factory of factories) {
    if (typeof factory?.name !== 'string' || typeof factory.create !== 'function') {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        'A connector factory has a name and a create method',
      )
    }
  }
  return factories
}
