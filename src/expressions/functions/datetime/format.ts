import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { floorModulo, PICOS_PER_DAY, PICOS_PER_MILLI, roundPicos } from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarEvaluator,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'
import { jodaPattern, mysqlPattern } from '../../value/datetime-letters.js'
import {
  localTimeOf,
  type PatternPart,
  parsePattern,
  printPattern,
} from '../../value/datetime-pattern.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { zonedInstant } from '../../value/temporal-range.js'
import { teradataPattern } from '../../value/teradata-pattern.js'

type PatternParser = (pattern: string) => readonly PatternPart[]

/** Patterns are nearly always constants: the last one is kept. */
function remembering(parse: PatternParser): PatternParser {
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

const toMillis = (picos: bigint): bigint => picos - floorModulo(picos, PICOS_PER_MILLI)

const printing = (
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

export const dateFormat = scalarFunction({
  name: 'date_format',
  description: 'A timestamp as a text, by a pattern of MySQL',
  overloads: printing(mysqlPattern),
})

export const formatDatetime = scalarFunction({
  name: 'format_datetime',
  description: 'A timestamp as a text, by a pattern of Joda-Time',
  overloads: printing(jodaPattern),
})

export const dateParse = scalarFunction({
  name: 'date_parse',
  description: 'The timestamp that a text writes, by a pattern of MySQL',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'timestamp(3)',
      bind: (): ScalarEvaluator => {
        const parts = remembering(mysqlPattern)
        return (text: string, pattern: string) => toMillis(parsePattern(parts(pattern), text).local)
      },
    },
  ],
})

export const parseDatetime = scalarFunction({
  name: 'parse_datetime',
  description: 'The timestamp that a text writes, by a pattern of Joda-Time',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'timestamp(3) with time zone',
      bind: ({ session }): ScalarEvaluator => {
        const parts = remembering(jodaPattern)
        return (text: string, pattern: string) => {
          const { local, zone = session.timeZone } = parsePattern(parts(pattern), text)
          return zonedInstant({ picos: instantOfLocal(toMillis(local), zone), zone })
        }
      },
    },
  ],
})

export const teradataFormats: readonly FunctionDefinition[] = [
  scalarFunction({
    name: 'to_char',
    description: 'A timestamp as a text, by a pattern of Teradata',
    overloads: printing(teradataPattern, toMillis).slice(1),
  }),
  scalarFunction({
    name: 'to_date',
    description: 'The date that a text writes, by a pattern of Teradata',
    overloads: [
      {
        args: ['varchar(x)', 'varchar(y)'],
        returns: 'date',
        bind: (): ScalarEvaluator => {
          const parts = remembering(teradataPattern)
          return (text: string, pattern: string) => {
            const { local } = parsePattern(parts(pattern), text)
            return Number((local - floorModulo(local, PICOS_PER_DAY)) / PICOS_PER_DAY)
          }
        },
      },
    ],
  }),
  scalarFunction({
    name: 'to_timestamp',
    description: 'The timestamp that a text writes, by a pattern of Teradata',
    overloads: [
      {
        args: ['varchar(x)', 'varchar(y)'],
        returns: 'timestamp(3)',
        bind: (): ScalarEvaluator => {
          const parts = remembering(teradataPattern)
          return (text: string, pattern: string) =>
            toMillis(parsePattern(parts(pattern), text).local)
        },
      },
    ],
  }),
]
