import { copyBlock } from '../../expressions/wasm/import.js'
import type { Arena, Block, Page, SqlType } from '../../spi/index.js'
import { nullBlock } from '../kernels/gather.js'
import { concatColumn } from './join-index.js'

/** Which columns of a build side are kept, and for how long its pages are there. */
export interface BuildColumnsSpec {
  readonly types: readonly SqlType[]
  readonly keyChannels: readonly number[]
  /** Only whether a key is there counts: other columns are not kept. */
  readonly keysOnly: boolean
  /** Pages stay where they are as long as the query runs: columns may point into them. */
  readonly stablePages: boolean
}

export const isKept = (spec: BuildColumnsSpec, channel: number): boolean =>
  !spec.keysOnly || spec.keyChannels.includes(channel)

export const keptTypes = (spec: BuildColumnsSpec): readonly SqlType[] =>
  spec.types.filter((_, channel) => isKept(spec, channel))

/** A page with nothing in the columns that are not kept. */
export const keptPage = (spec: BuildColumnsSpec, { rowCount, blocks }: Page): Page => ({
  rowCount,
  blocks: blocks.map((block, channel) =>
    isKept(spec, channel) ? block : nullBlock(block.type, rowCount),
  ),
})

/** A column of all pages in one piece, which stays as long as the query runs; empty where it is not kept. */
export function buildColumn(
  spec: BuildColumnsSpec,
  pages: readonly Page[],
  channel: number,
  arena: Arena,
): Block {
  const type = spec.types[channel]!
  if (!isKept(spec, channel) || pages.every(({ rowCount }) => rowCount === 0)) {
    return emptyBlock(type)
  }
  const block = concatColumn(pages, channel, type, arena)
  if (spec.stablePages) return block
  const isBorrowed = pages.length === 1 || block.encoding !== 'flat'
  return isBorrowed ? copyBlock(block, arena) : block
}

export const emptyBlock = (type: SqlType): Block => ({
  encoding: 'flat',
  storage: 'null',
  type,
  rowCount: 0,
  validity: null,
})
