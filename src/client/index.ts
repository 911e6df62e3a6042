/** The client of Trino's protocol: the embedded engine's values and errors from a server. */

export { MillraceError } from '../spi/error.js'
export {
  Client,
  type ConnectOptions,
  connect,
  type RemoteColumn,
  type RemoteQuery,
} from './connect.js'
