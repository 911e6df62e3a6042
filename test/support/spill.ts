import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { QueryMemory } from '../../src/dataflow/memory/query-memory.js'
import { QuerySpill } from '../../src/dataflow/spill/query-spill.js'
import { SpillAccount } from '../../src/dataflow/spill/spill-account.js'
import type { SpillFile, SpillSpace } from '../../src/operators/spill/spill-space.js'
import type { Page } from '../../src/spi/index.js'

const GIGABYTE = 2 ** 30

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-spill-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A query's way to disk, as its task has it. */
export function testSpill(folder: string, memory: QueryMemory, limitBytes = GIGABYTE): QuerySpill {
  const limits = { maxSpillBytes: limitBytes, queryMaxSpillBytes: limitBytes }
  new SpillAccount(memory).setLimits(limits)
  return new QuerySpill(join(folder, 'query'), memory)
}

/** Tells of each page after it was written. */
export function watchedSpill(spill: SpillSpace, onWritten: (page: Page) => void): SpillSpace {
  return {
    isEager: spill.isEager,
    open: (pages, types) => spill.open(pages, types),
    delete: (pages) => spill.delete(pages),
    createFile(): SpillFile {
      const file = spill.createFile()
      return {
        get rowCount() {
          return file.rowCount
        },
        get byteLength() {
          return file.byteLength
        },
        append(page) {
          file.append(page)
          onWritten(page)
        },
        seal: () => file.seal(),
        close: () => file.close(),
      }
    },
  }
}
