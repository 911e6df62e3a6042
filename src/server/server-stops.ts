import { MillraceError } from '../spi/index.js'

/** What clients are told whose statements a server ends when it stops. */
export const serverStops = (): MillraceError =>
  new MillraceError('SERVER_SHUTTING_DOWN', 'The server stops')
