import { compiledMillis } from '../expressions/compile-time.js'

/** What one operator of one driver did; plain, so that threads report it. Added up by plan node for EXPLAIN ANALYZE. */
export interface OperatorMeter {
  readonly planNodeId: string
  readonly name: string
  inputRows: number
  inputPages: number
  outputRows: number
  outputPages: number
  /** Of the pages that came in; of a source, those that it read. */
  inputBytes: number
  /** Of a source: what its connector read, from files for example, as far as it tells. */
  physicalInputBytes: number
  /** Of a source: how long its connector took to read, as far as it tells. */
  physicalInputNanos: number
  /** How long it ran, also while its thread had to wait for a processor. */
  elapsedMillis: number
  /** Of that, what its thread had a processor; absent where Node.js doesn't tell (before 23.9). */
  cpuMillis?: number
  /** Of that, what went into compiling kernels that no thread had yet. */
  compileMillis: number
  /** What it tells of its work besides, once it has ended. */
  details?: Readonly<Record<string, string | number>>
}

export const operatorMeter = (planNodeId: string, name: string): OperatorMeter => ({
  planNodeId,
  name,
  inputRows: 0,
  inputPages: 0,
  outputRows: 0,
  outputPages: 0,
  inputBytes: 0,
  physicalInputBytes: 0,
  physicalInputNanos: 0,
  elapsedMillis: 0,
  compileMillis: 0,
})

/** When a measurement began, and what its thread had compiled by then. */
export interface MeterStart {
  readonly atMillis: number
  readonly compiledMillis: number
  readonly cpuMillis: number | undefined
}

/** Since Node.js 23.9. */
const readThreadCpu: (() => { readonly user: number; readonly system: number }) | undefined =
  'threadCpuUsage' in process && typeof process.threadCpuUsage === 'function'
    ? process.threadCpuUsage.bind(process)
    : undefined

/** Processor time of this thread. @returns undefined where Node.js doesn't tell */
function threadCpuMillis(): number | undefined {
  if (readThreadCpu === undefined) return undefined
  const { user, system } = readThreadCpu()
  return (user + system) / 1000
}

export const startMeter = (): MeterStart => ({
  atMillis: performance.now(),
  compiledMillis: compiledMillis(),
  cpuMillis: threadCpuMillis(),
})

export function addTime(
  meter: OperatorMeter,
  { atMillis, compiledMillis: before, cpuMillis }: MeterStart,
): void {
  const cpuNow = threadCpuMillis()
  if (cpuNow !== undefined && cpuMillis !== undefined) {
    meter.cpuMillis = (meter.cpuMillis ?? 0) + cpuNow - cpuMillis
  }
  meter.elapsedMillis += performance.now() - atMillis
  meter.compileMillis += compiledMillis() - before
}

/** One driver's report. */
export interface DriverStats {
  readonly pipelineId: number
  readonly driverIndex: number
  readonly thread: string
  readonly operators: readonly OperatorMeter[]
  readonly splits: number
  /** Of these, those that it is reading. */
  readonly runningSplits: number
  /** Of pages that another thread reads: what did not stay where operators had put it. */
  readonly copiedBytes?: number
}
