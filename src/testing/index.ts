/** The connector kit: checks of any connector, and a connector that has everything. */
export { connectorChecks } from './connector-checks.js'
export { ConnectorProbe, type Face } from './connector-probe.js'
export { blockProblems, pageProblems } from './page-problems.js'
export { referenceConnectorFactory } from './reference/reference-connector.js'
export type { Fault, SpiCallName } from './spi-call.js'
export {
  CAPABILITIES,
  type Capability,
  type ConnectorCheck,
  ConnectorFailure,
  type ConnectorSubject,
  type OpenedSubject,
  PUSHDOWN,
  type TableSubject,
  WRITES,
} from './subject.js'
