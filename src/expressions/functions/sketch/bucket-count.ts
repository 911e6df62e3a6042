import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'

export function bucketCount(value: Value, name: string): number {
  const buckets = value as bigint
  if (buckets < 2n) invalidArgument(`${name} bucket count must be greater than one`)
  if (buckets > 2_147_483_647n) invalidArgument(`${name} bucket count is too large: ${buckets}`)
  return Number(buckets)
}
