import { describe, expect, test } from 'vitest'
import { type ConnectorSubject, connectorChecks } from '../../src/testing/index.js'

/** Every check of a connector as a test, or those whose names are chosen. */
export function runChecks(
  name: string,
  subject: ConnectorSubject,
  isChosen: (name: string) => boolean = () => true,
): void {
  const checks = connectorChecks(subject).filter((check) => isChosen(check.name))
  describe(name, () => {
    expect(checks.length).toBeGreaterThan(0)
    for (const check of checks) test(check.name, check.run)
  })
}
