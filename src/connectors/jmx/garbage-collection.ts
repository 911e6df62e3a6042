import {
  constants,
  type PerformanceEntry as NodePerformanceEntry,
  PerformanceObserver,
} from 'node:perf_hooks'
import type { LiveTable } from './connector.js'
import { metricsTable } from './metrics-table.js'

const KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak callbacks'],
])

/** Collections of this thread by kind, since the connector was created. */
export function garbageCollectionTable(nodeId: string): LiveTable {
  const totals = new Map(
    [...KINDS.values()].map((name) => [name, { count: 0, totalMillis: 0, maxMillis: 0 }]),
  )
  const take = (entries: readonly NodePerformanceEntry[]): void => {
    for (const entry of entries) {
      const total = totals.get(KINDS.get(kindOf(entry)) ?? '')
      if (total === undefined) continue
      total.count++
      total.totalMillis += entry.duration
      total.maxMillis = Math.max(total.maxMillis, entry.duration)
    }
  }
  const observer = new PerformanceObserver((list) => take(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  const table = metricsTable(
    nodeId,
    'garbage_collection',
    { name: 'text', collections: 'count', total_ms: 'number', max_ms: 'number' },
    () => {
      take(observer.takeRecords())
      return [...totals].map(([name, { count, totalMillis, maxMillis }]) => ({
        name,
        collections: count,
        total_ms: totalMillis,
        max_ms: maxMillis,
      }))
    },
  )
  return { table, close: () => observer.disconnect() }
}

/** The kind of collection that an entry tells of; the types of Node do not know of it. */
function kindOf(entry: NodePerformanceEntry): number {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined
  return typeof detail === 'object' && detail !== null && 'kind' in detail
    ? Number(detail.kind)
    : -1
}
