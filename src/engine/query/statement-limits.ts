import { MillraceError } from '../../spi/index.js'
import type { ExecutionInfo } from '../execution/query-info.js'
import type { Session } from '../session/session.js'
import { propertyText } from '../session/session-properties.js'
import { dataSizeBytes, durationMillis } from '../session/system-property.js'

/** A statement as its limits see it. */
export interface LimitedStatement {
  readonly session: Session
  isPlanning(): boolean
  /** Of its plan, once it runs. */
  info(): ExecutionInfo | undefined
  cancel(reason: MillraceError): void
}

/** How often it is looked at what a statement has used. */
const USAGE_MILLIS = 250
/** Timers hold at most this, 24 days. */
const TIMER_MILLIS_MAX = 2 ** 31 - 1

/**
 * Ends a statement once it has taken more than its session lets it: time of its own, of planning, of processors, or bytes of
 * what it reads, as far as connectors tell.
 * @returns ends the watching
 * @source Trino QueryTracker.enforceTimeLimits, SqlQueryManager.enforceCpuLimits, enforceScanLimits
 */
export function watchLimits(statement: LimitedStatement): () => void {
  const timers = [
    timeLimit(statement, 'query_max_run_time', 'Query exceeded maximum time limit of'),
    timeLimit(
      statement,
      'query_max_execution_time',
      'Query exceeded the maximum execution time limit of',
    ),
    timeLimit(
      statement,
      'query_max_planning_time',
      'Query exceeded the maximum planning time limit of',
      () => statement.isPlanning(),
    ),
    usageLimits(statement),
  ]
  return () => {
    for (const timer of timers) clearTimeout(timer)
  }
}

function timeLimit(
  statement: LimitedStatement,
  name: string,
  message: string,
  counts: () => boolean = () => true,
): NodeJS.Timeout | undefined {
  const text = propertyText(statement.session, name)
  const limitMillis = durationMillis(text)
  if (limitMillis > TIMER_MILLIS_MAX) return undefined
  return setTimeout(() => {
    if (counts()) exceed(statement, 'EXCEEDED_TIME_LIMIT', `${message} ${durationText(text)}`)
  }, limitMillis).unref()
}

function usageLimits(statement: LimitedStatement): NodeJS.Timeout | undefined {
  const cpuText = propertyText(statement.session, 'query_max_cpu_time')
  const scanText = propertyText(statement.session, 'query_max_scan_physical_bytes')
  const cpuMillis = durationMillis(cpuText)
  const scanBytes = scanText === '' ? Number.POSITIVE_INFINITY : dataSizeBytes(scanText)
  if (cpuMillis > TIMER_MILLIS_MAX && scanBytes === Number.POSITIVE_INFINITY) return undefined
  return setInterval(() => {
    const info = statement.info()
    if (info === undefined) return
    if (info.cpuNanos / 1e6 > cpuMillis) {
      exceed(statement, 'EXCEEDED_CPU_LIMIT', `Exceeded CPU limit of ${durationText(cpuText)}`)
    } else if (info.physicalInputBytes > scanBytes) {
      exceed(statement, 'EXCEEDED_SCAN_LIMIT', `Exceeded scan limit of ${scanText}`)
    }
  }, USAGE_MILLIS).unref()
}

const exceed = (statement: LimitedStatement, code: string, message: string): void =>
  statement.cancel(new MillraceError(code, message))

/** A duration with two places, as Trino shows it. */
const durationText = (text: string): string => {
  const [, amount, unit] = /^\s*([\d.]+)\s*([a-zA-Z]+)\s*$/.exec(text) ?? []
  return amount === undefined ? text : `${Number(amount).toFixed(2)}${unit}`
}
