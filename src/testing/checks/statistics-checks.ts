import { readValue, valueKey } from '../../spi/index.js'
import { directly, directSplits, directTable, openSplit, tableName } from '../direct-scan.js'
import { failOn, inEnvironment } from '../environment.js'
import { type ConnectorCheck, type ConnectorSubject, lacks, tablesOf } from '../subject.js'

/** Estimates are in their ranges; what statistics call proven is true of the rows. */
export const statisticsChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  {
    name: 'statistics: estimates are possible, and what they prove holds',
    run: () =>
      inEnvironment(subject, ({ connector }) =>
        directly(connector, async (direct) => {
          let isKnown = false
          for (const { name, where, isStable = true } of tablesOf(subject)) {
            const table = await directTable(direct, tableName(name))
            const { metadata, session } = direct
            const statistics = await metadata.getTableStatistics?.(session, table.handle)
            if (statistics === undefined) continue
            const problems: string[] = []
            const { rowCount } = statistics
            if (rowCount !== undefined) {
              isKnown = true
              if (!(rowCount >= 0)) problems.push(`${rowCount} rows`)
            }
            for (const { column, statistics: of } of statistics.columns) {
              const found = await metadata.getColumnMetadata(session, table.handle, column)
              for (const problem of columnProblems(of)) problems.push(`${found.name}: ${problem}`)
              if (!isStable || where !== undefined) continue
              if (of.unique !== true && of.ascending !== true) continue
              const described = table.columns.find((other) => other.name === found.name)
              if (described === undefined) continue
              const keys: string[] = []
              for (const split of await directSplits(direct, table, 1000)) {
                const source = await openSplit(direct, table, split, [described])
                for (let page = await source.getNextPage(); page; page = await source.getNextPage())
                  for (let i = 0; i < page.rowCount; i++) {
                    const value = readValue(page.blocks[0]!, i)
                    if (value !== null) keys.push(valueKey(described.type, value))
                    else if (of.ascending) problems.push(`${found.name}: ascending, with a NULL`)
                  }
                await source.close()
              }
              if (of.unique && new Set(keys).size !== keys.length) {
                problems.push(`${found.name}: unique, with a value that comes twice`)
              }
            }
            failOn(problems, name)
          }
          if (!isKnown && subject.tables.length > 0 && !lacks(subject, 'statistics')) {
            failOn(["no table has a row count; or declare 'statistics'"])
          }
        }),
      ),
  },
]

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
