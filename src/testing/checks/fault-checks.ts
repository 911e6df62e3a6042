import { MillraceError } from '../../spi/index.js'
import { type Environment, failOn, inEnvironment } from '../environment.js'
import { difference, sorted } from '../row-text.js'
import type { Fault, SpiCallName } from '../spi-call.js'
import { type ConnectorCheck, type ConnectorSubject, tablesOf } from '../subject.js'

/** What injected faults end with. */
export const FAULT_CODE = 'KIT_INJECTED_FAULT'
const FAULT_NUMBER = 0x7ff0_0001
const faultIn = (call: SpiCallName) => (): MillraceError =>
  new MillraceError(FAULT_CODE, `Fault in ${call}`, { number: FAULT_NUMBER, type: 'EXTERNAL' })

/** Calls by which the engine only learns about the connector, and whose failure is nobody's. */
const isInjected = (call: SpiCallName): boolean => call !== 'connector.shutdown'

/**
 * A fault in each of the calls that a query makes of the connector, the first and the last of each name: the query ends with
 * its code, nothing stays open, and the next query gives the same rows as before.
 */
export const faultChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] =>
  subject.tables.length === 0
    ? []
    : (['before', 'after'] as const).map((moment) => ({
        name: `faults: ${moment === 'before' ? 'a call that fails' : 'an answer that is lost'} ends the query with its error and leaves nothing open`,
        run: () => inEnvironment(subject, (environment) => checkFaults(environment, moment)),
      }))

async function checkFaults(environment: Environment, moment: Fault['moment']): Promise<void> {
  const [{ name, where, isStable = true }] = tablesOf(environment.subject) as [
    ReturnType<typeof tablesOf>[number],
  ]
  const condition = where === undefined ? '' : ` WHERE ${where}`
  const sql = `SELECT * FROM ${name}${condition}`
  const expected = sorted(await environment.rows(sql))
  for (const injected of await faultsOf(environment, sql, moment)) {
    const context = `${name}, a fault ${moment} call ${injected.occurrence} of ${injected.call}`
    await checkOutcome(environment, sql, injected, context)
    environment.probe.startRecording()
    const rows = sorted(await environment.rows(sql))
    const wrong = isStable ? difference(rows, expected) : undefined
    if (wrong !== undefined) failOn([`the query after it: ${wrong}`], context)
    failOn(environment.probe.takeProblems(), context)
  }
}

/** A fault for the first and the last call of each name that a statement makes when it is run now. */
export async function faultsOf(
  { probe, execute }: Environment,
  sql: string,
  moment: Fault['moment'],
): Promise<readonly Fault[]> {
  probe.startRecording()
  await execute(sql)
  const calls = [...probe.calls].filter(([call]) => isInjected(call))
  return calls.flatMap(([call, count]) =>
    [...new Set([1, count])].map((occurrence) => ({
      call,
      occurrence,
      moment,
      error: faultIn(call),
    })),
  )
}

async function checkOutcome(
  { probe, failure }: Environment,
  sql: string,
  injected: Fault,
  context: string,
): Promise<void> {
  probe.startRecording(injected)
  const error = await failure(sql)
  const problems = [...probe.takeProblems()]
  if (probe.faultDone) {
    if (error === undefined) problems.push('the query succeeded all the same')
    else if (error.code !== FAULT_CODE)
      problems.push(`it ended with ${error.code}: ${error.message}`)
  }
  failOn(problems, context)
}
