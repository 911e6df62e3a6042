import { joinSharedMemory } from '../../src/dataflow/memory/join-memory.js'
import { QueryMemory, takeQuerySlot } from '../../src/dataflow/memory/query-memory.js'
import {
  CHUNK_BYTES,
  ControlLayout,
  createSharedMemory,
} from '../../src/dataflow/memory/shared-memory.js'
import { BUILTIN_FUNCTIONS } from '../../src/expressions/functions/index.js'
import { createRegistry, type FunctionRegistry } from '../../src/expressions/registry.js'
import { DEFAULT_SESSION } from '../../src/expressions/session-context.js'
import type { OperatorContext } from '../../src/operators/operator.js'

const MB = 1024 * 1024
const slots = new Set<number>()
let registry: FunctionRegistry | undefined

/** A query's memory over a shared memory of its own, from 2 GB on: addresses there have a sign where somebody forgets that they have none. */
export function testMemory(limitBytes = 1024 * MB): QueryMemory {
  const allocator = joinSharedMemory(createSharedMemory(limitBytes))
  allocator.control[ControlLayout.searchHint] = (2048 * MB) / CHUNK_BYTES
  return new QueryMemory(allocator, takeQuerySlot(allocator, slots, limitBytes))
}

/** What a driver gives its operators, for one operator on its own. */
export function testContext(
  memory: QueryMemory,
  options: {
    readonly outputPageRows?: number
    readonly states?: ReadonlyMap<number, readonly unknown[]>
    readonly expressionTarget?: 'wasm' | 'js' | 'interpreter'
  } = {},
): OperatorContext {
  registry ??= createRegistry(BUILTIN_FUNCTIONS)
  return {
    planNodeId: '0',
    driverIndex: 0,
    driverCount: 1,
    createArena: () => memory.createArena(),
    createScope: () => memory.createScope(),
    freeBytes: () => memory.freeBytes,
    reserve: () => true,
    queryArena: memory.createArena(),
    stateOf: (pipeline) => options.states?.get(pipeline) ?? [],
    isCancelled: () => memory.cancelled,
    settings: {
      outputPageRows: options.outputPageRows ?? 16_384,
      session: DEFAULT_SESSION,
      registry,
      ...(options.expressionTarget === undefined
        ? {}
        : { expressionTarget: options.expressionTarget }),
    },
  }
}
