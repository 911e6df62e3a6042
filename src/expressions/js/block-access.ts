import {
  type Block,
  type BytesBlock,
  type FlatBlock,
  flatBlockOf,
  isValid,
} from '../../spi/page/block.js'
import { isText, readValue, textAt } from '../../spi/page/block-value.js'
import type { SqlType } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import type { Operand } from './js-emitter.js'
import { representationOf } from './js-emitter.js'

/**
 * How a channel of one page is read by generated code: its shape decides the text of the reads (and the kernel that is
 * used), its buffers are passed to it.
 */
export interface BlockAccess {
  /** Equal shapes have equal code. */
  readonly shape: string
  readonly values: ArrayLike<number | bigint> | null
  readonly codes: ArrayLike<number> | null
  /** Validity of the values, and of the codes over them. */
  readonly valid: Uint8Array | null
  readonly codeValid: Uint8Array | null
  readonly base: number
  readonly factor: number
  /** The carrier at a position, or null: how everything without typed code is read. */
  readonly read: (position: number) => Value
  readonly block: Block
}

/** Integers whose carrier is the stored number, or a multiple of it. */
const INTEGER_KINDS = new Set<SqlType['kind']>([
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'decimal',
  'date',
  'time',
  'timestamp',
  'interval year to month',
  'interval day to second',
])

/** The storages that generated code reads itself. */
function directStorage(flat: FlatBlock): string | undefined {
  switch (flat.storage) {
    case 'f32':
    case 'f64':
    case 'bool':
      return flat.storage
    case 'i64':
      return INTEGER_KINDS.has(flat.type.kind) ? 'i64' : undefined
    case 'i8':
    case 'i16':
    case 'i32': {
      if (!INTEGER_KINDS.has(flat.type.kind)) return undefined
      const reach = Math.abs(flat.base) + Math.abs(flat.factor) * 2 ** 31
      if (!Number.isSafeInteger(reach)) return undefined
      return flat.base === 0 && flat.factor === 1 ? 'int' : 'scaled'
    }
    default:
      return undefined
  }
}

/** Looks at a block once a page. */
export function accessOf(block: Block): BlockAccess {
  const flat = flatBlockOf(block)
  const direct = directStorage(flat)
  const typed =
    direct === undefined ? undefined : (flat as FlatBlock & { values: ArrayLike<number> })
  const valid = typed === undefined || flat.storage === 'null' ? null : flat.validity
  const codeValid = typed !== undefined && block.encoding === 'dictionary' ? block.validity : null
  const nulls = `${valid === null ? '' : 'v'}${codeValid === null ? '' : 'c'}`
  return {
    shape: typed === undefined ? 'read' : `${block.encoding}.${direct}.${nulls}`,
    values: typed?.values ?? null,
    codes: block.encoding === 'dictionary' ? block.codes : null,
    valid,
    codeValid,
    base: 'base' in flat ? flat.base : 0,
    factor: 'factor' in flat ? flat.factor : 1,
    read: readerOf(block, flat),
    block,
  }
}

function readerOf(block: Block, flat: FlatBlock): (position: number) => Value {
  if (flat.storage === 'bytes' && isText(flat.type)) {
    if (block.encoding === 'flat') return flatTextReader(flat)
    const texts: (string | null | undefined)[] = []
    const entry = (code: number) =>
      (texts[code] ??= isValid(flat.validity, code) ? textAt(flat, code) : null)
    if (block.encoding === 'constant') return () => entry(0)
    return (position) => (isValid(block.validity, position) ? entry(block.codes[position]!) : null)
  }
  return (position) => readValue(block, position)
}

/** Bytes of a page that are made one string at once: 1 ms, at most. */
const PAGE_TEXT_MAX = 1 << 22

/**
 * Making a string of bytes costs 100 ns and more whatever its length, cutting a piece off another 10: texts of ASCII are cut off
 * one string of the page.
 */
function flatTextReader(flat: BytesBlock): (position: number) => Value {
  const { validity, offsets, rowCount } = flat
  const start = offsets[0]!
  const end = offsets[rowCount]!
  if (flat.ascii !== true || end - start > PAGE_TEXT_MAX) {
    return (position) => (isValid(validity, position) ? textAt(flat, position) : null)
  }
  let texts: string | undefined
  return (position) => {
    if (!isValid(validity, position)) return null
    texts ??= latin1Text(flat.bytes, start, end)
    return texts.slice(offsets[position]! - start, offsets[position + 1]! - start)
  }
}

const latin1Text = ({ buffer, byteOffset }: Uint8Array, start: number, end: number): string =>
  Buffer.from(buffer, byteOffset + start, end - start).toString('latin1')

/** The names under which the generated code has a channel's buffers: see {@link accessPrelude}. */
const names = (channel: number) => ({
  values: `a${channel}`,
  codes: `d${channel}`,
  valid: `y${channel}`,
  codeValid: `z${channel}`,
  base: `b${channel}`,
  factor: `m${channel}`,
  read: `r${channel}`,
  block: `g${channel}`,
})

/** Takes a channel's buffers out of `accesses[index]` before the loop. */
export function accessPrelude(channel: number, index: number): string {
  const name = names(channel)
  const fields = Object.entries(name).map(([field, variable]) => `${field}: ${variable}`)
  return `const { ${fields.join(', ')} } = accesses[${index}];`
}

/** The text of the index into the values for position `i`. */
function indexText(shape: string, channel: number): string {
  if (shape.startsWith('constant')) return '0'
  return shape.startsWith('dictionary') ? `${names(channel).codes}[i]` : 'i'
}

/** Reads a channel of a shape at position `i`; undefined where it takes the reader. */
export function directRead(shape: string, channel: number, type: SqlType): Operand | undefined {
  const [, storage, nulls = ''] = shape.split('.')
  if (storage === undefined) return undefined
  const name = names(channel)
  const index = indexText(shape, channel)
  const stored = `${name.values}[${index}]`
  const bit = (bitmap: string, at: string) => `(${bitmap}[${at} >> 3] & (1 << (${at} & 7))) === 0`
  const isNull: string[] = []
  if (nulls.includes('c')) isNull.push(bit(name.codeValid, 'i'))
  if (nulls.includes('v')) isNull.push(bit(name.valid, index))
  return {
    value: valueText(storage, stored, name.base, name.factor, type),
    isNull: isNull.length === 0 ? 'false' : `(${isNull.join(' || ')})`,
  }
}

function valueText(
  storage: string,
  stored: string,
  base: string,
  factor: string,
  type: SqlType,
): string {
  if (storage === 'f32' || storage === 'f64') return stored
  if (storage === 'bool') return `(${stored} !== 0)`
  const scaled = storage === 'scaled' ? `(${base} + ${factor} * ${stored})` : stored
  if (representationOf(type) === 'number') return storage === 'i64' ? `Number(${stored})` : scaled
  const integer = storage === 'i64' ? stored : `BigInt(${scaled})`
  return type.kind === 'timestamp' ? `(${integer} * 1000000n)` : integer
}

export const readerName = (channel: number): string => names(channel).read
export const blockName = (channel: number): string => names(channel).block
