import { QUERIES } from '../../../bench/tpch/queries.mjs'

/** How a dialect writes what TPC-H has of dates and strings. */
interface Spelling {
  /** A date literal. */
  date(day: string): string
  /** A date some months later. */
  later(day: string, months: number): string
  /** The last day of Q1, 90 days before the end. */
  readonly ninetyDaysBefore: string
  year(column: string): string
  substring(text: string, start: string, length: string): string
  /** Names of columns cannot follow the name of a subquery. */
  readonly lacksColumnLists?: true
  /** A name that has to be quoted. */
  readonly reserved?: string
  /** A query with a limit, which it begins or ends with. */
  limited?(query: string, count: string): string
}

const unit = (months: number): readonly [number, 'year' | 'month'] =>
  months % 12 === 0 ? [months / 12, 'year'] : [months, 'month']

const POSTGRESQL: Spelling = {
  date: (day) => `date '${day}'`,
  later: (day, months) => `date '${day}' + interval '${unit(months).join(' ')}'`,
  ninetyDaysBefore: "date '1998-12-01' - interval '90' day",
  year: (column) => `extract(year from ${column})`,
  substring: (text, start, length) => `substring(${text} from ${start} for ${length})`,
}

const MYSQL: Spelling = {
  date: (day) => `'${day}'`,
  later: (day, months) => `date_add('${day}', interval ${unit(months).join(' ')})`,
  ninetyDaysBefore: "date_sub('1998-12-01', interval 90 day)",
  year: (column) => `year(${column})`,
  substring: (text, start, length) => `substring(${text}, ${start}, ${length})`,
}

export const SPELLINGS = {
  postgresql: POSTGRESQL,
  noql: POSTGRESQL,
  mysql: MYSQL,
  mariadb: MYSQL,
  sqlite: {
    date: (day) => `'${day}'`,
    later: (day, months) => `date('${day}', '+${unit(months).join(' ')}')`,
    ninetyDaysBefore: "date('1998-12-01', '-90 days')",
    year: (column) => `strftime('%Y', ${column})`,
    substring: (text, start, length) => `substr(${text}, ${start}, ${length})`,
  },
  bigquery: {
    lacksColumnLists: true,
    date: (day) => `DATE '${day}'`,
    later: (day, months) => `date_add(date '${day}', interval ${unit(months).join(' ')})`,
    ninetyDaysBefore: "date_sub(date '1998-12-01', interval 90 day)",
    year: (column) => `EXTRACT(YEAR FROM ${column})`,
    substring: (text, start, length) => `substr(${text}, ${start}, ${length})`,
  },
  snowflake: {
    date: (day) => `to_date('${day}')`,
    later: (day, months) => {
      const [count, part] = unit(months)
      return `dateadd(${part}, ${count}, to_date('${day}'))`
    },
    ninetyDaysBefore: "dateadd(day, -90, to_date('1998-12-01'))",
    year: (column) => `year(${column})`,
    substring: (text, start, length) => `substring(${text}, ${start}, ${length})`,
  },
  redshift: {
    date: (day) => `'${day}'`,
    later: (day, months) => {
      const [count, part] = unit(months)
      return `dateadd(${part}, ${count}, date '${day}')`
    },
    ninetyDaysBefore: "dateadd(day, -90, date '1998-12-01')",
    year: (column) => `date_part(year, ${column})`,
    substring: (text, start, length) => `substring(${text}, ${start}, ${length})`,
  },
  transactsql: {
    date: (day) => `'${day}'`,
    later: (day, months) => {
      const [count, part] = unit(months)
      return `DATEADD(${part}, ${count}, CONVERT(date, '${day}'))`
    },
    ninetyDaysBefore: "DATEADD(day, -90, CAST('1998-12-01' AS date))",
    year: (column) => `DATEPART(year, ${column})`,
    substring: (text, start, length) => `SUBSTRING(${text}, ${start}, ${length})`,
    limited: (query, count) => query.replace(/SELECT/, `SELECT TOP ${count}`),
  },
  db2: {
    date: (day) => `DATE('${day}')`,
    later: (day, months) => `ADD_MONTHS(DATE('${day}'), ${months})`,
    ninetyDaysBefore: "DATE('1998-09-02')",
    year: (column) => `YEAR(${column})`,
    substring: (text, start, length) => `SUBSTR(${text}, ${start}, ${length})`,
    limited: (query, count) => `${query} FETCH FIRST ${count} ROWS ONLY`,
  },
  hive: {
    lacksColumnLists: true,
    date: (day) => `'${day}'`,
    later: (day, months) => `to_date(add_months('${day}', ${months}))`,
    ninetyDaysBefore: "date_sub('1998-12-01', 90)",
    year: (column) => `year(${column})`,
    substring: (text, start, length) => `substr(${text}, ${start}, ${length})`,
  },
  flinksql: {
    reserved: 'value',
    date: (day) => `DATE '${day}'`,
    later: (day, months) => {
      const [count, part] = unit(months)
      return `DATE '${day}' + INTERVAL '${count}' ${part}`
    },
    ninetyDaysBefore: "DATE '1998-12-01' - INTERVAL '90' DAY",
    year: (column) => `YEAR(${column})`,
    substring: (text, start, length) => `SUBSTRING(${text}, ${start}, ${length})`,
  },
  athena: {
    date: (day) => `DATE '${day}'`,
    later: (day, months) => `date_add('month', ${months}, DATE '${day}')`,
    ninetyDaysBefore: "DATE '1998-12-01' - INTERVAL '90' DAY",
    year: (column) => `year(${column})`,
    substring: (text, start, length) => `substr(${text}, ${start}, ${length})`,
  },
} as const satisfies Readonly<Record<string, Spelling>>

const monthsBetween = (from: string, to: string): number => {
  const [year, month] = from.split('-').map(Number) as [number, number]
  const [toYear, toMonth] = to.split('-').map(Number) as [number, number]
  return (toYear - year) * 12 + toMonth - month
}

/** The 22 queries as Trino has them. */
export const TRINO_TEXTS: readonly string[] = QUERIES

/** The 22 queries in a dialect's own words. */
export function tpchTexts(spelling: Spelling): readonly string[] {
  return QUERIES.map((query: string) =>
    (spelling.lacksColumnLists === true
      ? query
          .replace('AS c_orders (c_custkey, c_count)', 'AS c_orders')
          .replace(
            'SELECT c_custkey, count(o_orderkey)',
            'SELECT c_custkey, count(o_orderkey) AS c_count',
          )
      : query
    )
      .replace("CAST('1998-09-02' AS date)", spelling.ninetyDaysBefore)
      .replace(
        /(>= )CAST\('([\d-]+)' AS date\)(\s+AND \w+ < )CAST\('([\d-]+)' AS date\)/g,
        (_, from, low, and, high) =>
          `${from}${spelling.date(low)}${and}${spelling.later(low, monthsBetween(low, high))}`,
      )
      .replace(/CAST\('([\d-]+)' AS date\)/g, (_, day) => spelling.date(day))
      .replace(/extract\(year\s+FROM (\w+)\)/gi, (_, column) => spelling.year(column))
      .replace(/substring\((\w+)\s+FROM (\d+) FOR (\d+)\)/gi, (_, text, start, length) =>
        spelling.substring(text, start, length),
      )
      .replace(/^([\s\S]*?)\s+LIMIT (\d+)\s*$/i, (whole, limited, count) =>
        spelling.limited === undefined ? whole : spelling.limited(limited, count),
      )
      .replaceAll(new RegExp(`\\b${spelling.reserved ?? '$^'}\\b`, 'g'), '`$&`'),
  )
}
