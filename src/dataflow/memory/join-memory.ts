import { registerKernelMemory } from '../../expressions/wasm/kernel-memory.js'
import { useDictionarySerials } from './page-words.js'
import { ChunkAllocator, type SharedMemory } from './shared-memory.js'

/** Makes a shared memory usable in this thread: its kernels find it, its pages are numbered with those of all threads. */
export function joinSharedMemory(shared: SharedMemory): ChunkAllocator {
  const allocator = new ChunkAllocator(shared)
  registerKernelMemory(shared.memory)
  useDictionarySerials(() => allocator.newSerial())
  return allocator
}
