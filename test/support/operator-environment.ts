import { QueryMemory, takeQuerySlot } from '../../src/dataflow/memory/query-memory.js'
import {
  ChunkAllocator,
  createSharedMemory,
  type SharedMemory,
} from '../../src/dataflow/memory/shared-memory.js'
import { builtinRegistry } from '../../src/expressions/functions/index.js'
import { DEFAULT_SESSION } from '../../src/expressions/session-context.js'
import type { ExecutionSettings, OperatorContext } from '../../src/operators/operator.js'
import type { SpillSpace } from '../../src/operators/spill/spill-space.js'

const LIMIT_BYTES = 1 << 30
const registry = builtinRegistry()
let shared: SharedMemory | undefined
const slotsInUse = new Set<number>()

/** The shared memory of a test file, reserved once. */
export function sharedMemory(): SharedMemory {
  shared ??= createSharedMemory(LIMIT_BYTES)
  return shared
}

/** The memory of one query, as a task has it; the one before must have come to its end. */
export function queryMemory(limitBytes = LIMIT_BYTES): QueryMemory {
  const allocator = new ChunkAllocator(sharedMemory())
  slotsInUse.clear()
  return new QueryMemory(allocator, takeQuerySlot(allocator, slotsInUse, limitBytes))
}

export interface EnvironmentOptions {
  readonly driverIndex?: number
  readonly driverCount?: number
  readonly states?: ReadonlyMap<number, readonly unknown[]>
  readonly settings?: Partial<ExecutionSettings>
  readonly spill?: SpillSpace
}

/** A driver's context over a query's memory. */
export function operatorContext(
  memory: QueryMemory,
  options: EnvironmentOptions = {},
): OperatorContext {
  const { driverIndex = 0, driverCount = 1, states = new Map(), settings, spill } = options
  return {
    planNodeId: '0',
    driverIndex,
    driverCount,
    createArena: () => memory.createArena(),
    freeBytes: () => memory.freeBytes,
    reserve: () => true,
    createScope: () => memory.createScope(),
    queryArena: memory.createArena(),
    ...(spill === undefined ? {} : { spill }),
    stateOf: (pipelineId) => states.get(pipelineId) ?? [],
    isCancelled: () => memory.cancelled,
    settings: { outputPageRows: 16_384, session: DEFAULT_SESSION, registry, ...settings },
  }
}
