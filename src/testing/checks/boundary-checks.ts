import { type Environment, inEnvironment } from '../environment.js'
import { SeededRandom } from '../random.js'
import { quoted } from '../random-query.js'
import { sampledTable } from '../sampled-table.js'
import { type ConnectorCheck, type ConnectorSubject, lacks } from '../subject.js'
import { TYPE_VALUES } from '../type-values.js'
import { DEFAULT_ROUNDS, PUSHDOWNS, randomQueries } from './pushdown-checks.js'

const TABLE = 'kit_boundaries'
/** More than there are values of a type, so that most have ties. */
const ROWS = 40
/** One in so many values is NULL. */
const NULLS = 6

/**
 * Random queries over random rows of extremes, NULLs and ties in every type that the connector holds: order of NULLs, blanks
 * at the end of texts, scales of decimals, NaN, times before 1970.
 */
export const boundaryChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => {
  if (lacks(subject, 'create table') || lacks(subject, 'keep rows')) return []
  return PUSHDOWNS.map(({ kind, name }) => ({
    name: `boundaries: ${name} over extremes, NULLs and ties, the same rows as without pushdown`,
    run: () =>
      inEnvironment(subject, async (environment) => {
        await environment.execute(boundaryTable(environment))
        const schema = subject.schema ?? 'default'
        const table = await sampledTable(environment, `${quoted(schema)}.${TABLE}`)
        await randomQueries(environment, kind, subject.rounds ?? DEFAULT_ROUNDS, [table])
      }),
  }))
}

function boundaryTable({ subject }: Environment): string {
  const { tableProperties, lacksTypes = [], lacksValues = [], seed = 1 } = subject
  const random = new SeededRandom(seed)
  const types = Object.entries(TYPE_VALUES).filter(([type]) => !lacksTypes.includes(type))
  const rows = Array.from({ length: ROWS }, (_, n) => {
    const values = types.map(([type, all]) => {
      const held = all.filter((value) => !lacksValues.includes(value))
      return random.below(NULLS) === 0
        ? `CAST(NULL AS ${type})`
        : `CAST(${random.pick(held)} AS ${type})`
    })
    return `(${[n, ...values].join(', ')})`
  })
  const names = ['n', ...types.map((_, i) => `c${i}`)].join(', ')
  const properties = tableProperties === undefined ? '' : ` WITH ${tableProperties}`
  return `CREATE TABLE ${TABLE}${properties} AS SELECT * FROM (VALUES ${rows.join(', ')}) t (${names})`
}
