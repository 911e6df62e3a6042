import type { FunctionDefinition } from '../../function-definition.js'
import { objectId } from './objectid.js'
import { objectIdTimestamp } from './objectid-timestamp.js'
import { timestampObjectId } from './timestamp-objectid.js'
import { uuid } from './uuid.js'

export const UUID_FUNCTIONS: readonly FunctionDefinition[] = [
  objectId,
  objectIdTimestamp,
  timestampObjectId,
  uuid,
]
