import type { SqlType } from '../../spi/index.js'

export const canCast = (_from: SqlType, _to: SqlType): boolean => true
