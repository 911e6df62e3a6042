import type { Arena, SqlType } from '../../spi/index.js'
import { FollowingTexts } from './following-texts.js'
import { GroupKeys } from './group-keys.js'
import type { FreeBytes } from './growable.js'
import { LedGroupKeys, type RowGroups } from './led-group-keys.js'

/**
 * What numbers the groups of rows by keys of some types.
 * @param freeBytes what maps of codes may take a part of
 * @param isCancelled asked between steps of what may take long
 */
export function rowGroups(
  memory: WebAssembly.Memory,
  createArena: () => Arena,
  status: Int32Array,
  types: readonly SqlType[],
  freeBytes: FreeBytes,
  isCancelled: () => boolean,
): RowGroups {
  const make = (of: readonly SqlType[]) => new GroupKeys(memory, createArena, status, of, freeBytes)
  if (!LedGroupKeys.isWorthwhile(types)) return make(types)
  const makeTexts = (type: SqlType) => new FollowingTexts(memory, createArena, status, type)
  return new LedGroupKeys(make, makeTexts, types, isCancelled)
}
