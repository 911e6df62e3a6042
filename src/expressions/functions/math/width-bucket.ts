import { invalidArgument, outOfRange } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

function ofRange(operand: number, first: number, second: number, count: bigint): bigint {
  if (count <= 0n) invalidArgument('bucketCount must be greater than 0')
  if (Number.isNaN(operand)) invalidArgument('operand must not be NaN')
  if (!Number.isFinite(first)) invalidArgument('first bound must be finite')
  if (!Number.isFinite(second)) invalidArgument('second bound must be finite')
  if (first === second) invalidArgument('bounds cannot equal each other')
  const lower = Math.min(first, second)
  const upper = Math.max(first, second)
  let bucket: bigint
  if (operand < lower) bucket = 0n
  else if (operand >= upper) {
    bucket = count + 1n
    if (bucket > 9_223_372_036_854_775_807n)
      outOfRange(`Bucket for value ${operand} is out of range`)
  } else {
    bucket = BigInt(Math.floor((Number(count) * (operand - lower)) / (upper - lower) + 1))
  }
  return first > second ? count - bucket + 1n : bucket
}

function ofBins(operand: number, bins: readonly (number | null)[]): bigint {
  if (bins.length === 0) invalidArgument('Bins cannot be an empty array')
  if (Number.isNaN(operand)) invalidArgument('Operand cannot be NaN')
  let low = 0
  let high = bins.length
  while (low < high) {
    if (bins[low]! > bins[high - 1]!)
      invalidArgument('Bin values are not sorted in ascending order')
    const middle = (low + high) >> 1
    const bin = bins[middle]!
    if (bin === null || !Number.isFinite(bin))
      invalidArgument(`Bin value must be finite, got ${bin}`)
    if (operand < bin) high = middle
    else low = middle + 1
  }
  return BigInt(low)
}

export const widthBucket = scalarFunction({
  name: 'width_bucket',
  description: 'The number of the bucket that a value falls in',
  overloads: [
    { args: ['double', 'double', 'double', 'bigint'], returns: 'bigint', evaluate: ofRange },
    { args: ['double', 'array(double)'], returns: 'bigint', evaluate: ofBins },
  ],
})
