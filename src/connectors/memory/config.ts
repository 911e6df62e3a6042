import {
  booleanConfig,
  choiceConfig,
  dataSizeConfig,
  listConfig,
  MillraceError,
  parseConfig,
  processUser,
} from '../../spi/index.js'

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
  'memory.security': choiceConfig(['allow-all', 'sql-standard'], {
    description: 'Whether owners, grants and roles decide who may do what',
    default: 'allow-all',
  }),
  'memory.security.admins': listConfig({
    description: "Users who have the role admin; by default the user of the engine's process",
  }),
}

export interface MemoryConfig {
  readonly maxDataBytes: number
  /** Without what goes beyond Trino's memory connector. */
  readonly trinoLimits: boolean
  /** Users who have the role `admin`; absent where nobody is refused anything. */
  readonly admins?: readonly string[]
}

export const parseMemoryConfig = (
  properties: Readonly<Record<string, string>>,
  memoryLimitBytes: number,
): MemoryConfig => {
  const config = parseConfig(MEMORY_PROPERTIES, properties)
  const trinoLimits = config['memory.trino-limits']
  const isStandard = config['memory.security'] === 'sql-standard'
  const admins = config['memory.security.admins']
  if (isStandard && trinoLimits) {
    throw invalid('memory.security=sql-standard needs grants, which memory.trino-limits refuses')
  }
  if (!isStandard && admins.length > 0) {
    throw invalid('memory.security.admins needs memory.security=sql-standard')
  }
  return {
    maxDataBytes: config['memory.max-data-per-node'] ?? memoryLimitBytes,
    trinoLimits,
    ...(isStandard ? { admins: admins.length === 0 ? [processUser()] : admins } : {}),
  }
}

const invalid = (message: string): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', message)
