import { describe, test } from 'vitest'
import { type ConnectorSubject, connectorChecks } from '../../src/testing/index.js'

/** Every check of a connector as a test. */
export function runChecks(name: string, subject: ConnectorSubject): void {
  describe(name, () => {
    for (const check of connectorChecks(subject)) test(check.name, check.run)
  })
}
