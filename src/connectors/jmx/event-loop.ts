import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { LiveTable } from './connector.js'
import { metricsTable } from './metrics-table.js'

const RESOLUTION_MILLIS = 10
const NANOS_PER_MILLI = 1e6

/** Delays of the event loop and how busy it was, since the connector was created. */
export function eventLoopTable(nodeId: string): LiveTable {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS })
  delay.enable()
  const start = performance.eventLoopUtilization()
  const millis = (nanos: number): number => (Number.isFinite(nanos) ? nanos / NANOS_PER_MILLI : 0)
  const table = metricsTable(
    nodeId,
    'event_loop',
    {
      samples: 'count',
      delay_min_ms: 'number',
      delay_mean_ms: 'number',
      delay_p50_ms: 'number',
      delay_p99_ms: 'number',
      delay_max_ms: 'number',
      utilization: 'number',
      active_ms: 'number',
      idle_ms: 'number',
    },
    () => {
      const since = performance.eventLoopUtilization(start)
      const hasSamples = delay.count > 0
      return [
        {
          samples: delay.count,
          delay_min_ms: hasSamples ? millis(delay.min) : 0,
          delay_mean_ms: millis(delay.mean),
          delay_p50_ms: hasSamples ? millis(delay.percentile(50)) : 0,
          delay_p99_ms: hasSamples ? millis(delay.percentile(99)) : 0,
          delay_max_ms: hasSamples ? millis(delay.max) : 0,
          utilization: since.utilization,
          active_ms: since.active,
          idle_ms: since.idle,
        },
      ]
    },
  )
  return { table, close: () => void delay.disable() }
}
