import type { Awaitable } from '../metadata/schema.js'
import type {
  AccessCheck,
  AccessChecks,
  ConnectorAccessChecks,
  ConnectorSecurityContext,
} from './access-control.js'
import { accessDenied } from './access-denied.js'

/** An answer as a method, so that rules that ask for less than a check tells fit. */
type AnswerMethod<Transaction, About extends readonly unknown[]> = {
  allows(context: ConnectorSecurityContext<Transaction>, ...about: About): Awaitable<boolean>
}['allows']

/** Who passes each check. */
export type AccessAnswers<Transaction = unknown> = {
  readonly [Check in AccessCheck]?: AnswerMethod<Transaction, AccessChecks[Check]>
}

/**
 * Checks that refuse where the answer is no.
 * @param catalog of names in messages, where a connector's own would not say it
 */
export function refusingChecks<Transaction>(
  answers: AccessAnswers<Transaction>,
  catalog?: string,
): ConnectorAccessChecks<Transaction> {
  const refusing =
    <Check extends AccessCheck>(check: Check) =>
    async (
      context: ConnectorSecurityContext<Transaction>,
      ...about: AccessChecks[Check]
    ): Promise<void> => {
      if (!(await answers[check]!(context, ...about))) {
        throw accessDenied(check, context.identity, about, catalog)
      }
    }
  const checks = Object.keys(answers) as AccessCheck[]
  return Object.fromEntries(checks.map((check) => [check, refusing(check)]))
}
