import {
  type Arena,
  assert,
  type BytesBlock,
  type FlatBlock,
  readValue,
  type SqlType,
  type Value,
} from '../../spi/index.js'
import type { ScanStep } from '../json/json-scan.js'
import { allocateBitmap, allocateInt32 } from './buffers.js'
import {
  buildJsonKernels,
  type JsonKernels,
  type JsonWanted,
  MISSING,
  PATH_STEPS,
  SLOW,
  STEP_BYTES,
} from './json-kernels.js'
import { SCRATCH_BYTES } from './json-token-kernels.js'
import { kernelMemory } from './kernel-memory.js'
import { kernel } from './module-cache.js'
import { buildPlaceKernels, type PlaceKernels } from './place-kernels.js'
import { PADDING } from './text-functions.js'

/** What a path leads to in columns of JSON texts; NULL where it leads to nothing and where the text is no JSON. */
export interface JsonLookup {
  readonly steps: readonly ScanStep[]
  readonly wanted: JsonWanted
  /** What kernels leave to JavaScript, one text at a time. */
  readonly slow: (text: string) => Value
}

interface Found {
  readonly memory: WebAssembly.Memory
  readonly starts: Int32Array
  /** MISSING where there is none, SLOW where JavaScript has to look. */
  readonly lengths: Int32Array
  readonly slowCount: number
}

function scan({ steps, wanted }: JsonLookup, block: BytesBlock, arena: Arena): Found {
  const memory = kernelMemory(block.offsets.buffer)
  assert(memory !== undefined, 'kernels need an arena of the shared memory')
  const kernels = kernel<JsonKernels>(memory, `json ${wanted}`, (m) => buildJsonKernels(m, wanted))
  const { rowCount, validity } = block
  const starts = allocateInt32(arena, rowCount)
  const lengths = allocateInt32(arena, rowCount)
  const slowCount = kernels.scan(
    block.offsets.byteOffset,
    block.bytes.byteOffset,
    validity === null ? 0 : validity.byteOffset,
    rowCount,
    writePath(steps, arena),
    arena.allocate(SCRATCH_BYTES).byteOffset,
    starts.byteOffset,
    lengths.byteOffset,
  )
  return { memory, starts, lengths, slowCount }
}

const INDEX_MAX = 2_147_483_647

/** @returns its address */
function writePath(steps: readonly ScanStep[], arena: Arena): number {
  const bytes = arena.allocate(PATH_STEPS + steps.length * STEP_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setInt32(0, steps.length, true)
  for (const [i, { key, index }] of steps.entries()) {
    const encoded = Buffer.from(key)
    // Keys are compared eight bytes at a time.
    const kept = arena.allocate(encoded.length + 8)
    kept.set(encoded)
    const at = PATH_STEPS + i * STEP_BYTES
    view.setInt32(at, kept.byteOffset, true)
    view.setInt32(at + 4, encoded.length, true)
    view.setInt32(at + 8, Math.min(index, INDEX_MAX), true)
  }
  return bytes.byteOffset
}

function eachSlow(
  lookup: JsonLookup,
  block: BytesBlock,
  { lengths, slowCount }: Found,
  visit: (row: number, value: Exclude<Value, null>) => void,
): void {
  if (slowCount === 0) return
  for (let row = 0; row < lengths.length; row++) {
    if (lengths[row] !== SLOW) continue
    const value = lookup.slow(readValue(block, row) as string)
    if (value === null) lengths[row] = MISSING
    else visit(row, value)
  }
}

/** The texts of scalars. @returns undefined where offsets cannot hold them */
export function jsonScalars(
  lookup: JsonLookup,
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
): FlatBlock | undefined {
  const found = scan(lookup, block, arena)
  const { memory, starts, lengths } = found
  eachSlow(lookup, block, found, (row, value) => {
    const encoded = Buffer.from(value as string)
    const bytes = arena.allocate(encoded.length + PADDING)
    bytes.set(encoded)
    starts[row] = bytes.byteOffset
    lengths[row] = encoded.length
  })
  const { rowCount } = block
  const kernels = kernel<PlaceKernels>(memory, 'place texts', buildPlaceKernels)
  const offsets = allocateInt32(arena, rowCount + 1)
  const validity = allocateBitmap(arena, rowCount)
  const placed = kernels.place(
    lengths.byteOffset,
    rowCount,
    offsets.byteOffset,
    validity.byteOffset,
  )
  if (placed < 0) return undefined
  const bytes = arena.allocate(placed + PADDING)
  kernels.gather(starts.byteOffset, offsets.byteOffset, rowCount, bytes.byteOffset)
  return {
    encoding: 'flat',
    storage: 'bytes',
    type,
    rowCount,
    validity: lengths.includes(MISSING) ? validity : null,
    offsets,
    bytes: bytes.subarray(0, placed),
    // What escapes stand for need not be ASCII.
    ...(block.ascii === true && found.slowCount === 0 ? { ascii: true } : {}),
  }
}

/** How many elements containers have. */
export function jsonLengths(
  lookup: JsonLookup,
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
): FlatBlock {
  const found = scan(lookup, block, arena)
  const { lengths } = found
  eachSlow(lookup, block, found, (row, value) => {
    lengths[row] = Number(value)
  })
  const { rowCount } = block
  let validity: Uint8Array | null = null
  let max = 0
  for (let row = 0; row < rowCount; row++) {
    const length = lengths[row]!
    if (length > max) max = length
    if (length !== MISSING) continue
    validity ??= allocateBitmap(arena, rowCount).fill(0xff)
    validity[row >> 3]! &= ~(1 << (row & 7))
  }
  const shape = { encoding: 'flat', storage: 'i32', type, rowCount, validity } as const
  return { values: lengths, base: 0, factor: 1, bounds: { min: 0, max }, ...shape }
}
