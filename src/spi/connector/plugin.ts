import { MillraceError } from '../error.js'
import { checkSpiVersion } from '../spi-version.js'
import type { ConnectorFactory } from './connector.js'

/**
 * What a package exports (as its default or as `plugin`) to add connectors. Loaded again in every thread and node
 * that creates one of its connectors.
 * @source Trino Plugin
 */
export interface Plugin {
  /** The {@link SPI_VERSION} that it was written for, such as `1.0`; without, it is taken to fit. */
  readonly spiVersion?: string
  getConnectorFactories?(): Iterable<ConnectorFactory>
  /** As the documents have it; the same as a list of one. */
  getConnectorFactory?(): ConnectorFactory
}

/**
 * All connector factories of a plugin.
 * @param source where it came from, for messages
 * @throws CONFIGURATION_INVALID for what is no plugin, or one for another version of the SPI
 */
export function connectorFactoriesOf(
  plugin: Plugin,
  source = 'object',
): readonly ConnectorFactory[] {
  if (plugin.spiVersion !== undefined) checkSpiVersion(String(plugin.spiVersion), source)
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
