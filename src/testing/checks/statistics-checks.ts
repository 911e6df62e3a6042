import {
  type ColumnStatistics,
  compareValues,
  readValue,
  type Value,
  valueKey,
} from '../../spi/index.js'
import {
  type DirectColumn,
  type DirectSession,
  type DirectTable,
  directly,
  directSplits,
  directTable,
  openSplit,
  tableName,
} from '../direct-scan.js'
import { failOn, inEnvironment } from '../environment.js'
import {
  type ConnectorCheck,
  type ConnectorSubject,
  lacks,
  type TableSubject,
  tablesOf,
} from '../subject.js'

/** Estimates are in their ranges; what statistics call proven is true of the rows. */
export const statisticsChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  {
    name: 'statistics: estimates are possible, and what they prove holds',
    run: () =>
      inEnvironment(subject, ({ connector }) =>
        directly(connector, async (direct) => {
          let isKnown = false
          for (const subjectTable of tablesOf(subject)) {
            const { rowCount, problems } = await tableProblems(direct, subjectTable)
            isKnown ||= rowCount !== undefined
            failOn(problems, subjectTable.name)
          }
          if (!isKnown && subject.tables.length > 0 && !lacks(subject, 'statistics')) {
            failOn(["no table has a row count; or declare 'statistics'"])
          }
        }),
      ),
  },
]

async function tableProblems(
  direct: DirectSession,
  { name, where, isStable = true }: TableSubject,
): Promise<{ readonly rowCount: number | undefined; readonly problems: readonly string[] }> {
  const { metadata, session } = direct
  const table = await directTable(direct, tableName(name))
  const statistics = await metadata.getTableStatistics?.(session, table.handle)
  const rowCount = statistics?.rowCount
  const problems: string[] = []
  if (rowCount !== undefined && !(rowCount >= 0)) problems.push(`${rowCount} rows`)
  const scanned = statistics?.scannedRowCount
  if (scanned !== undefined && !(scanned >= 0 && scanned <= (rowCount ?? scanned))) {
    problems.push(`${scanned} scanned rows of ${rowCount}`)
  }
  for (const { column, statistics: of } of statistics?.columns ?? []) {
    const found = await metadata.getColumnMetadata(session, table.handle, column)
    const isProvable = isStable && where === undefined && (of.unique || of.ascending)
    const described = isProvable ? table.columns.find((c) => c.name === found.name) : undefined
    const ofColumn = [
      ...columnProblems(of),
      ...(described === undefined ? [] : await proofProblems(direct, table, described, of)),
    ]
    problems.push(...ofColumn.map((problem) => `${found.name}: ${problem}`))
  }
  return { rowCount, problems }
}

/** What a column's values say against `unique` and `ascending`. */
async function proofProblems(
  direct: DirectSession,
  table: DirectTable,
  column: DirectColumn,
  { unique, ascending }: ColumnStatistics,
): Promise<readonly string[]> {
  const { type } = column
  const keys = new Set<string>()
  let [hasNull, isTwice, falls] = [false, false, false]
  let last: Value = null
  for await (const value of columnValues(direct, table, column)) {
    if (value === null) {
      hasNull = true
      continue
    }
    const key = valueKey(type, value)
    isTwice ||= keys.has(key)
    keys.add(key)
    falls ||= last !== null && compareValues(type, last, value) > 0
    last = value
  }
  return [
    ...(ascending && hasNull ? ['ascending, with a NULL'] : []),
    ...(ascending && falls ? ['ascending, with a value below the one before it'] : []),
    ...(unique && isTwice ? ['unique, with a value that comes twice'] : []),
  ]
}

async function* columnValues(
  direct: DirectSession,
  table: DirectTable,
  column: DirectColumn,
): AsyncGenerator<Value> {
  for (const split of await directSplits(direct, table, 1000)) {
    const source = await openSplit(direct, table, split, [column])
    for (let page = await source.getNextPage(); page; page = await source.getNextPage())
      for (let i = 0; i < page.rowCount; i++) yield readValue(page.blocks[0]!, i)
    await source.close()
  }
}

function columnProblems({
  nullsFraction,
  distinctValuesCount,
  dataSize,
  range,
}: {
  readonly nullsFraction?: number
  readonly distinctValuesCount?: number
  readonly dataSize?: number
  readonly range?: { readonly min: number; readonly max: number }
}): readonly string[] {
  const problems: string[] = []
  if (nullsFraction !== undefined && !(nullsFraction >= 0 && nullsFraction <= 1)) {
    problems.push(`a fraction of ${nullsFraction} nulls`)
  }
  if (distinctValuesCount !== undefined && !(distinctValuesCount >= 0)) {
    problems.push(`${distinctValuesCount} distinct values`)
  }
  if (dataSize !== undefined && !(dataSize >= 0)) problems.push(`${dataSize} bytes`)
  if (range !== undefined && !(range.min <= range.max)) {
    problems.push(`a range from ${range.min} to ${range.max}`)
  }
  return problems
}
