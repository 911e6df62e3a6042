import { expect, test } from 'vitest'
import {
  type Connector,
  type ConnectorFactory,
  type ConnectorMetadata,
  type ConnectorPageSource,
  type ConnectorSplitSource,
  MillraceError,
  type Page,
} from '../../src/spi/index.js'
import {
  type ConnectorSubject,
  connectorChecks,
  PUSHDOWN,
  referenceConnectorFactory,
  WRITES,
} from '../../src/testing/index.js'
import { TABLES } from './tables.js'

/** What a bug is put into: the methods of one service, over those of the connector that is right. */
type Methods = Readonly<Record<string, (...args: never[]) => unknown>>
interface Bug {
  readonly what: string
  /** Checks that find it, by what their names begin with. */
  readonly found: readonly string[]
  readonly connector?: (right: Connector) => Methods
  readonly metadata?: (right: ConnectorMetadata) => object
  readonly splitSource?: (right: ConnectorSplitSource) => Partial<ConnectorSplitSource>
  readonly pageSource?: (right: ConnectorPageSource) => object
  readonly sink?: (right: Readonly<Record<string, (page?: Page) => unknown>>) => object
  readonly subject?: Partial<ConnectorSubject>
}

type SplitsCall = Parameters<ReturnType<NonNullable<Connector['getSplitManager']>>['getSplits']>
type PageSourceCall = Parameters<
  ReturnType<NonNullable<Connector['getPageSourceProvider']>>['createPageSource']
>

const over = <T extends object>(right: T, changes: object): T =>
  new Proxy(right, {
    get(target, name) {
      const from = Reflect.has(changes, name) ? changes : target
      const member: unknown = Reflect.get(from, name, from)
      return typeof member === 'function' ? member.bind(from) : member
    },
  })

/** The reference connector with a bug. */
function broken(bug: Bug): ConnectorFactory {
  return {
    name: 'broken',
    async create(...args) {
      const right = (await referenceConnectorFactory.create(...args)) as Connector
      return over(right, {
        getMetadata(session, transaction) {
          const metadata = right.getMetadata(session, transaction)
          return over(metadata, bug.metadata?.(metadata) ?? {})
        },
        getSplitManager: () => ({
          async getSplits(...call) {
            const source = await right.getSplitManager!().getSplits(...call)
            return over(source, bug.splitSource?.(source) ?? {})
          },
        }),
        getPageSourceProvider: () => ({
          async createPageSource(...call) {
            const source = await right.getPageSourceProvider!().createPageSource(...call)
            return over(source, bug.pageSource?.(source) ?? {})
          },
        }),
        getPageSinkProvider() {
          const sinks = right.getPageSinkProvider!()
          const changed = (sink: unknown) => {
            const of = sink as Readonly<Record<string, (page?: Page) => unknown>>
            return over(of, bug.sink?.(of) ?? {})
          }
          return over(sinks, {
            createPageSink: (...call: unknown[]) =>
              changed(Reflect.apply(sinks.createPageSink!, sinks, call)),
            createInsertPageSink: (...call: unknown[]) =>
              changed(Reflect.apply(sinks.createInsertPageSink!, sinks, call)),
          })
        },
        ...bug.connector?.(right),
      } satisfies Partial<Connector>)
    },
  }
}

/** Every method but one answers as the right connector does. */
const calls =
  <T extends object>(right: T, method: keyof T & string) =>
  (...args: unknown[]): unknown =>
    Reflect.apply(right[method] as (...args: unknown[]) => unknown, right, args)

/** The answer of a pushdown method, changed. */
const answering =
  (method: string, change: (answer: Record<string, unknown>, args: unknown[]) => unknown) =>
  (right: ConnectorMetadata): object => ({
    async [method](...args: unknown[]) {
      const answer = await calls(right, method as keyof ConnectorMetadata & string)(...args)
      return answer === undefined ? undefined : change(answer as Record<string, unknown>, args)
    },
  })
/** The connector says that it has done what it has not: the handle stays what it was. */
const forgetting = (method: string) =>
  answering(method, (answer, [, table]) => ({ ...answer, handle: table }))
/** A pushdown method takes its operation once and forgets it. */
function forgettingOnce(method: string, flag: string) {
  return (right: ConnectorMetadata): object => ({
    async [method](...args: unknown[]) {
      const [, table] = args as [unknown, Record<string, unknown>]
      if (table[flag] === true) return undefined
      const answer = await calls(right, method as keyof ConnectorMetadata & string)(...args)
      if (answer === undefined) return undefined
      return { ...(answer as object), handle: { ...table, [flag]: true } }
    },
  })
}

const withoutLastRow = (page: Page | undefined): Page | undefined => {
  if (page === undefined || page.rowCount < 2) return page
  const rowCount = page.rowCount - 1
  return { rowCount, blocks: page.blocks.map((block) => ({ ...block, rowCount })) }
}

const BUGS: readonly Bug[] = [
  {
    what: 'a listing leaves a table out',
    found: ['metadata: listings'],
    metadata: () => ({ listTables: () => [] }),
  },
  {
    what: 'tables that do not exist are found',
    found: ['metadata: what does not exist'],
    metadata: () => ({
      getTableHandle: () => ({ relation: { kind: 'numbers', from: 1n, to: 2n } }),
    }),
    subject: { setup: [], tables: [] },
  },
  {
    what: 'information_schema has no columns',
    found: ['metadata: information_schema', 'metadata: listings'],
    metadata: () => ({ streamTableColumns: () => [] }),
  },
  {
    what: 'bounds are narrower than the values',
    found: ['scan: pages are well formed'],
    pageSource: (right) => ({
      async getNextPage() {
        const page = await right.getNextPage()
        return (
          page && {
            ...page,
            blocks: page.blocks.map((b) => ({ ...b, bounds: { min: 5, max: 6 } })),
          }
        )
      },
    }),
  },
  {
    what: 'a scan of no columns has no rows',
    found: ['scan: pages are well formed'],
    pageSource: (right) => ({
      async getNextPage() {
        const page = await right.getNextPage()
        return page?.blocks.length === 0 ? undefined : page
      },
    }),
  },
  {
    what: 'splits are lost where one is asked for at a time',
    found: ['splits: one by one'],
    splitSource: (right) => ({
      async getNextBatch(maxSize) {
        const batch = await right.getNextBatch(Math.max(2, maxSize))
        return { ...batch, splits: batch.splits.slice(0, maxSize) }
      },
    }),
  },
  {
    what: 'more splits are given than were asked for',
    found: ['splits: one by one'],
    splitSource: (right) => ({ getNextBatch: () => right.getNextBatch(1000) }),
  },
  {
    what: 'there is one split though several are declared',
    found: ['splits: a table has several'],
    subject: { setup: ['CREATE TABLE t (a bigint)'], tables: ['default.t'] },
  },
  {
    what: 'close of a page source never answers',
    found: ['scan: closed before its end', 'scan: a limit', 'abort:'],
    pageSource: () => ({ close: () => new Promise<void>(() => {}) }),
    subject: { hangMillis: 300, tables: ['default.t'] },
  },
  {
    what: 'a scan that was given up poisons the next',
    found: ['scan: a limit', 'abort:'],
    pageSource: (right) => {
      let pages = 0
      return {
        async getNextPage() {
          const page = await right.getNextPage()
          pages += page === undefined ? 0 : 1
          return page
        },
        close() {
          if (pages < 2) throw new MillraceError('GENERIC_INTERNAL_ERROR', 'closed too early')
        },
      }
    },
  },
  {
    what: 'statistics count fewer than no rows',
    found: ['statistics:'],
    metadata: () => ({ getTableStatistics: () => ({ rowCount: -1, columns: [] }) }),
  },
  {
    what: 'statistics count more rows that are read than there are',
    found: ['statistics:'],
    metadata: () => ({
      getTableStatistics: () => ({ rowCount: 3, scannedRowCount: 4, columns: [] }),
    }),
  },
  {
    what: 'statistics say that a column is unique',
    found: ['statistics:'],
    metadata: (right) => ({
      async getTableStatistics(session: never, table: never) {
        const handles = [...(await right.getColumnHandles(session, table)).values()]
        return {
          rowCount: 1,
          columns: handles.map((column) => ({ column, statistics: { unique: true } })),
        }
      },
    }),
  },
  {
    what: 'statistics say that rows are in the order of a column',
    found: ['statistics:'],
    metadata: (right) => ({
      async getTableStatistics(session: never, table: never) {
        const handles = [...(await right.getColumnHandles(session, table)).values()]
        return {
          rowCount: 1,
          columns: handles.map((column) => ({ column, statistics: { ascending: true } })),
        }
      },
    }),
  },
  {
    what: 'a filter that was taken is not applied',
    found: ['pushdown: random predicates'],
    metadata: forgettingOnce('applyFilter', 'filtered'),
  },
  {
    what: 'a filter is taken though it is declared to be lacking',
    found: ['pushdown: random predicates'],
    subject: { lacks: ['filter pushdown'] },
  },
  {
    what: 'a projection gives the first column for all',
    found: ['pushdown: random projections'],
    metadata: answering('applyProjection', (answer) => {
      const assignments = answer['assignments'] as readonly { readonly column: object }[]
      return {
        ...answer,
        assignments: assignments.map((a) => ({ ...a, column: { ...a.column, name: 'k' } })),
      }
    }),
  },
  {
    what: 'a limit that is guaranteed gives more rows',
    found: ['pushdown: random limits'],
    metadata: forgetting('applyLimit'),
  },
  {
    what: 'a top-N is a limit',
    found: ['pushdown: random top-N'],
    metadata: answering('applyTopN', (answer) => {
      const handle = answer['handle'] as { relation: { source: object; count: number } }
      const { source, count } = handle.relation
      return { ...answer, handle: { relation: { kind: 'limit', source, count } } }
    }),
  },
  {
    what: 'aggregates forget what they are over, so that NULLs are counted',
    found: ['pushdown: random aggregations'],
    metadata: answering('applyAggregation', (answer) => {
      const { relation } = answer['handle'] as {
        relation: { aggregates: readonly { function: string; argument?: unknown }[] }
      }
      const aggregates = relation.aggregates.map(({ argument, ...aggregate }) =>
        aggregate.function === 'count' ? aggregate : { ...aggregate, argument },
      )
      return { ...answer, handle: { relation: { ...relation, aggregates } } }
    }),
  },
  {
    what: 'outer joins are inner ones',
    found: ['pushdown: random joins'],
    metadata: answering('applyJoin', (answer) => {
      const { relation } = answer['handle'] as { relation: object }
      return { ...answer, handle: { relation: { ...relation, type: 'INNER' } } }
    }),
  },
  {
    what: 'a sample of everything leaves rows out',
    found: ['pushdown: samples'],
    metadata: answering('applySample', (answer) => {
      const { relation } = answer['handle'] as { relation: object }
      return { ...answer, handle: { relation: { ...relation, ratio: 0.5 } } }
    }),
  },
  {
    what: 'splits leave rows out that a dynamic filter lets through',
    found: ['pushdown: dynamic filters'],
    connector: (right) => ({
      getPageSourceProvider: () => ({
        async createPageSource(...call: PageSourceCall) {
          const source = await right.getPageSourceProvider!().createPageSource(...call)
          if (call[5].columnsCovered.length === 0) return source
          return over(source, {
            getNextPage: async () => withoutLastRow(await source.getNextPage()),
          })
        },
      }),
    }),
  },
  {
    what: 'a handle is compared by identity',
    found: ['handles: they survive structured clone, msgpack and JSON'],
    metadata: (right) => {
      const known = new Set<unknown>()
      return {
        async getTableHandle(...args: Parameters<ConnectorMetadata['getTableHandle']>) {
          const handle = await right.getTableHandle(...args)
          known.add(handle)
          return handle
        },
        getColumnHandles(...args: Parameters<ConnectorMetadata['getColumnHandles']>) {
          if (!known.has(args[1])) throw new MillraceError('TABLE_NOT_FOUND', 'Unknown handle')
          return right.getColumnHandles(...args)
        },
      }
    },
  },
  {
    what: 'handles hold functions',
    found: ['pushdown: random predicates', 'scan: a limit'],
    metadata: answering('getTableHandle', (answer) => ({ ...answer, print: () => 'a table' })),
  },
  {
    what: 'a scan that ended early is the last that gives rows',
    found: ['faults: a call that fails', 'faults: an answer that is lost'],
    connector(right) {
      let isPoisoned = false
      return {
        getSplitManager: () => ({
          async getSplits(...call: SplitsCall) {
            const source = await right.getSplitManager!().getSplits(...call)
            const none = { splits: [], noMoreSplits: true }
            return over(source, isPoisoned ? { getNextBatch: () => none } : {})
          },
        }),
        getPageSourceProvider: () => ({
          async createPageSource(...call: PageSourceCall) {
            const source = await right.getPageSourceProvider!().createPageSource(...call)
            let isEnded = false
            return over(source, {
              async getNextPage() {
                const page = await source.getNextPage()
                isEnded = page === undefined
                return page
              },
              close() {
                if (!isEnded) isPoisoned = true
                return source.close()
              },
            })
          },
        }),
      }
    },
  },
  {
    what: 'text is written without its first character',
    found: [
      'write: values of every type',
      'write: insert 1',
      'write: insert 2',
      'write: update 7',
      'write: merge 9',
      'write: delete 4',
    ],
    sink: (right) => ({
      appendPage: (page: Page) => right['appendPage']!(withoutLastRow(page)),
    }),
    subject: { tables: [], setup: [] },
  },
]

const subjectOf = (bug: Bug): ConnectorSubject => ({
  setup: TABLES,
  tables: ['default.t', 'default.u'],
  ...bug.subject,
  factory: broken(bug),
})

test.each(BUGS.map((bug) => [bug.what, bug] as const))('%s: found', async (_, bug) => {
  const checks = connectorChecks(subjectOf(bug))
  for (const name of bug.found) {
    const check = checks.find((candidate) => candidate.name.startsWith(name))
    expect(check, name).toBeDefined()
    await expect(check!.run(), name).rejects.toThrow()
  }
})

test('the connector without a bug passes the same checks', async () => {
  const right: ConnectorSubject = {
    factory: broken({ what: '', found: [] }),
    setup: TABLES,
    tables: ['default.t', 'default.u'],
    rounds: 3,
  }
  const finding = new Set(BUGS.flatMap(({ found }) => found))
  const checks = connectorChecks(right).filter(
    ({ name }) =>
      !/random|samples/.test(name) && [...finding].some((start) => name.startsWith(start)),
  )
  expect(checks.length).toBeGreaterThan(10)
  for (const check of checks) await check.run()
})

test('what a connector lacks need not be said twice', () => {
  const names = connectorChecks({
    factory: referenceConnectorFactory,
    tables: ['default.t'],
    lacks: [...WRITES, ...PUSHDOWN],
  }).map((check) => check.name)
  expect(new Set(names).size).toBe(names.length)
})
