import { dataSizeConfig, parseConfig } from '../../spi/index.js'

const SCHEMA = {
  'memory.max-data-per-node': dataSizeConfig({
    description: "Limit of the catalog's stored pages; the engine's memory limit by default",
    min: '1B',
  }),
}

export interface MemoryConfig {
  readonly maxDataBytes: number
}

export const parseMemoryConfig = (
  properties: Readonly<Record<string, string>>,
  memoryLimitBytes: number,
): MemoryConfig => ({
  maxDataBytes: parseConfig(SCHEMA, properties)['memory.max-data-per-node'] ?? memoryLimitBytes,
})
