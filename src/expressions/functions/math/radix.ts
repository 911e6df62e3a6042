import { invalidArgument } from '../../errors.js'

export function checkRadix(radix: bigint): number {
  if (radix < 2n || radix > 36n) invalidArgument('Radix must be between 2 and 36')
  return Number(radix)
}
