import { expect, test } from 'vitest'
import { placePage } from '../../../../src/dataflow/page-sink.js'
import { createOperator } from '../../../../src/operators/create-operator.js'
import type { OperatorContext } from '../../../../src/operators/operator.js'
import type { SpillSpace } from '../../../../src/operators/spill/spill-space.js'
import { BIGINT, BOOLEAN, type SqlType, VARCHAR } from '../../../../src/spi/index.js'
import { readCollectedPage } from '../../../support/collected-state.js'
import { multiset, pagesOf, type Row, rowsOf } from '../../../support/operator.js'
import { operatorContext, queryMemory } from '../../../support/operator-environment.js'
import { SEED } from '../../../support/seed.js'
import { temporaryFolder, testSpill } from '../../../support/spill.js'
import { createRandom } from '../../kernel-support/cells.js'

const folder = temporaryFolder()
const TYPES: readonly SqlType[] = [BIGINT, VARCHAR, BIGINT]
/** More than two levels of sixteen parts bring below the rows of a page. */
const ROWS = 200_000
const PAGE_ROWS = 200
/** What two levels write of a row: its values twice, and its share of the heads of pages, of the first as small as they come. */
const BYTES_A_ROW = 160

/** A way to disk that counts what goes there. */
function counted(spill: SpillSpace): { readonly spill: SpillSpace; bytes(): number } {
  const files: ReturnType<SpillSpace['createFile']>[] = []
  let sealedBytes = 0
  return {
    spill: {
      isEager: spill.isEager,
      createFile() {
        const file = spill.createFile()
        files.push(file)
        const { seal } = file
        file.seal = () => {
          const pages = seal.call(file)
          sealedBytes += pages.byteLength
          return pages
        }
        return file
      },
      open: (...args) => spill.open(...args),
      delete: (pages) => spill.delete(pages),
    },
    bytes: () => sealedBytes,
  }
}

test(`rows that are divided again and again are written in pages of many, seed ${SEED}`, () => {
  const random = createRandom(SEED)
  const rows: Row[] = Array.from({ length: ROWS }, (_, i) => [
    BigInt(random.below(ROWS)),
    random.pick(['', 'a', 'some text']),
    BigInt(i),
  ])
  const memory = queryMemory()
  const spec = { kind: 'markDistinct', planNodeId: '1', channels: [0], types: TYPES } as const
  const written = counted(testSpill(folder, memory))
  // Nothing can be reserved, so that each level divides what is more than a page.
  const scarce: OperatorContext = {
    ...operatorContext(memory, { spill: written.spill }),
    freeBytes: () => 0,
    reserve: () => false,
  }
  const [plain, divided] = [operatorContext(memory), scarce].map((context) => {
    const operator = createOperator(spec, context, { read: readCollectedPage, place: placePage })
    const found: Row[] = []
    for (const page of pagesOf(memory, TYPES, rows, PAGE_ROWS)) {
      for (const made of operator.process(page)) found.push(...rowsOf(made))
    }
    for (const page of operator.finish()) found.push(...rowsOf(page))
    operator.close()
    // Which row of a key is its first depends on their order.
    return found.map((row) => [row[0]!, row[TYPES.length]!])
  })
  const types = [BIGINT, BOOLEAN]
  expect(multiset(divided!, types)).toEqual(multiset(plain!, types))
  expect(written.bytes()).toBeGreaterThan(ROWS * 2)
  expect(written.bytes()).toBeLessThan(ROWS * BYTES_A_ROW)
  memory.releaseAll()
})
