import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { QueryMemory } from '../../src/dataflow/memory/query-memory.js'
import { QuerySpill } from '../../src/dataflow/spill/query-spill.js'
import { SpillAccount } from '../../src/dataflow/spill/spill-account.js'

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
