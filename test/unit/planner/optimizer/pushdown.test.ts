import { beforeAll, describe, expect, it } from 'vitest'
import { planText } from '../../../../src/planner/explain/text.js'
import type {
  OptimizerSession,
  OptimizerWarning,
} from '../../../../src/planner/optimizer/context.js'
import type {
  ConnectorMetadata,
  ConnectorTableMetadata,
  Constraint,
  TupleDomain,
} from '../../../../src/spi/index.js'
import { BIGINT, filterTuples, TRUE_EXPRESSION, VARCHAR } from '../../../../src/spi/index.js'
import { planQuery } from './planning.js'

/** A source that takes over what `takes` names, and tells in its handle what it took. */
interface Handle {
  readonly table: string
  readonly took: readonly string[]
}
type Pushdowns = Partial<ConnectorMetadata>

const COLUMNS = [
  { name: 'id', type: BIGINT },
  { name: 'name', type: VARCHAR },
  { name: 'amount', type: BIGINT },
]

function source(
  pushdowns: Pushdowns,
  metadata: Partial<ConnectorTableMetadata> = {},
): ConnectorMetadata {
  const tableMetadata = (table: string): ConnectorTableMetadata => ({
    table: { schema: 's', table },
    columns: COLUMNS,
    ...metadata,
  })
  return {
    listSchemaNames: () => ['s'],
    listTables: () => [{ schema: 's', table: 't' }],
    streamTableColumns: () => [],
    getTableHandle: (_session, { table }) => ({ table, took: [] }),
    getTableMetadata: (_session, table) => tableMetadata((table as Handle).table),
    getColumnHandles: () => new Map(COLUMNS.map(({ name }) => [name, { column: name }])),
    getColumnMetadata: (_session, _table, column) => {
      const name = (column as { column: string }).column
      return COLUMNS.find((c) => c.name === name) ?? { name, type: BIGINT }
    },
    ...pushdowns,
  }
}

const taking = (table: unknown, what: string): Handle => {
  const { table: name, took } = table as Handle
  return { table: name, took: [...took, what] }
}
const took = (table: unknown, what: string): boolean => (table as Handle).took.includes(what)

async function plan(
  sql: string,
  pushdowns: Pushdowns,
  options: {
    readonly session?: Partial<OptimizerSession>
    readonly warnings?: OptimizerWarning[]
    readonly metadata?: Partial<ConnectorTableMetadata>
  } = {},
): Promise<string> {
  const catalogs = new Map([['c', source(pushdowns, options.metadata)]])
  const planned = await planQuery(sql, catalogs, { catalog: 'c', schema: 's' }, options)
  return planText(planned.plan, { types: false })
}

beforeAll(() => {
  process.env['MILLRACE_VERIFY'] = '1'
})

describe('applyFilter', () => {
  const onlyId: Pushdowns = {
    applyFilter: (_session, table, { summary }) => {
      const isId = (column: unknown) => (column as { column: string }).column === 'id'
      const mine = filterTuples(summary, isId)
      if (mine.columnDomains?.length === 0 || took(table, 'id')) return undefined
      return {
        handle: taking(table, 'id'),
        remainingFilter: filterTuples(summary, (column) => !isId(column)),
      }
    },
  }

  it('drops what the connector took and keeps the rest as it was written', async () => {
    const text = await plan(
      "SELECT name FROM t WHERE id > 5 AND amount < 3 AND name LIKE '%x'",
      onlyId,
    )
    expect(text).toContain("filterPredicate = ((amount < bigint '3') AND (name LIKE varchar '%x'))")
    expect(text).toContain("pushed: (id > bigint '5')")
    expect(text).toContain("not pushed (left by the connector): (amount < bigint '3')")
    expect(text).toContain("not pushed (no range of one column): (name LIKE varchar '%x')")
  })

  it('removes the filter where nothing remains', async () => {
    const text = await plan('SELECT name FROM t WHERE id IN (1, 2)', onlyId)
    expect(text).not.toContain('Filter')
  })

  it('plans no rows for a predicate that nothing satisfies', async () => {
    const text = await plan('SELECT name FROM t WHERE id < 1 AND id > 2', onlyId)
    expect(text).toContain('Values')
    expect(text).not.toContain('TableScan')
  })

  const offers: Constraint[] = []
  const recording: Pushdowns = {
    applyFilter: (_session, _table, constraint) => {
      offers.push(constraint)
      return undefined
    },
  }

  it('offers complex expressions, unless the session turns them off', async () => {
    offers.length = 0
    await plan('SELECT name FROM t WHERE id + amount > 5', recording)
    expect(offers[0]?.expression).toMatchObject({
      function: '$greater_than',
      args: [{ function: '$add', args: [{ name: 'id' }, { name: 'amount' }] }, { value: 5n }],
    })
    expect(offers[0]?.assignments).toEqual({ id: { column: 'id' }, amount: { column: 'amount' } })
    offers.length = 0
    const session = { complexExpressionPushdown: false }
    await plan('SELECT name FROM t WHERE id + amount > 5 AND id = 1', recording, { session })
    expect(offers[0]?.expression).toBe(TRUE_EXPRESSION)
  })

  it('tests values of columns by the whole predicate', async () => {
    offers.length = 0
    await plan('SELECT name FROM t WHERE id + amount > 5 AND id > 1', recording)
    const test = offers[0]?.predicate
    const bindings = (id: bigint, amount: bigint) =>
      new Map<unknown, bigint>([
        [{ column: 'id' }, id],
        [{ column: 'amount' }, amount],
      ])
    expect(test?.(bindings(2n, 4n))).toBe(true)
    expect(test?.(bindings(2n, 3n))).toBe(false)
    expect(test?.(new Map([[{ column: 'id' }, 1n]]))).toBe(false)
    expect(test?.(new Map([[{ column: 'amount' }, 1n]]))).toBe(true)
  })

  it('stops a connector that answers for ever, and names it', async () => {
    const warnings: OptimizerWarning[] = []
    let answers = 0
    const endless: Pushdowns = {
      applyFilter: (_session, table, { summary }) => {
        answers++
        return {
          handle: { ...(table as Handle), answers },
          remainingFilter: summary as TupleDomain<never>,
        }
      },
    }
    await plan('SELECT name FROM t WHERE id > 5', endless, { warnings })
    expect(warnings[0]?.message).toMatch(/: c$/)
    expect(answers).toBeLessThan(1000)
  })
})

describe('applyLimit and applyTopN', () => {
  const limits = (guaranteed: boolean): Pushdowns => ({
    applyLimit: (_session, table, limit) =>
      took(table, 'limit')
        ? undefined
        : { handle: { ...taking(table, 'limit'), limit }, limitGuaranteed: guaranteed },
    applyTopN: (_session, table, _count, items, assignments) => {
      expect(items).toEqual([{ name: 'amount', ascending: false, nullsFirst: false }])
      expect(assignments['amount']).toEqual({ column: 'amount' })
      return took(table, 'topN')
        ? undefined
        : { handle: taking(table, 'topN'), topNGuaranteed: guaranteed }
    },
  })

  it('drops the engine’s own only if it is guaranteed', async () => {
    expect(await plan('SELECT name FROM t LIMIT 3', limits(true))).not.toContain('Limit[')
    expect(await plan('SELECT name FROM t LIMIT 3', limits(false))).toContain('Limit[count = 3]')
    const sql = 'SELECT name FROM t ORDER BY amount DESC LIMIT 3'
    expect(await plan(sql, limits(true))).not.toContain('TopN[')
    expect(await plan(sql, limits(false))).toContain('TopN[count = 3')
  })

  it('does not push a limit below a filter', async () => {
    expect(await plan('SELECT name FROM t WHERE id > 1 LIMIT 3', limits(true))).toContain('Limit[')
  })
})

describe('applyProjection, applyAggregation and applyJoin', () => {
  it('replaces what the connector computes by its columns', async () => {
    const text = await plan('SELECT id + 1 AS n, name FROM t', {
      applyProjection: (_session, table, projections) => {
        if (took(table, 'projection')) return undefined
        expect(projections).toHaveLength(2)
        return {
          handle: taking(table, 'projection'),
          projections: projections.map((p, i) => ({
            kind: 'variable',
            type: p.type,
            name: `v${i}`,
          })),
          assignments: projections.map((p, i) => ({
            variable: `v${i}`,
            column: { column: `v${i}` },
            type: p.type,
          })),
        }
      },
    })
    expect(text).not.toContain('+')
    expect(text).toContain('pushed: projection')
  })

  it('replaces an aggregation by the connector’s columns', async () => {
    const text = await plan('SELECT name, count(*), sum(id) FROM t GROUP BY name', {
      applyAggregation: (_session, table, aggregates, _assignments, sets) => {
        if (took(table, 'aggregation')) return undefined
        expect(aggregates.map((a) => a.function)).toEqual(['count', 'sum'])
        expect(sets).toEqual([[{ column: 'name' }]])
        return {
          handle: taking(table, 'aggregation'),
          projections: aggregates.map((a, i) => ({
            kind: 'variable',
            type: a.outputType,
            name: `a${i}`,
          })),
          assignments: aggregates.map((a, i) => ({
            variable: `a${i}`,
            column: { column: `a${i}` },
            type: a.outputType,
          })),
          groupingColumnMapping: [],
        }
      },
    })
    expect(text).not.toContain('Aggregate')
    expect(text).toContain('pushed: aggregation')
  })

  it('replaces a join of two tables by one scan', async () => {
    const text = await plan('SELECT x.name, y.amount FROM t x JOIN t y ON x.id = y.id', {
      applyJoin: (_session, type, left, right, condition, leftAssignments, rightAssignments) => {
        if (took(left, 'join') || took(right, 'join')) return undefined
        expect(type).toBe('INNER')
        expect(condition).toMatchObject({ function: '$equal' })
        const mapping = (side: string, columns: Readonly<Record<string, unknown>>) =>
          Object.values(columns).map((from) => ({
            from,
            to: { column: `${side}.${(from as { column: string }).column}` },
          }))
        return {
          handle: taking(left, 'join'),
          leftColumns: mapping('l', leftAssignments),
          rightColumns: mapping('r', rightAssignments),
        }
      },
    })
    expect(text).not.toContain('InnerJoin')
    expect(text).toContain('pushed: join')
  })

  it('asks nothing where the session forbids pushdown', async () => {
    const text = await plan(
      'SELECT name FROM t LIMIT 3',
      {
        applyLimit: () => {
          throw new Error('asked')
        },
      },
      { session: { allowPushdownIntoConnectors: false } },
    )
    expect(text).toContain('Limit[')
  })
})

describe('required predicate columns', () => {
  const metadata = { requiredPredicateColumns: ['id'] }

  it('rejects a query that does not restrict them, naming them', async () => {
    await expect(
      plan('SELECT name FROM t WHERE amount = 1', {}, { metadata }),
    ).rejects.toMatchObject({
      code: 'QUERY_REJECTED',
      message: 'Filter required on c.s.t for columns: id',
    })
  })

  it('takes one that does', async () => {
    expect(await plan('SELECT name FROM t WHERE id = 1', {}, { metadata })).toContain('TableScan')
  })
})
