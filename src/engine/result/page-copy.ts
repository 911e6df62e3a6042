import type { Block, FlatBlock, Page, Validity } from '../../spi/index.js'

const ALIGNMENT = 16
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

type TypedArray =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array

/** Where buffers are copied to; measures first, so that a page gets one ArrayBuffer. */
interface Copier {
  copy<T extends TypedArray>(array: T): T
}

/**
 * Copies a borrowed page into one garbage-collected ArrayBuffer, in the encodings and widths it has. Parts that
 * several blocks share are copied once. O(bytes).
 */
export function copyPage(page: Page): Page {
  let byteLength = 0
  const places = new Map<TypedArray, number>()
  const measure: Copier = {
    copy(array) {
      if (!places.has(array)) {
        places.set(array, byteLength)
        byteLength += aligned(array.byteLength)
      }
      return array
    },
  }
  for (const block of page.blocks) copyBlock(block, measure)
  if (page.changes !== undefined) measure.copy(page.changes)
  const target = new ArrayBuffer(byteLength)
  const copies = new Map<TypedArray, TypedArray>()
  const copier: Copier = {
    copy<T extends TypedArray>(array: T): T {
      let copied = copies.get(array)
      if (copied === undefined) {
        copied = copyTo(array, target, places.get(array)!)
        copies.set(array, copied)
      }
      return copied as T
    },
  }
  return {
    rowCount: page.rowCount,
    blocks: page.blocks.map((block) => copyBlock(block, copier)),
    ...(page.changes === undefined ? {} : { changes: copier.copy(page.changes) }),
  }
}

function copyTo(array: TypedArray, target: ArrayBuffer, offset: number): TypedArray {
  const source = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  new Uint8Array(target, offset, array.byteLength).set(source)
  const Constructor = array.constructor as new (
    buffer: ArrayBuffer,
    byteOffset: number,
    length: number,
  ) => TypedArray
  return new Constructor(target, offset, array.length)
}

const copyValidity = (validity: Validity, copier: Copier): Validity =>
  validity === null ? null : copier.copy(validity)

function copyBlock(block: Block, copier: Copier): Block {
  switch (block.encoding) {
    case 'constant':
      return { ...block, value: copyFlat(block.value, copier) }
    case 'dictionary':
      return {
        ...block,
        codes: copier.copy(block.codes),
        validity: copyValidity(block.validity, copier),
        dictionary: copyFlat(block.dictionary, copier),
      }
    case 'flat':
      return copyFlat(block, copier)
  }
}

function copyFlat(block: FlatBlock, copier: Copier): FlatBlock {
  const validity = copyValidity(block.validity, copier)
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return { ...block, validity, values: copier.copy(block.values) }
    case 'f32':
    case 'f64':
      return { ...block, validity, values: copier.copy(block.values) }
    case 'bool':
    case 'fixed16':
      return { ...block, validity, values: copier.copy(block.values) }
    case 'bytes':
      return copyBytes(block, validity, copier)
    case 'array':
      return {
        ...block,
        validity,
        offsets: copier.copy(block.offsets),
        elements: copyBlock(block.elements, copier),
      }
    case 'map':
      return {
        ...block,
        validity,
        offsets: copier.copy(block.offsets),
        keys: copyBlock(block.keys, copier),
        mapValues: copyBlock(block.mapValues, copier),
      }
    case 'row':
      return {
        ...block,
        validity,
        fields: block.fields.map((field) => copyBlock(field, copier)),
      }
    case 'null':
      return { ...block, validity }
  }
}

type BytesBlock = Extract<FlatBlock, { storage: 'bytes' }>

/** The views of the used part of a block's bytes, one for both passes. */
const usedBytes = new WeakMap<BytesBlock, Uint8Array>()

/** Copies only the bytes up to the last that the offsets reach: a page is often a part of a longer block. */
function copyBytes(block: BytesBlock, validity: Validity, copier: Copier): BytesBlock {
  const last = block.offsets[block.rowCount] ?? 0
  let used = usedBytes.get(block)
  if (used === undefined) {
    used = last === block.bytes.length ? block.bytes : block.bytes.subarray(0, last)
    usedBytes.set(block, used)
  }
  return {
    ...block,
    validity,
    offsets: copier.copy(block.offsets),
    bytes: copier.copy(used),
  }
}
