import {
  type Block,
  type ConnectorMergeSink,
  type ConnectorPageSink,
  MERGE_OPERATION,
  type Page,
  selectPositions,
} from '../../spi/index.js'
import { integersOf, type RowSet } from './row-id.js'
import type { StagedUpdates, UpdateStage } from './row-update.js'

/** What a merge sink puts changes into. */
export interface MergeTarget {
  readonly deleted: RowSet
  readonly inserts: ConnectorPageSink
  /** The channels that each UPDATE case sets, ascending. */
  readonly updateChannels: ReadonlyMap<number, readonly number[]>
  newStage(channels: readonly number[]): UpdateStage
  /** Comes once for each case that has updated rows, by ascending number. */
  staged(updates: StagedUpdates): void
}

/** Rows of a page that the same is done with. */
interface Change {
  readonly operation: number
  readonly caseNumber: number
  readonly page: Page
}

/**
 * Takes the changes of DELETE, UPDATE and MERGE: rows to delete are noted, new rows and new values written to pages that nobody
 * sees yet. Pages come as `UPDATED_COLUMNS_ONLY` has them.
 */
export function memoryMergeSink(columnCount: number, target: MergeTarget): ConnectorMergeSink {
  const { deleted, inserts, updateChannels } = target
  const stages = new Map<number, UpdateStage>()
  const stageOf = (caseNumber: number, channels: readonly number[]): UpdateStage => {
    const stage = stages.get(caseNumber) ?? target.newStage(channels)
    stages.set(caseNumber, stage)
    return stage
  }
  return {
    async storeMergedRows(merged) {
      for (const { operation, caseNumber, page } of changesOf(merged, columnCount)) {
        const { rowCount, blocks } = page
        const rowIds = blocks[columnCount + 2]!
        if (operation === MERGE_OPERATION.delete) deleted.add(rowIds)
        else if (operation === MERGE_OPERATION.insert) {
          await inserts.appendPage({ rowCount, blocks: blocks.slice(0, columnCount) })
        } else {
          const channels = updateChannels.get(caseNumber)!
          const values = channels.map((channel) => blocks[channel]!)
          stageOf(caseNumber, channels).append({ rowCount, blocks: [rowIds, ...values] })
        }
      }
    },
    async finish() {
      const fragments = await inserts.finish()
      for (const [, stage] of [...stages].sort(([a], [b]) => a - b)) target.staged(stage.finish())
      return fragments
    },
    async abort() {
      for (const stage of stages.values()) stage.abort()
      await inserts.abort()
    },
  }
}

/** A page of changes by operation and case, mostly one of each. */
function changesOf(page: Page, columnCount: number): readonly Change[] {
  const operations = readerOf(page.blocks[columnCount]!)
  const cases = readerOf(page.blocks[columnCount + 1]!)
  // Operations are below 8.
  const keyAt = (position: number): number => cases(position) * 8 + operations(position)
  const first = keyAt(0)
  let alike = 1
  while (alike < page.rowCount && keyAt(alike) === first) alike++
  if (alike >= page.rowCount) return [changeOf(first, page)]
  const positionsByKey = new Map<number, number[]>()
  let known = -1
  let positions: number[] = []
  for (let i = 0; i < page.rowCount; i++) {
    const key = keyAt(i)
    if (key !== known) {
      known = key
      positions = positionsByKey.get(key) ?? []
      positionsByKey.set(key, positions)
    }
    positions.push(i)
  }
  return [...positionsByKey].map(([key, chosen]) =>
    changeOf(key, {
      rowCount: chosen.length,
      blocks: page.blocks.map((block) => selectPositions(block, Int32Array.from(chosen))),
    }),
  )
}

const changeOf = (key: number, page: Page): Change => ({
  operation: key % 8,
  caseNumber: Math.floor(key / 8),
  page,
})

function readerOf(block: Block): (position: number) => number {
  const { values, codes } = integersOf(block)
  return codes === undefined ? (i) => values[i]! : (i) => values[codes[i]!]!
}
