import { booleanConfig, dataSizeConfig, parseConfig } from '../../spi/index.js'

/** The properties of a memory catalog. */
export const MEMORY_PROPERTIES = {
  'memory.max-data-per-node': dataSizeConfig({
    description: "Limit of the catalog's stored pages; the engine's memory limit by default",
    min: '1B',
  }),
  'memory.trino-limits': booleanConfig({
    description: "Refuse what Trino's memory connector refuses",
    default: 'false',
  }),
}

export interface MemoryConfig {
  readonly maxDataBytes: number
  /** Without what goes beyond Trino's memory connector. */
  readonly trinoLimits: boolean
}

export const parseMemoryConfig = (
  properties: Readonly<Record<string, string>>,
  memoryLimitBytes: number,
): MemoryConfig => {
  const config = parseConfig(MEMORY_PROPERTIES, properties)
  return {
    maxDataBytes: config['memory.max-data-per-node'] ?? memoryLimitBytes,
    trinoLimits: config['memory.trino-limits'],
  }
}
