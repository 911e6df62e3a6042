import type { Block, Page } from '../spi/index.js'

/** A page with an owner: valid until `release`, which its last holder calls exactly once. */
export interface OwnedPage {
  readonly page: Page
  /** What holding it costs, in bytes. */
  readonly byteLength: number
  release(): void
}

/** Bytes of the buffers of a page, parts that several blocks share counted once. O(blocks). */
export function pageByteLength(page: Page): number {
  const seen = new Set<ArrayBufferView>()
  let byteLength = 0
  const count = (buffer: ArrayBufferView): void => {
    if (seen.has(buffer)) return
    seen.add(buffer)
    byteLength += buffer.byteLength
  }
  for (const block of page.blocks) eachBuffer(block, count)
  if (page.changes !== undefined) count(page.changes)
  return byteLength
}

function eachBuffer(block: Block, visit: (buffer: ArrayBufferView) => void): void {
  if (block.encoding === 'constant') {
    eachBuffer(block.value, visit)
    return
  }
  if (block.validity !== null) visit(block.validity)
  if (block.encoding === 'dictionary') {
    visit(block.codes)
    eachBuffer(block.dictionary, visit)
    return
  }
  switch (block.storage) {
    case 'bytes':
      visit(block.offsets)
      visit(block.bytes)
      return
    case 'array':
      visit(block.offsets)
      eachBuffer(block.elements, visit)
      return
    case 'map':
      visit(block.offsets)
      eachBuffer(block.keys, visit)
      eachBuffer(block.mapValues, visit)
      return
    case 'row':
      for (const field of block.fields) eachBuffer(field, visit)
      return
    case 'null':
      return
    default:
      visit(block.values)
  }
}

/** A page that its holder may keep as long as it likes, such as one over garbage-collected memory. */
export const ownPage = (page: Page, release: () => void = () => {}): OwnedPage => ({
  page,
  byteLength: pageByteLength(page),
  release,
})
