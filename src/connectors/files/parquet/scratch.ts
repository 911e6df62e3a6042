import type { KernelBuffer, KernelMemory } from './kernels/kernel-memory.js'

/** What the buffers of {@link Scratch} are for. */
export type ScratchUse =
  | 'codes'
  | 'selectedCodes'
  | 'values'
  | 'narrow'
  | 'spread'
  | 'selected'
  | 'levels'
  | 'valid'
  | 'selectedValid'
  | 'bits'
  | 'ends'
  | 'bytes'
  | 'positions'
  | 'selectionMask'
  | 'filtered'
  | 'members'
  | 'passes'
  | 'out'

/** Buffers in kernel memory that one page source reuses from column to column; each is valid until its next use. */
export class Scratch {
  readonly memory: KernelMemory
  readonly #buffers = new Map<ScratchUse, KernelBuffer>()

  constructor(memory: KernelMemory) {
    this.memory = memory
  }

  /** The address of at least so many bytes. What the buffer held is lost where it has to grow. */
  take(use: ScratchUse, byteLength: number): number {
    const held = this.#buffers.get(use)
    if (held !== undefined && held.byteLength >= byteLength) return held.address
    if (held !== undefined) this.memory.free(held)
    this.#buffers.delete(use)
    const buffer = this.memory.allocate(byteLength)
    this.#buffers.set(use, buffer)
    return buffer.address
  }

  /** The same, keeping the first `keptBytes`. */
  grow(use: ScratchUse, byteLength: number, keptBytes: number): number {
    const held = this.#buffers.get(use)
    if (held === undefined || held.byteLength >= byteLength) return this.take(use, byteLength)
    const buffer = this.memory.allocate(Math.max(byteLength, held.byteLength * 2))
    const all = new Uint8Array(this.memory.buffer)
    all.copyWithin(buffer.address, held.address, held.address + keptBytes)
    this.memory.free(held)
    this.#buffers.set(use, buffer)
    return buffer.address
  }

  address(use: ScratchUse): number {
    return this.#buffers.get(use)!.address
  }

  close(): void {
    for (const buffer of this.#buffers.values()) this.memory.free(buffer)
    this.#buffers.clear()
  }
}
