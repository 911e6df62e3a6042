import { kernelMemory } from '../expressions/wasm/kernel-memory.js'
import { type Arena, assert } from '../spi/index.js'

/** The shared memory that an operator's arenas lie in, which its kernels run over. */
export function memoryOf(arena: Arena): WebAssembly.Memory {
  const memory = kernelMemory(arena.allocate(0).buffer)
  assert(memory !== undefined, 'operators run over shared memory')
  return memory
}
