import { invalidArgument } from '../../errors.js'

const checkTrials = (successes: bigint, trials: bigint, z: number): void => {
  if (successes < 0n) invalidArgument('number of successes must not be negative')
  if (trials <= 0n) invalidArgument('number of trials must be positive')
  if (successes > trials) {
    invalidArgument('number of successes must not be larger than number of trials')
  }
  if (!(z >= 0)) invalidArgument('z-score must not be negative')
}

export const wilson =
  (sign: 1 | -1) =>
  (successes: bigint, trials: bigint, z: number): number => {
    checkTrials(successes, trials, z)
    const n = Number(trials)
    const p = Number(successes) / n
    const a = p + (z * z) / (2 * n)
    const b = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
    return (a + sign * b) / (1 + (z * z) / n)
  }

export const WILSON = { args: ['bigint', 'bigint', 'double'], returns: 'double' } as const
