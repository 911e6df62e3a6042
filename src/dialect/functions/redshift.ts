import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { extractField } from '../temporal.js'
import { filled } from '../tree.js'
import { ADD_MONTHS } from './calendar.js'
import {
  boundaries,
  concatenated,
  dateAdd,
  decode,
  joined,
  unitOf,
  variadic,
  wordOf,
} from './call-translations.js'
import { POSTGRESQL_FUNCTIONS } from './postgresql.js'

const datePart = (call: ForeignCall): Expression =>
  extractField(wordOf(call, 0), call.value(1), call.translation)

/** It has no time zone, of a date either. */
const truncated = (call: ForeignCall): Expression =>
  filled(
    `date_trunc('${unitOf(call, 0)}', "$dialect_timestamp"(_1))`,
    [call.value(1)],
    call.translation.location,
  )

/** @see https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html */
export const REDSHIFT_FUNCTIONS: FunctionRules = {
  ...POSTGRESQL_FUNCTIONS,
  add_months: `CAST(${ADD_MONTHS} AS timestamp(6))`,
  charindex: 'strpos(_2, _1)',
  // A NULL makes it NULL.
  concat: concatenated,
  date_part: datePart,
  date_trunc: truncated,
  dateadd: dateAdd,
  datediff: boundaries(0, 1, 2),
  datepart: datePart,
  decode,
  getdate: "CAST(current_timestamp(0) AT TIME ZONE 'UTC' AS timestamp(0))",
  isnull: 'coalesce(_1, _2)',
  last_day: 'last_day_of_month(_1)',
  len: 'length(_1)',
  listagg: (call) => joined(call, ''),
  nvl: variadic('coalesce'),
  nvl2: 'IF(_1 IS NOT NULL, _2, _3)',
  // What LISTAGG … WITHIN GROUP is written as for the grammar.
  string_agg: (call) => joined(call, ''),
}
