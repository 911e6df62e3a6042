import { MillraceError } from '../../spi/index.js'

/** What the engine answers for a connector that lacks a method. */
export const unsupported = (what: string): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `This connector does not support ${what}`)
