import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { floorModulo, PICOS_PER_MILLI, roundPicos } from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'
import type { ScalarEvaluator, ScalarOverload } from '../../function-definition.js'
import { localTimeOf, type PatternPart, printPattern } from '../../value/datetime-pattern.js'

type PatternParser = (pattern: string) => readonly PatternPart[]

/** Patterns are nearly always constants: the last one is kept. */
export function remembering(parse: PatternParser): PatternParser {
  let last: string | undefined
  let parts: readonly PatternPart[] = []
  return (pattern) => {
    if (pattern !== last) {
      parts = parse(pattern)
      last = pattern
    }
    return parts
  }
}

/** The pattern of a timestamp that is of no zone. @throws INVALID_FUNCTION_ARGUMENT where it prints one */
const withoutZone =
  (parse: PatternParser): PatternParser =>
  (pattern) => {
    const parts = parse(pattern)
    if (parts.some((part) => part.kind === 'zone')) {
      invalidArgument(
        "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information",
      )
    }
    return parts
  }

export const toMillis = (picos: bigint): bigint => picos - floorModulo(picos, PICOS_PER_MILLI)

export const printing = (
  parse: PatternParser,
  millisOf = (picos: bigint) => roundPicos(picos, 3),
): readonly ScalarOverload[] => [
  {
    args: ['timestamp(p)', 'varchar(x)'],
    returns: 'varchar',
    bind: ({ session }): ScalarEvaluator => {
      const parts = remembering(withoutZone(parse))
      return (picos: bigint, pattern: string) =>
        printPattern(parts(pattern), {
          local: millisOf(picos),
          zone: session.timeZone,
          offsetSeconds: 0,
        })
    },
  },
  {
    args: ['timestamp(p) with time zone', 'varchar(x)'],
    returns: 'varchar',
    bind: (): ScalarEvaluator => {
      const parts = remembering(parse)
      return ({ picos, zone }: ZonedTimestamp, pattern: string) =>
        printPattern(parts(pattern), localTimeOf(millisOf(picos), zone))
    },
  },
]
