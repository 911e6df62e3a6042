import { cpus, freemem, loadavg, totalmem } from 'node:os'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { ConnectorContext, SystemTable } from '../../spi/index.js'
import { metricsTable } from './metrics-table.js'

/** What the process and the heap hold, in bytes. */
export const memoryTable = (nodeId: string): SystemTable =>
  metricsTable(
    nodeId,
    'memory',
    {
      resident_bytes: 'count',
      heap_total_bytes: 'count',
      heap_used_bytes: 'count',
      heap_limit_bytes: 'count',
      external_bytes: 'count',
      array_buffers_bytes: 'count',
      system_total_bytes: 'count',
      system_free_bytes: 'count',
    },
    () => {
      const usage = process.memoryUsage()
      return [
        {
          resident_bytes: usage.rss,
          heap_total_bytes: usage.heapTotal,
          heap_used_bytes: usage.heapUsed,
          heap_limit_bytes: getHeapStatistics().heap_size_limit,
          external_bytes: usage.external,
          array_buffers_bytes: usage.arrayBuffers,
          system_total_bytes: totalmem(),
          system_free_bytes: freemem(),
        },
      ]
    },
  )

/** The spaces of the heap. */
export const memoryPoolTable = (nodeId: string): SystemTable =>
  metricsTable(
    nodeId,
    'memory_pool',
    {
      name: 'text',
      size_bytes: 'count',
      used_bytes: 'count',
      available_bytes: 'count',
      physical_bytes: 'count',
    },
    () =>
      getHeapSpaceStatistics().map((space) => ({
        name: space.space_name,
        size_bytes: space.space_size,
        used_bytes: space.space_used_size,
        available_bytes: space.space_available_size,
        physical_bytes: space.physical_space_size,
      })),
  )

/** The engine's pools of threads and memory. */
export const poolTable = (context: ConnectorContext): SystemTable =>
  metricsTable(
    context.nodeId,
    'pools',
    { name: 'text', unit: 'text', size: 'count', used: 'count', waiting: 'count' },
    () => context.pools?.().map((pool) => ({ ...pool })) ?? [],
  )

/** Processor time and the like of the process. */
export const processTable = (nodeId: string): SystemTable =>
  metricsTable(
    nodeId,
    'process',
    {
      pid: 'count',
      runtime_version: 'text',
      uptime_seconds: 'number',
      user_cpu_seconds: 'number',
      system_cpu_seconds: 'number',
      available_processors: 'count',
      load_average: 'number',
      voluntary_context_switches: 'count',
      involuntary_context_switches: 'count',
      major_page_faults: 'count',
      active_resources: 'count',
    },
    () => {
      const usage = process.resourceUsage()
      return [
        {
          pid: process.pid,
          runtime_version: process.version,
          uptime_seconds: process.uptime(),
          user_cpu_seconds: usage.userCPUTime / 1e6,
          system_cpu_seconds: usage.systemCPUTime / 1e6,
          available_processors: cpus().length,
          load_average: loadavg()[0] ?? 0,
          voluntary_context_switches: usage.voluntaryContextSwitches,
          involuntary_context_switches: usage.involuntaryContextSwitches,
          major_page_faults: usage.majorPageFault,
          active_resources: process.getActiveResourcesInfo().length,
        },
      ]
    },
  )
