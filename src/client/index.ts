/** The client: the embedded engine's queries, values and errors from a server of Millrace or Trino. */

export { MillraceError } from '../spi/error.js'
export {
  Client,
  type ConnectOptions,
  connect,
  type ExecuteResult,
} from './connect.js'
export type { QueryInfo, RemoteQuery } from './remote-query.js'
export type { QueryStats, RemoteColumn } from './remote-run.js'
export type { StatementOptions } from './remote-session.js'
