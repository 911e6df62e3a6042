import type { Environment } from './environment.js'
import { PLAIN } from './environment.js'
import { literalOf, type SampledTable } from './random-query.js'
import { tablesOf } from './subject.js'

const SAMPLE_ROWS = 200
const LITERALS = 24

/** The tables of a subject that random queries are compared over, with some values of every column. */
export async function sampledTables(environment: Environment): Promise<readonly SampledTable[]> {
  const compared = tablesOf(environment.subject).filter(
    ({ isStable = true, isLarge = false }) => isStable && !isLarge,
  )
  return Promise.all(compared.map(({ name, where }) => sampledTable(environment, name, where)))
}

/** A table by its name, as SQL writes it. */
export async function sampledTable(
  { engine, columns }: Environment,
  name: string,
  where?: string,
): Promise<SampledTable> {
  const condition = where === undefined ? '' : ` WHERE ${where}`
  const sql = `SELECT * FROM ${PLAIN}.${name}${condition} LIMIT ${SAMPLE_ROWS}`
  const described = await columns(sql)
  const rows = await engine.query<readonly unknown[]>(sql, [], { rowMode: 'array' }).all()
  return {
    name,
    where,
    columns: described.map(({ name: column, type }, c) => {
      const literals = new Set<string>()
      for (const row of rows) {
        const literal = literalOf(row[c], type)
        if (literal !== undefined && literals.size < LITERALS) literals.add(literal)
      }
      return { name: column, type, literals: [...literals] }
    }),
  }
}
