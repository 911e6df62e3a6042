import { median } from './statistics.mjs'

/** What two threads read of memory in a second on the machine of the design's measurements; see docs/performance.md. */
const BYTES_PER_SECOND = 33e9
const LINEITEM_ROWS = 6_001_215

/**
 * Bytes a row of lineitem that scan-bound queries read, by the widths that columns are stored in: dates two bytes, quantity,
 * discount and tax one, extendedprice four, flags a dictionary code of one.
 */
const SCANS = [
  {
    query: 'Q1',
    columns: {
      l_shipdate: 2,
      l_returnflag: 1,
      l_linestatus: 1,
      l_quantity: 1,
      l_extendedprice: 4,
      l_discount: 1,
      l_tax: 1,
    },
  },
  { query: 'Q6', columns: { l_shipdate: 2, l_discount: 1, l_quantity: 1, l_extendedprice: 4 } },
]

/** How near scan-bound queries come to what the memory gives. @param result of TPC-H on memory tables */
export function bandwidthTable({ settings, measures }) {
  const rows = LINEITEM_ROWS * Number(settings.scaleFactor)
  const lines = SCANS.flatMap(({ query, columns }) => {
    const samples = measures.find((m) => m.name === query)?.values.millrace?.samples
    if (samples === undefined) return []
    const bytesPerRow = Object.values(columns).reduce((a, b) => a + b, 0)
    const limitMillis = ((rows * bytesPerRow) / BYTES_PER_SECOND) * 1000
    const millis = median(samples)
    const reached = (rows * bytesPerRow) / (millis / 1000) / 1e9
    return `| ${query} | ${bytesPerRow} | ${limitMillis.toFixed(1)} ms | ${millis.toFixed(1)} ms | ${reached.toFixed(1)} GB/s | ${((limitMillis / millis) * 100).toFixed(0)}% |`
  })
  return [
    '| query | bytes a row | at the limit of memory | measured | reached | of the limit |',
    '|---|---:|---:|---:|---:|---:|',
    ...lines,
  ].join('\n')
}
