import { addMonths, MILLIS_PER_DAY, PICOS_PER_MILLI } from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'
import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { addMonthsToTimestamp } from '../operator/temporal-arithmetic.js'

const MAX_ENTRIES = 10_000

function tooLong(): never {
  return invalidArgument('result of sequence function must not have more than 10000 entries')
}

function checkDirection(isForward: boolean, isAscending: boolean): void {
  if (isForward !== isAscending) {
    invalidArgument(
      'sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start',
    )
  }
}

/** start, start + step … up to stop, which is in it where a step meets it. */
function byStep(start: bigint, stop: bigint, step: bigint): bigint[] {
  if (step === 0n) invalidArgument('step must not be zero')
  if (start !== stop) checkDirection(step > 0n, stop > start)
  const count = (stop - start) / step + 1n
  if (count > BigInt(MAX_ENTRIES)) tooLong()
  return Array.from({ length: Number(count) }, (_, i) => start + BigInt(i) * step)
}

/** The same by months from the start, so that the last day of a month stays one where it can. */
function byMonths<T extends number | bigint>(
  start: T,
  stop: T,
  months: number,
  add: (value: T, months: number) => T,
): T[] {
  if (months === 0) invalidArgument('step must not be zero')
  if (start !== stop) checkDirection(months > 0, stop > start)
  const result: T[] = []
  for (let i = 0; ; i++) {
    const value = add(start, i * months)
    if (months > 0 ? value > stop : value < stop) return result
    result.push(value)
    if (result.length > MAX_ENTRIES) tooLong()
  }
}

function daysByMillis(start: number, stop: number, millis: bigint): number[] {
  if (millis % MILLIS_PER_DAY !== 0n) {
    invalidArgument('sequence step must be a day interval if start and end values are dates')
  }
  return byStep(BigInt(start), BigInt(stop), millis / MILLIS_PER_DAY).map(Number)
}

const overload = (
  type: string,
  step: string | undefined,
  evaluate: ScalarOverload['evaluate'],
): ScalarOverload => ({
  args: step === undefined ? [type, type] : [type, type, step],
  returns: `array(${type})`,
  ...(evaluate === undefined ? {} : { evaluate }),
})

export const sequence = scalarFunction({
  name: 'sequence',
  description: 'The array of values from a start to a stop by a step',
  overloads: [
    overload('bigint', 'bigint', (start: bigint, stop: bigint, step: bigint) =>
      byStep(start, stop, step),
    ),
    overload('bigint', undefined, (start: bigint, stop: bigint) =>
      byStep(start, stop, stop >= start ? 1n : -1n),
    ),
    overload('date', undefined, (start: number, stop: number) =>
      byStep(BigInt(start), BigInt(stop), stop >= start ? 1n : -1n).map(Number),
    ),
    overload('date', 'interval day to second', daysByMillis),
    overload('date', 'interval year to month', (start: number, stop: number, months: number) =>
      byMonths(start, stop, months, addMonths),
    ),
    overload(
      'timestamp(p)',
      'interval day to second',
      (start: bigint, stop: bigint, millis: bigint) =>
        byStep(start, stop, millis * PICOS_PER_MILLI),
    ),
    overload(
      'timestamp(p)',
      'interval year to month',
      (start: bigint, stop: bigint, months: number) =>
        byMonths(start, stop, months, addMonthsToTimestamp),
    ),
  ],
})
