import type { Expression } from '../../expressions/ir.js'
import { cast, constant, nullConstant } from '../../expressions/ir-build.js'
import {
  DATE,
  MillraceError,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  VARCHAR,
} from '../../spi/index.js'
import type {
  CurrentCatalog,
  CurrentDate,
  CurrentPath,
  CurrentSchema,
  CurrentTime,
  CurrentTimestamp,
  CurrentUser,
  LocalTime,
  LocalTimestamp,
} from '../parser/ast/index.js'
import type { Analysis, ExpressionContext } from './analysis.js'

type SessionForm =
  | CurrentCatalog
  | CurrentDate
  | CurrentPath
  | CurrentSchema
  | CurrentTime
  | CurrentTimestamp
  | CurrentUser
  | LocalTime
  | LocalTimestamp

const DEFAULT_PRECISION = 3
const PICOS_PER_MILLI = 1_000_000_000n

/** CURRENT_DATE, CURRENT_USER and their like: constants of the session, one instant for the whole statement. */
export function sessionValue(node: SessionForm, { analysis }: ExpressionContext): Expression {
  const { session } = analysis
  switch (node.kind) {
    case 'currentCatalog':
      return text(session.catalog)
    case 'currentSchema':
      return text(session.schema)
    case 'currentPath':
      return text(session.pathText ?? '')
    case 'currentUser':
      return text(session.user)
    case 'currentDate':
      return cast(now(analysis, DEFAULT_PRECISION, 'TIMESTAMP WITH TIME ZONE'), DATE)
    case 'currentTimestamp':
      return now(analysis, node.precision, 'TIMESTAMP WITH TIME ZONE')
    case 'localTimestamp':
      return cast(
        now(analysis, node.precision, 'TIMESTAMP'),
        timestampType(node.precision ?? DEFAULT_PRECISION),
      )
    case 'currentTime':
      return cast(
        now(analysis, node.precision, 'TIME WITH TIME ZONE'),
        timeWithTimeZoneType(node.precision ?? DEFAULT_PRECISION),
      )
    case 'localTime':
      return cast(
        now(analysis, node.precision, 'TIME'),
        timeType(node.precision ?? DEFAULT_PRECISION),
      )
  }
}

/** Functions without arguments that ask the session. */
export function sessionFunction(name: string, analysis: Analysis): Expression | undefined {
  if (name === 'now') return now(analysis, DEFAULT_PRECISION, 'TIMESTAMP WITH TIME ZONE')
  if (name === 'current_timezone') return text(analysis.session.timeZone)
  return undefined
}

const text = (value: string | undefined): Expression =>
  value === undefined ? nullConstant(VARCHAR) : constant(VARCHAR, value)

function now(analysis: Analysis, precision = DEFAULT_PRECISION, typeText: string): Expression {
  if (precision > 12) {
    throw new MillraceError(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      `${typeText} precision must be in range [0, 12]: ${precision}`,
    )
  }
  analysis.traits.deterministic = false
  const { startMillis, timeZone } = analysis.session
  const unit = 10n ** BigInt(12 - precision)
  const picos = BigInt(startMillis) * PICOS_PER_MILLI
  const rounded = ((picos + unit / 2n) / unit) * unit
  return constant(timestampWithTimeZoneType(precision), { picos: rounded, zone: timeZone })
}
