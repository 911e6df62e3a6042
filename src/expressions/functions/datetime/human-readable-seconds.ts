import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

const PARTS: readonly (readonly [name: string, seconds: bigint])[] = [
  ['week', 604_800n],
  ['day', 86_400n],
  ['hour', 3600n],
  ['minute', 60n],
  ['second', 1n],
]

export const humanReadableSeconds = scalarFunction({
  name: 'human_readable_seconds',
  description: 'Seconds as weeks, days, hours, minutes and seconds',
  overloads: [
    {
      args: ['double'],
      returns: 'varchar',
      evaluate: (seconds: number) => {
        if (!Number.isFinite(seconds)) return invalidArgument(`Invalid argument found: ${seconds}`)
        const rounded = Math.round(Math.abs(seconds))
        let rest = BigInt(Math.min(rounded, 2 ** 63))
        if (rest > 9_223_372_036_854_775_807n) rest = 9_223_372_036_854_775_807n
        const words: string[] = []
        for (const [name, size] of PARTS) {
          const count = rest / size
          rest %= size
          if (count > 0n) words.push(`${count} ${name}${count === 1n ? '' : 's'}`)
        }
        return words.length === 0 ? '0 seconds' : words.join(', ')
      },
    },
  ],
})
