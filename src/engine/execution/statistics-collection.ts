import type { AnalyzeRequest } from '../../planner/metadata.js'
import { type ComputedStatistics, type ConnectorMetadata, readValue } from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'
import { unsupported } from '../statements/unsupported.js'
import type { BegunWrite } from './write-execution.js'

/** Tells the connector that statistics are being computed; what comes is a row a group of them. */
export async function beginStatistics(
  { name, table, metadata: wanted }: AnalyzeRequest,
  context: QueryContext,
  metadata: ConnectorMetadata,
): Promise<BegunWrite> {
  const session = context.connectorSession(name.catalog)
  if (metadata.finishStatisticsCollection === undefined) throw unsupported('analyze')
  const handle = (await metadata.beginStatisticsCollection?.(session, table)) ?? table
  const computed: ComputedStatistics[] = []
  let counted = 0
  return {
    openSink: async () => ({
      appendPage({ blocks, rowCount }) {
        const { groupingColumns, columnStatistics, tableStatistics } = wanted
        for (let row = 0; row < rowCount; row++) {
          const values = blocks.map((block) => readValue(block, row))
          const rows = Number(values[groupingColumns.length])
          computed.push({
            groupingValues: values.slice(0, groupingColumns.length),
            ...(tableStatistics.includes('ROW_COUNT') ? { rowCount: rows } : {}),
            columnStatistics: columnStatistics.map((statistic, i) => ({
              ...statistic,
              value: values[groupingColumns.length + 1 + i]!,
            })),
          })
          counted += rows
        }
      },
      finish: () => [],
      abort() {
        computed.length = 0
      },
    }),
    async finish() {
      await metadata.finishStatisticsCollection!(session, handle, computed)
      return counted
    },
  }
}
