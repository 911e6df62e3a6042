import type { FunctionDefinition } from '../../function-definition.js'
import { map } from './map.js'
import { mapConcat } from './map-concat.js'
import { mapEntries } from './map-entries.js'
import { mapFilter } from './map-filter.js'
import { mapFromEntries } from './map-from-entries.js'
import { mapKeys } from './map-keys.js'
import { mapValues } from './map-values.js'
import { mapZipWith } from './map-zip-with.js'
import { multimapFromEntries } from './multimap-from-entries.js'
import { transformKeys } from './transform-keys.js'
import { transformValues } from './transform-values.js'

export const MAP_FUNCTIONS: readonly FunctionDefinition[] = [
  map,
  mapConcat,
  mapEntries,
  mapFilter,
  mapFromEntries,
  mapKeys,
  mapValues,
  mapZipWith,
  multimapFromEntries,
  transformKeys,
  transformValues,
]
