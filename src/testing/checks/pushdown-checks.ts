import { type Environment, failOn, inEnvironment, PLAIN, SUBJECT } from '../environment.js'
import { loadCarriages } from '../plain-value.js'
import { SeededRandom } from '../random.js'
import { plainQueries, QUERY_KINDS, type QueryKind, type RandomQuery } from '../random-query.js'
import { difference, isPartOf, sorted } from '../row-text.js'
import { sampledTables } from '../sampled-table.js'
import { type Capability, type ConnectorCheck, type ConnectorSubject, lacks } from '../subject.js'

const DEFAULT_ROUNDS = 25
const CARRIED_ROUNDS = 1

/** The kinds of queries by what they may have the connector do. */
const PUSHDOWNS: readonly {
  readonly kind: QueryKind
  readonly method?: string
  readonly capability?: Capability
}[] = [
  { kind: 'filter', method: 'applyFilter', capability: 'filter pushdown' },
  { kind: 'projection', method: 'applyProjection', capability: 'projection pushdown' },
  { kind: 'limit', method: 'applyLimit', capability: 'limit pushdown' },
  { kind: 'topN', method: 'applyTopN', capability: 'top-N pushdown' },
  { kind: 'aggregation', method: 'applyAggregation', capability: 'aggregation pushdown' },
  { kind: 'join', method: 'applyJoin', capability: 'join pushdown' },
  { kind: 'sample', method: 'applySample', capability: 'sample pushdown' },
  { kind: 'dynamicFilter' },
]

/** Random queries give the same rows with the connector's pushdown and without. */
export const pushdownChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  ...PUSHDOWNS.map(({ kind, method, capability }) => ({
    name: `pushdown: ${NAMES[kind]}, the same rows as without`,
    run: () =>
      inEnvironment(subject, async (environment) => {
        await randomQueries(environment, kind, subject.rounds ?? DEFAULT_ROUNDS)
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
  ...(['structured clone', 'msgpack', 'JSON'] as const).map((name) => ({
    name: `handles: they survive ${name}`,
    run: async () => {
      const carriages = await loadCarriages()
      const { carry } = carriages.find((carriage) => carriage.name === name)!
      await inEnvironment(subject, everyKind, { carry })
    },
  })),
  {
    name: 'handles: a connector of another thread reads what they describe',
    run: () =>
      inEnvironment(subject, everyKind, {
        carry: (value) => structuredClone(value),
        readsInWorker: true,
      }),
  },
]

const NAMES: Readonly<Record<QueryKind, string>> = {
  filter: 'random predicates',
  projection: 'random projections',
  limit: 'random limits',
  topN: 'random top-N',
  aggregation: 'random aggregations',
  join: 'random joins',
  sample: 'samples',
  dynamicFilter: 'dynamic filters',
}

async function everyKind(environment: Environment): Promise<void> {
  for (const { kind } of PUSHDOWNS) await randomQueries(environment, kind, CARRIED_ROUNDS)
}

async function randomQueries(
  environment: Environment,
  kind: QueryKind,
  rounds: number,
): Promise<void> {
  const tables = await sampledTables(environment)
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
  { rows, probe }: Environment,
  query: RandomQuery,
  context: string,
): Promise<void> {
  // Without catalogs in the text, both sides run the same.
  const [expected, actual] = [await rows(query.sql, PLAIN), await rows(query.sql, SUBJECT)]
  failOn(probe.takeProblems(), context)
  if (query.whole !== undefined) {
    const whole = await rows(query.whole, PLAIN)
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
