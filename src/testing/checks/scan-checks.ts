import { type ConnectorPageSource, type ConnectorSplit, MillraceError } from '../../spi/index.js'
import {
  type DirectColumn,
  type DirectSession,
  type DirectTable,
  directly,
  directRows,
  directSplits,
  directTable,
  openSplit,
  tableName,
} from '../direct-scan.js'
import { type Environment, failOn, inEnvironment, settles } from '../environment.js'
import { openFileCount } from '../open-files.js'
import { pageProblems } from '../page-problems.js'
import { difference, sorted } from '../row-text.js'
import {
  type ConnectorCheck,
  type ConnectorSubject,
  lacks,
  type TableSubject,
  tablesOf,
} from '../subject.js'

/** Runs an action on every table of the subject, in a transaction each. */
const onTables = (
  { connector, subject }: Environment,
  action: (direct: DirectSession, table: DirectTable, described: TableSubject) => Promise<void>,
): Promise<void> =>
  directly(connector, async (direct) => {
    for (const described of tablesOf(subject)) {
      // A table that must be restricted can't be read as a whole without the engine.
      if (described.where !== undefined) continue
      await action(direct, await directTable(direct, tableName(described.name)), described)
    }
  })

const asTexts = (rows: readonly (readonly string[])[]): readonly string[] =>
  sorted(rows.map((row) => row.join(' | ')))

export const scanChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  {
    name: 'scan: pages are well formed, whichever columns are asked for',
    run: () =>
      inEnvironment(subject, (environment) =>
        onTables(environment, (direct, table, { isStable = true }) =>
          checkColumns(direct, table, isStable),
        ),
      ),
  },
  {
    name: 'splits: one by one or many at once, they are the same rows',
    run: () =>
      inEnvironment(subject, (environment) =>
        onTables(environment, async (direct, table, { name, isStable = true }) => {
          const one = await directSplits(direct, table, 1)
          const many = await directSplits(direct, table, 1000)
          failOn([...one, ...many].flatMap(splitProblems), name)
          if (!isStable) return
          const columns = table.columns.filter((column) => !column.hidden)
          const ofOne = asTexts(await directRows(direct, table, one, columns))
          const ofMany = asTexts(await directRows(direct, table, many, columns))
          const wrong = difference(ofOne, ofMany)
          if (wrong !== undefined) failOn([`${name}, splits one by one: ${wrong}`])
        }),
      ),
  },
  ...(lacks(subject, 'several splits') || subject.tables.length === 0
    ? []
    : [
        {
          name: 'splits: a table has several',
          run: () =>
            inEnvironment(subject, async (environment) => {
              let most = 0
              await onTables(environment, async (direct, table) => {
                most = Math.max(most, (await directSplits(direct, table, 1000)).length)
              })
              if (most < 2) failOn([`no table has more than ${most}; or declare 'several splits'`])
            }),
        },
      ]),
  {
    name: 'scan: closed before its end, again and again, nothing stays open',
    run: () => inEnvironment(subject, checkEarlyClose),
  },
  {
    name: 'scan: a limit or a consumer that leaves ends it',
    run: () =>
      inEnvironment(subject, async (environment) => {
        for (const { name, where } of tablesOf(subject)) {
          const from = `subject.${name}${where === undefined ? '' : ` WHERE ${where}`}`
          await environment.rows(`SELECT * FROM ${from} LIMIT 1`)
          const query = environment.engine.query(`SELECT * FROM ${from}`)
          const leave = async () => {
            for await (const _ of query) break
            await query.cancel()
          }
          await settles(subject, leave(), `${name}, left after a row`)
          failOn(environment.probe.takeProblems(), `${name}, left after a row`)
        }
      }),
  },
  {
    name: 'abort: a scan that is aborted ends, and what comes after it is whole',
    run: () => inEnvironment(subject, checkAbort),
  },
]

async function checkColumns(
  direct: DirectSession,
  table: DirectTable,
  isStable: boolean,
): Promise<void> {
  const all = table.columns
  const splits = await directSplits(direct, table, 1000)
  const read = async (columns: readonly DirectColumn[]) => {
    const types = columns.map((column) => column.type)
    const problems: string[] = []
    const rows = await directRows(direct, table, splits, columns, (page) => {
      problems.push(...pageProblems(page, types))
    })
    failOn(
      problems,
      `${table.name.table}: ${columns.map((c) => c.name).join(', ') || 'no columns'}`,
    )
    return rows
  }
  const whole = await read(all)
  const none = await read([])
  const backwards = await read([...all].reverse())
  if (!isStable) return
  if (none.length !== whole.length) {
    failOn([`${none.length} rows of no columns, ${whole.length} of all`], table.name.table)
  }
  const turned = asTexts(backwards.map((row) => [...row].reverse()))
  const wrong = difference(turned, asTexts(whole))
  if (wrong !== undefined) failOn([`columns in another order: ${wrong}`], table.name.table)
  for (const [c, column] of all.entries()) {
    const alone = asTexts(await read([column]))
    const different = difference(alone, asTexts(whole.map((row) => [row[c]!])))
    if (different !== undefined) failOn([`${column.name} alone: ${different}`], table.name.table)
  }
}

function splitProblems(split: ConnectorSplit): readonly string[] {
  const { weight, addresses, remotelyAccessible, estimatedRows, estimatedBytes } = split
  const problems: string[] = []
  if (weight !== undefined && !(weight >= 0.01)) problems.push(`a split of weight ${weight}`)
  if (remotelyAccessible === false && (addresses?.length ?? 0) === 0) {
    problems.push('a split that no node can read')
  }
  for (const [what, estimate] of [
    ['rows', estimatedRows],
    ['bytes', estimatedBytes],
  ] as const) {
    if (estimate !== undefined && !(estimate >= 0)) problems.push(`a split of ${estimate} ${what}`)
  }
  return problems
}

/** Scans that are given up, before what a process keeps for later (pools, caches) is counted and after. */
const WARM_UPS = 3
const EARLY_CLOSES = 12

async function checkEarlyClose(environment: Environment): Promise<void> {
  await onTables(environment, async (direct, table, { name }) => {
    const columns = table.columns.filter((column) => !column.hidden)
    const splits = await directSplits(direct, table, 1000)
    const [split] = splits
    if (split === undefined) return
    const giveUp = async (pages: number): Promise<void> => {
      const source = await openSplit(direct, table, split, columns)
      for (let i = 0; i < pages; i++) await source.getNextPage()
      await settles(environment.subject, Promise.resolve(source.close()), 'close of a page source')
    }
    for (let i = 0; i < WARM_UPS; i++) await giveUp(i % 2)
    const before = await openFileCount()
    for (let i = 0; i < EARLY_CLOSES; i++) {
      await giveUp(i % 2)
      await closedInFlight(environment.subject, direct, table, split, columns)
    }
    const after = await openFileCount()
    if (after !== undefined && before !== undefined && after >= before + EARLY_CLOSES) {
      failOn([`${after - before} more open files after ${2 * EARLY_CLOSES} scans given up`], name)
    }
  })
}

/** Closes a source while its page is under way: that page comes, or fails, or never mattered. */
async function closedInFlight(
  subject: ConnectorSubject,
  direct: DirectSession,
  table: DirectTable,
  split: ConnectorSplit,
  columns: readonly DirectColumn[],
): Promise<void> {
  const source: ConnectorPageSource = await openSplit(direct, table, split, columns)
  const page = Promise.resolve(source.getNextPage()).then(
    () => undefined,
    () => undefined,
  )
  await settles(subject, Promise.resolve(source.close()), 'close while getNextPage is pending')
  await settles(subject, page, 'getNextPage of a source that was closed')
}

async function checkAbort(environment: Environment): Promise<void> {
  const { connector, subject } = environment
  for (const { name, where, isStable = true } of tablesOf(subject)) {
    const from = `subject.${name}${where === undefined ? '' : ` WHERE ${where}`}`
    const controller = new AbortController()
    const query = environment.engine.query(`SELECT * FROM ${from}`, [], {
      signal: controller.signal,
    })
    const rows = query.all()
    controller.abort()
    const outcome = await settles(
      subject,
      rows.then(
        () => undefined,
        (error: unknown) => error,
      ),
      `an aborted scan of ${name}`,
    )
    if (outcome !== undefined && !(outcome instanceof MillraceError)) {
      failOn([`an aborted scan of ${name} ends with ${String(outcome)}`])
    }
    failOn(environment.probe.takeProblems(), `${name}, aborted`)
    const before = sorted(await environment.rows(`SELECT * FROM ${from}`))
    const after = sorted(await environment.rows(`SELECT * FROM ${from}`))
    const wrong = isStable ? difference(after, before) : undefined
    if (wrong !== undefined) failOn([`${name} after an abort: ${wrong}`])
  }
  const aborted = AbortSignal.abort()
  for (const { name, where } of tablesOf(subject)) {
    if (where !== undefined) continue
    const scan = directly(
      connector,
      async (direct) => {
        const table = await directTable(direct, tableName(name))
        const splits = await directSplits(direct, table, 1000)
        await directRows(direct, table, splits, table.columns)
      },
      aborted,
    )
    // Whether it gives rows that were at hand or an error is the connector's choice; that it ends is not.
    await settles(
      subject,
      scan.catch(() => undefined),
      `a scan of ${name} under an aborted signal`,
    )
  }
}
