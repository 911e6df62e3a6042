import { mkdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  SpilledPages,
  SpillFile,
  SpillReader,
  SpillSpace,
} from '../../operators/spill/spill-space.js'
import type { SqlType } from '../../spi/index.js'
import type { QueryMemory } from '../memory/query-memory.js'
import { deletePages, PageFile, PageFileReader } from './page-file.js'
import { SpillAccount } from './spill-account.js'

/** One thread's way to the spilled pages of a query: a folder, made when the first page is written. */
export class QuerySpill implements SpillSpace {
  readonly isEager: boolean
  readonly #folder: string
  readonly #memory: QueryMemory
  readonly #account: SpillAccount

  constructor(folder: string, memory: QueryMemory, isEager = false) {
    this.isEager = isEager
    this.#folder = folder
    this.#memory = memory
    this.#account = new SpillAccount(memory)
  }

  createFile(): SpillFile {
    const { allocator } = this.#memory
    return new PageFile(
      join(this.#folder, `${allocator.newSerial()}.pages`),
      () => mkdirSync(this.#folder, { recursive: true, mode: 0o700 }),
      this.#account,
      this.#memory.createArena(),
    )
  }

  open(pages: SpilledPages, types: readonly SqlType[]): SpillReader {
    return new PageFileReader(pages, types)
  }

  delete(pages: SpilledPages): void {
    if (pages.byteLength > 0) deletePages(pages.path, pages.byteLength, this.#account)
  }
}

/** Removes what a query has on disk; its threads have stopped. */
export async function removeQuerySpill(folder: string, memory: QueryMemory): Promise<void> {
  const account = new SpillAccount(memory)
  if (memory.writtenSpillBytes === 0) return
  await rm(folder, { recursive: true, force: true })
  account.releaseAll()
}

/** As {@link removeQuerySpill}, of a whole process, when it ends. */
export const removeSpillFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true })
