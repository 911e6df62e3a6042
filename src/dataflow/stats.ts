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
  elapsedMillis: number
  /** Of that, what went into compiling kernels that no thread had yet. */
  compileMillis: number
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
  elapsedMillis: 0,
  compileMillis: 0,
})

/** When a measurement began, and what its thread had compiled by then. */
export interface MeterStart {
  readonly atMillis: number
  readonly compiledMillis: number
}

export const startMeter = (): MeterStart => ({
  atMillis: performance.now(),
  compiledMillis: compiledMillis(),
})

export function addTime(
  meter: OperatorMeter,
  { atMillis, compiledMillis: before }: MeterStart,
): void {
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
  /** Of pages that another thread reads: what did not stay where operators had put it. */
  readonly copiedBytes?: number
}
