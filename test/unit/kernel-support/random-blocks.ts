import { registerKernelMemory } from '../../../src/expressions/wasm/kernel-memory.js'
import {
  type Arena,
  arrayType,
  BIGINT,
  type Block,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  type FlatBlock,
  INTEGER,
  type IntegerBlock,
  mapType,
  REAL,
  rowType,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  UUID,
  VARCHAR,
  type Validity,
} from '../../../src/spi/index.js'
import type { Random } from './cells.js'

/** A bump arena over a whole shared memory of its own; reset starts over. */
export function sharedArena(): Arena & { readonly memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536, shared: true })
  registerKernelMemory(memory)
  let next = 16
  return {
    memory,
    allocate(byteLength) {
      const bytes = new Uint8Array(memory.buffer, next, byteLength)
      next = (next + byteLength + 15) & ~15
      return bytes
    },
    reset() {
      next = 16
    },
    close() {},
  }
}

export interface BlockOptions {
  /** How often a position is null; absent: chosen at random, often none. */
  readonly nulls?: number
  readonly encodings?: readonly ('flat' | 'constant' | 'dictionary')[]
  /** Spread of integers: small ones collide in comparisons, big ones overflow. */
  readonly magnitudes?: readonly number[]
}

const LIMITS: Record<string, bigint> = {
  tinyint: 127n,
  smallint: 32_767n,
  integer: 2_147_483_647n,
  date: 2_147_483_647n,
}
const I64_MAX = 9_223_372_036_854_775_807n

/** The largest logical value of an integer-stored type. */
export function integerLimit(type: SqlType): bigint {
  if (type.kind === 'decimal') return 10n ** BigInt(type.precision) - 1n
  if (type.kind === 'date') return 100_000n
  if (type.kind === 'timestamp') return 4_000_000_000_000_000n
  return LIMITS[type.kind] ?? I64_MAX
}

export function randomValidity(
  random: Random,
  rowCount: number,
  nulls: number,
  arena: Arena,
): Validity {
  if (nulls === 0) return null
  const validity = arena.allocate((rowCount + 7) >> 3).fill(0)
  for (let i = 0; i < rowCount; i++) {
    if (!random.chance(nulls)) validity[i >> 3]! |= 1 << (i & 7)
  }
  return validity
}

export function randomBlock(
  random: Random,
  type: SqlType,
  rowCount: number,
  arena: Arena,
  options: BlockOptions = {},
): Block {
  const encoding = random.pick(options.encodings ?? ['flat', 'flat', 'constant', 'dictionary'])
  const nulls = options.nulls ?? random.pick([0, 0, 0.2, 1])
  if (encoding === 'flat') return randomFlat(random, type, rowCount, nulls, arena, options)
  if (encoding === 'constant') {
    const value = randomFlat(random, type, 1, nulls, arena, options)
    return { encoding, type, rowCount, value }
  }
  const entries = 1 + random.below(20)
  const dictionary = randomFlat(
    random,
    type,
    entries,
    random.chance(0.5) ? 0 : nulls,
    arena,
    options,
  )
  const Codes = random.pick([Uint8Array, Uint16Array, Int32Array])
  const bytes = arena.allocate(rowCount * Codes.BYTES_PER_ELEMENT)
  const codes = new Codes(bytes.buffer, bytes.byteOffset, rowCount)
  for (let i = 0; i < rowCount; i++) codes[i] = random.below(entries)
  const validity = randomValidity(random, rowCount, nulls, arena)
  return { encoding, type, rowCount, codes, dictionary, validity }
}

export function randomFlat(
  random: Random,
  type: SqlType,
  rowCount: number,
  nulls: number,
  arena: Arena,
  options: BlockOptions,
): FlatBlock {
  if (nulls === 1 && random.chance(0.3)) {
    return { encoding: 'flat', storage: 'null', type, rowCount, validity: null }
  }
  const validity = randomValidity(random, rowCount, nulls, arena)
  const shape = { encoding: 'flat', type, rowCount, validity } as const
  switch (type.kind) {
    case 'real':
    case 'double': {
      const width = type.kind === 'real' ? 4 : 8
      const bytes = arena.allocate(rowCount * width)
      const values =
        width === 4
          ? new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
          : new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
      for (let i = 0; i < rowCount; i++) values[i] = randomDouble(random)
      return { ...shape, storage: width === 4 ? 'f32' : 'f64', values }
    }
    case 'boolean': {
      const values = arena.allocate(rowCount)
      for (let i = 0; i < rowCount; i++) values[i] = random.below(2)
      return { ...shape, storage: 'bool', values }
    }
    case 'uuid': {
      const values = arena.allocate(rowCount * 16)
      for (let i = 0; i < values.length; i++) values[i] = random.below(256)
      return { ...shape, storage: 'fixed16', values }
    }
    case 'varchar':
    case 'char':
      return { ...shape, ...randomStrings(random, rowCount, arena) }
    case 'array': {
      const offsets = randomOffsets(random, rowCount, arena)
      const elements = randomBlock(random, type.element, offsets[rowCount]! + 2, arena, options)
      return { ...shape, storage: 'array', offsets, elements }
    }
    case 'map': {
      const offsets = randomOffsets(random, rowCount, arena)
      const count = offsets[rowCount]!
      const keys = randomBlock(random, type.key, count, arena, { ...options, nulls: 0 })
      const mapValues = randomBlock(random, type.value, count, arena, options)
      return { ...shape, storage: 'map', offsets, keys, mapValues }
    }
    case 'row': {
      const fields = type.fields.map((f) => randomBlock(random, f.type, rowCount, arena, options))
      return { ...shape, storage: 'row', fields }
    }
    default:
      return randomIntegers(random, shape, arena, options)
  }
}

function randomOffsets(random: Random, rowCount: number, arena: Arena): Int32Array {
  const bytes = arena.allocate((rowCount + 1) * 4)
  const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount + 1)
  offsets[0] = random.below(3)
  for (let i = 0; i < rowCount; i++) offsets[i + 1] = offsets[i]! + random.below(4)
  return offsets
}

export function randomDouble(random: Random): number {
  if (random.chance(0.05)) {
    return random.pick([Number.NaN, Infinity, -Infinity, -0, 1e300, 9.3e18, -9.3e18, 0.5, -2.5])
  }
  return random.chance(0.5) ? random.below(20) - 10 : (random.next() - 0.5) * 1000
}

const WORDS = [
  '',
  'a',
  'AIR',
  'MAIL',
  'special requests',
  'green',
  'forest green',
  'ab%c_d',
  'naïve',
  '日本',
  'x😀y',
]

export const randomText = (random: Random): string => {
  const count = random.chance(0.1) ? 12 : random.below(4)
  return Array.from({ length: count }, () => random.pick(WORDS)).join(random.pick(['', ' ']))
}

function randomStrings(random: Random, rowCount: number, arena: Arena) {
  const onlyAscii = random.chance(0.5)
  const texts = Array.from({ length: rowCount }, () => {
    const text = randomText(random)
    return onlyAscii ? text.replace(/[^\x20-\x7e]/g, '') : text
  }).map((text) => Buffer.from(text))
  const first = random.below(4)
  const offsetBytes = arena.allocate((rowCount + 1) * 4)
  const offsets = new Int32Array(offsetBytes.buffer, offsetBytes.byteOffset, rowCount + 1)
  offsets[0] = first
  const bytes = arena.allocate(first + texts.reduce((sum, t) => sum + t.length, 0))
  texts.forEach((text, i) => {
    bytes.set(text, offsets[i]!)
    offsets[i + 1] = offsets[i]! + text.length
  })
  return { storage: 'bytes', offsets, bytes, ...(onlyAscii ? { ascii: true } : {}) } as const
}

const WIDTHS = [
  ['i8', 127n],
  ['i16', 32_767n],
  ['i32', 2_147_483_647n],
] as const

/** Integers in a storage wide enough, sometimes with base and factor, with exact, loose or no bounds. */
function randomIntegers(
  random: Random,
  shape: Pick<IntegerBlock, 'encoding' | 'type' | 'rowCount' | 'validity'>,
  arena: Arena,
  options: BlockOptions,
): IntegerBlock {
  const limit = integerLimit(shape.type)
  const magnitude = BigInt(
    Math.floor(random.pick(options.magnitudes ?? [10, 100, 30_000, 2e9, 1e13, 9.2e18])),
  )
  let spread = magnitude < limit ? magnitude : limit
  const { rowCount } = shape
  const widths = WIDTHS.filter(([, max]) => max >= spread)
  const packed = random.chance(0.3) && limit > 1000n
  let storage: IntegerBlock['storage'] =
    widths.length > 0 && random.chance(0.8) ? random.pick(widths)[0] : 'i64'
  let base = 0
  let factor = 1
  if (packed) {
    storage = random.pick(['i8', 'i16'])
    factor = random.pick([1, 2, 7])
    base = random.below(500) - 250
    spread = storage === 'i8' ? 100n : 120n
    if (limit <= 32_767n && factor * Number(spread) + 250 > Number(limit)) factor = 1
  }
  const numbers = Array.from({ length: rowCount }, () => {
    const r = random.next() * 2 - 1
    if (random.chance(0.02)) return random.chance(0.5) ? spread : -spread
    return BigInt(Math.trunc(r * Number(spread)))
  })
  const width = { i8: 1, i16: 2, i32: 4, i64: 8 }[storage]
  const bytes = arena.allocate(rowCount * width)
  const values =
    storage === 'i8'
      ? Int8Array.from(numbers, Number)
      : storage === 'i16'
        ? Int16Array.from(numbers, Number)
        : storage === 'i32'
          ? Int32Array.from(numbers, Number)
          : BigInt64Array.from(numbers)
  bytes.set(new Uint8Array(values.buffer))
  const view =
    storage === 'i8'
      ? new Int8Array(bytes.buffer, bytes.byteOffset, rowCount)
      : storage === 'i16'
        ? new Int16Array(bytes.buffer, bytes.byteOffset, rowCount)
        : storage === 'i32'
          ? new Int32Array(bytes.buffer, bytes.byteOffset, rowCount)
          : new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  const logical = numbers.map((n) => base + factor * Number(n))
  const min = Math.min(...logical)
  const max = Math.max(...logical)
  const known =
    rowCount > 0 && random.chance(0.6) && Number.isSafeInteger(min) && Number.isSafeInteger(max)
  return {
    ...shape,
    storage,
    values: view,
    base,
    factor,
    ...(known ? { bounds: { min, max } } : {}),
  }
}

export const SCALAR_TYPES: readonly SqlType[] = [
  TINYINT,
  SMALLINT,
  INTEGER,
  BIGINT,
  decimalType(12, 2),
  decimalType(18, 4),
  DATE,
  timestampType(3),
  REAL,
  DOUBLE,
  BOOLEAN,
  VARCHAR,
  UUID,
]

export const NESTED_TYPES: readonly SqlType[] = [
  arrayType(BIGINT),
  arrayType(arrayType(VARCHAR)),
  mapType(VARCHAR, DOUBLE),
  rowType([{ name: 'a', type: INTEGER }, { type: VARCHAR }]),
]
