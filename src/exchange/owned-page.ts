import type { Block, FlatBlock, Page } from '../spi/index.js'

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

/** A copy of a borrowed page in garbage-collected memory, in the encodings and widths it has. O(bytes). */
export function copiedPage(page: Page): OwnedPage {
  const blocks = page.blocks.map(copiedBlock)
  return ownPage(
    page.changes === undefined
      ? { rowCount: page.rowCount, blocks }
      : { rowCount: page.rowCount, blocks, changes: page.changes.slice() },
  )
}

function copiedBlock(block: Block): Block {
  switch (block.encoding) {
    case 'constant':
      return { ...block, value: copiedFlat(block.value) }
    case 'dictionary':
      return {
        ...block,
        validity: block.validity?.slice() ?? null,
        codes: block.codes.slice(),
        dictionary: copiedFlat(block.dictionary),
      }
    case 'flat':
      return copiedFlat(block)
  }
}

function copiedFlat(block: FlatBlock): FlatBlock {
  const validity = block.validity?.slice() ?? null
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return { ...block, validity, values: block.values.slice() }
    case 'f32':
    case 'f64':
      return { ...block, validity, values: block.values.slice() }
    case 'bool':
    case 'fixed16':
      return { ...block, validity, values: block.values.slice() }
    case 'bytes':
      return { ...block, validity, offsets: block.offsets.slice(), bytes: block.bytes.slice() }
    case 'array':
      return {
        ...block,
        validity,
        offsets: block.offsets.slice(),
        elements: copiedBlock(block.elements),
      }
    case 'map':
      return {
        ...block,
        validity,
        offsets: block.offsets.slice(),
        keys: copiedBlock(block.keys),
        mapValues: copiedBlock(block.mapValues),
      }
    case 'row':
      return { ...block, validity, fields: block.fields.map(copiedBlock) }
    case 'null':
      return { ...block, validity }
  }
}
