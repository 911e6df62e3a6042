import { MillraceError } from '../../spi/index.js'
import { type Environment, failOn, inEnvironment, PLAIN, SUBJECT } from '../environment.js'
import { loadCarriages } from '../plain-value.js'
import { SeededRandom } from '../random.js'
import {
  plainQueries,
  QUERY_KINDS,
  type QueryKind,
  type RandomQuery,
  type SampledTable,
} from '../random-query.js'
import { difference, isPartOf, sorted } from '../row-text.js'
import { sampledTables } from '../sampled-table.js'
import { type Capability, type ConnectorCheck, type ConnectorSubject, lacks } from '../subject.js'

export const DEFAULT_ROUNDS = 25
const CARRIED_ROUNDS = 1

/** The kinds of queries by what they may have the connector do. */
export const PUSHDOWNS: readonly {
  readonly kind: QueryKind
  readonly name: string
  readonly method?: string
  readonly capability?: Capability
}[] = [
  {
    kind: 'filter',
    name: 'random predicates',
    method: 'applyFilter',
    capability: 'filter pushdown',
  },
  {
    kind: 'projection',
    name: 'random projections',
    method: 'applyProjection',
    capability: 'projection pushdown',
  },
  { kind: 'limit', name: 'random limits', method: 'applyLimit', capability: 'limit pushdown' },
  { kind: 'topN', name: 'random top-N', method: 'applyTopN', capability: 'top-N pushdown' },
  {
    kind: 'aggregation',
    name: 'random aggregations',
    method: 'applyAggregation',
    capability: 'aggregation pushdown',
  },
  { kind: 'join', name: 'random joins', method: 'applyJoin', capability: 'join pushdown' },
  { kind: 'sample', name: 'samples', method: 'applySample', capability: 'sample pushdown' },
  { kind: 'dynamicFilter', name: 'dynamic filters' },
]

/** Random queries give the same rows with the connector's pushdown and without. */
export const pushdownChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  ...PUSHDOWNS.map(({ kind, name, method, capability }) => ({
    name: `pushdown: ${name}, the same rows as without`,
    run: () =>
      inEnvironment(subject, async (environment) => {
        const tables = await sampledTables(environment)
        await randomQueries(environment, kind, subject.rounds ?? DEFAULT_ROUNDS, tables)
        if (method === undefined || capability === undefined) return
        const taken = environment.probe.taken.get(method) ?? 0
        const isDeclared = lacks(subject, capability)
        const isTried = subject.tables.length > 0
        if (isTried && taken === 0 && !isDeclared) {
          failOn([`${method} took nothing that it was offered; or declare '${capability}'`])
        }
        if (taken > 0 && isDeclared) {
          failOn([`'${capability}' is declared to be lacking, but ${method} took something`])
        }
      }),
  })),
  {
    // One after the other: what one of them loses, none of the others brings back.
    name: 'handles: they survive structured clone, msgpack and JSON',
    run: async () => {
      const carriages = await loadCarriages()
      const carry = (value: unknown): unknown =>
        carriages.reduce((carried, carriage) => carriage.carry(carried), value)
      await inEnvironment(subject, everyKind, { carry })
    },
  },
  {
    name: 'handles: a connector of another thread reads what they describe',
    run: () =>
      inEnvironment(subject, everyKind, {
        carry: (value) => structuredClone(value),
        readsInWorker: true,
      }),
  },
]

async function everyKind(environment: Environment): Promise<void> {
  const tables = await sampledTables(environment)
  for (const { kind } of PUSHDOWNS) await randomQueries(environment, kind, CARRIED_ROUNDS, tables)
}

export async function randomQueries(
  environment: Environment,
  kind: QueryKind,
  rounds: number,
  tables: readonly SampledTable[],
): Promise<void> {
  const seed = environment.subject.seed ?? 1
  const random = new SeededRandom(seed)
  for (const table of tables) {
    for (const query of plainQueries(kind, table)) await compare(environment, query, query.sql)
    for (let round = 0; round < rounds; round++) {
      const query = QUERY_KINDS[kind](random, table, random.pick(tables))
      await compare(environment, query, `seed ${seed}: ${query.sql}`)
    }
  }
}

async function compare(
  environment: Environment,
  query: RandomQuery,
  context: string,
): Promise<void> {
  // Without catalogs in the text, both sides run the same.
  const [expected, actual] = [
    await outcome(environment, query.sql, PLAIN),
    await outcome(environment, query.sql, SUBJECT),
  ]
  failOn(environment.probe.takeProblems(), context)
  if (typeof expected === 'string' || typeof actual === 'string') {
    // Where rows are cut off, it is chance whether those that fail are among them.
    if (query.whole !== undefined || expected === actual) return
    failOn([`ends with ${outcomeText(actual)} instead of ${outcomeText(expected)}`], context)
    return
  }
  if (query.whole !== undefined) {
    const whole = await environment.rows(query.whole, PLAIN)
    if (actual.length !== expected.length || !isPartOf(actual, whole)) {
      failOn([`${actual.length} rows instead of ${expected.length}, or other ones`], context)
    }
    return
  }
  const wrong =
    query.isOrdered === true
      ? difference(actual, expected)
      : difference(sorted(actual), sorted(expected))
  if (wrong !== undefined) failOn([wrong], context)
}

/** The rows, or the code of the error that comes of them, as of a sum that overflows. */
async function outcome(
  { rows }: Environment,
  sql: string,
  catalog: string,
): Promise<readonly string[] | string> {
  try {
    return await rows(sql, catalog)
  } catch (error) {
    if (error instanceof MillraceError && error.type === 'USER_ERROR') return error.code
    throw error
  }
}

const outcomeText = (result: readonly string[] | string): string =>
  typeof result === 'string' ? result : `${result.length} rows`
