import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Arena, Page, SqlType } from '../../spi/index.js'
import type { OperatorContext } from '../operator.js'
import { memoryOf } from '../operator-memory.js'
import { GroupKeys } from './group-keys.js'

const STATUS_WORDS = 4

/** Numbers the partitions that rows belong to, in order of first appearance; with no key there is one. */
export class Partitioner {
  readonly #channels: readonly number[]
  readonly #status: Arena
  readonly #keys: GroupKeys | undefined
  #anyRows = false

  constructor(
    channels: readonly number[],
    types: readonly SqlType[],
    context: Pick<OperatorContext, 'createArena' | 'freeBytes'>,
  ) {
    this.#channels = channels
    this.#status = context.createArena()
    this.#keys =
      channels.length === 0
        ? undefined
        : new GroupKeys(
            memoryOf(this.#status),
            () => context.createArena(),
            allocateInt32(this.#status, STATUS_WORDS),
            channels.map((channel) => types[channel]!),
            () => context.freeBytes(),
          )
  }

  get count(): number {
    return this.#keys?.groupCount ?? (this.#anyRows ? 1 : 0)
  }

  /** The partition of each row, in `arena`. */
  add(page: Page, arena: Arena): Int32Array {
    this.#anyRows ||= page.rowCount > 0
    return (
      this.#keys?.add(page, this.#channels, arena) ?? allocateInt32(arena, page.rowCount).fill(0)
    )
  }

  close(): void {
    this.#keys?.close()
    this.#status.close()
  }
}
