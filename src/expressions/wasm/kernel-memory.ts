import type { Arena } from '../../spi/index.js'

/**
 * The shared memories of this thread by their buffers, so that a kernel finds the memory of the typed arrays it is
 * given: `typedArray.byteOffset` is then the address.
 */
const memories = new WeakMap<ArrayBufferLike, WebAssembly.Memory>()

/** Makes a memory's buffer known to kernels; every thread does it once, with the memory it was handed. */
export function registerKernelMemory(memory: WebAssembly.Memory): void {
  memories.set(memory.buffer, memory)
}

/** The memory a buffer belongs to; undefined for other buffers, which kernels cannot read. */
export const kernelMemory = (buffer: ArrayBufferLike): WebAssembly.Memory | undefined =>
  memories.get(buffer)

const buffers = new WeakMap<Arena, ArrayBufferLike>()

/** The buffer an arena allocates in; of an arena over the heap, where every allocation has its own, one of no use. */
export function arenaBuffer(arena: Arena): ArrayBufferLike {
  let buffer = buffers.get(arena)
  if (buffer === undefined) {
    buffer = arena.allocate(0).buffer
    buffers.set(arena, buffer)
  }
  return buffer
}
