import type { LookupJoinSpec } from '../spec.js'

/** Whether a join gives the rows of its build side that none has matched. */
export const keepsBuild = (type: LookupJoinSpec['type']): boolean =>
  type === 'right' || type === 'full'
