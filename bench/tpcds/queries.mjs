import { readFileSync } from 'node:fs'

const QUERY_COUNT = 99

/**
 * The 99 queries of TPC-DS with the parameters of Trino's suite. Queries 47, 53, 57, 58, 63, 83 and 89 divide sums cast to
 * DOUBLE: engines disagree about the scale of a quotient of decimals, and with it about the rows that a condition keeps.
 */
export const QUERIES = Array.from({ length: QUERY_COUNT }, (_, i) =>
  readFileSync(new URL(`queries/q${String(i + 1).padStart(2, '0')}.sql`, import.meta.url), 'utf8'),
)
