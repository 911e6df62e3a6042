import { boundaryChecks } from './checks/boundary-checks.js'
import { faultChecks } from './checks/fault-checks.js'
import { metadataChecks } from './checks/metadata-checks.js'
import { pushdownChecks } from './checks/pushdown-checks.js'
import { scanChecks } from './checks/scan-checks.js'
import { statisticsChecks } from './checks/statistics-checks.js'
import { writeChecks } from './checks/write-checks.js'
import type { ConnectorCheck, ConnectorSubject } from './subject.js'

/**
 * Everything that is to hold of a connector, as named checks for whatever runs tests:
 *
 *     for (const { name, run } of connectorChecks({ factory, tables: ['default.greetings'], lacks: WRITES })) test(name, run)
 *
 * Each check runs in an engine of its own and may run alone.
 */
export const connectorChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  ...metadataChecks(subject),
  ...scanChecks(subject),
  ...statisticsChecks(subject),
  ...pushdownChecks(subject),
  ...boundaryChecks(subject),
  ...faultChecks(subject),
  ...writeChecks(subject),
]
