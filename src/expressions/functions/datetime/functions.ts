import type { FunctionDefinition } from '../../function-definition.js'
import { atTimezone } from './at-timezone.js'
import { atTimezoneOperator } from './at-timezone-operator.js'
import { currentDate } from './current-date.js'
import { currentTimezone } from './current-timezone.js'
import { date } from './date.js'
import { dateAdd } from './date-add.js'
import { dateDiff } from './date-diff.js'
import { dateFormat } from './date-format.js'
import { dateParse } from './date-parse.js'
import { dateTrunc } from './date-trunc.js'
import { dateFields, timeFields } from './extract.js'
import { formatDatetime } from './format-datetime.js'
import { fromIso8601Date } from './from-iso8601-date.js'
import { fromIso8601Timestamp } from './from-iso8601-timestamp.js'
import { fromIso8601TimestampNanos } from './from-iso8601-timestamp-nanos.js'
import { fromUnixtime } from './from-unixtime.js'
import { fromUnixtimeNanos } from './from-unixtime-nanos.js'
import { humanReadableSeconds } from './human-readable-seconds.js'
import { lastDayOfMonth } from './last-day-of-month.js'
import { now } from './now.js'
import { parseDatetime } from './parse-datetime.js'
import { parseDuration } from './parse-duration.js'
import { timezone } from './timezone.js'
import { toChar } from './to-char.js'
import { toDate } from './to-date.js'
import { toIso8601 } from './to-iso8601.js'
import { toMilliseconds } from './to-milliseconds.js'
import { toTimestamp } from './to-timestamp.js'
import { toUnixtime } from './to-unixtime.js'
import { withTimezone } from './with-timezone.js'

export const DATETIME_FUNCTIONS: readonly FunctionDefinition[] = [
  atTimezone,
  atTimezoneOperator,
  currentDate,
  currentTimezone,
  date,
  dateAdd,
  dateDiff,
  dateFormat,
  dateParse,
  dateTrunc,
  ...dateFields,
  ...timeFields,
  formatDatetime,
  fromIso8601Date,
  fromIso8601Timestamp,
  fromIso8601TimestampNanos,
  fromUnixtime,
  fromUnixtimeNanos,
  humanReadableSeconds,
  lastDayOfMonth,
  now,
  parseDatetime,
  parseDuration,
  timezone,
  toChar,
  toDate,
  toIso8601,
  toMilliseconds,
  toTimestamp,
  toUnixtime,
  withTimezone,
]
