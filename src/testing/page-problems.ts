import {
  type Block,
  type FlatBlock,
  isValid,
  MAX_PAGE_ROWS,
  type Page,
  readInteger,
  readValue,
  type SqlType,
  storageClass,
  typeName,
  typesEqual,
  type Value,
} from '../spi/index.js'

const INTEGER_LIMITS: Readonly<Partial<Record<SqlType['kind'], bigint>>> = {
  tinyint: 2n ** 7n,
  smallint: 2n ** 15n,
  integer: 2n ** 31n,
  date: 2n ** 31n,
  bigint: 2n ** 63n,
}
const PICOS_PER_DAY = 86_400_000_000_000_000n

/** What is wrong with a page as the contract of blocks has it, in words; nothing where it is right. O(values). */
export function pageProblems(page: Page, types?: readonly SqlType[]): readonly string[] {
  const problems: string[] = []
  if (!Number.isInteger(page.rowCount) || page.rowCount < 0) {
    return [`a page of ${page.rowCount} rows`]
  }
  if (page.rowCount > MAX_PAGE_ROWS) problems.push(`a page of ${page.rowCount} rows is too long`)
  if (types !== undefined && types.length !== page.blocks.length) {
    problems.push(`${page.blocks.length} blocks where ${types.length} columns were asked for`)
  }
  for (const [channel, block] of page.blocks.entries()) {
    const type = types?.[channel]
    if (type !== undefined && !typesEqual(type, block.type)) {
      problems.push(
        `channel ${channel} is of ${typeName(block.type)}, its column of ${typeName(type)}`,
      )
    }
    if (block.rowCount !== page.rowCount) {
      problems.push(`channel ${channel} has ${block.rowCount} rows, its page ${page.rowCount}`)
    }
    for (const problem of blockProblems(block)) problems.push(`channel ${channel}: ${problem}`)
  }
  return problems
}

/** Stops at the first thing that makes the rest unreadable. */
export function blockProblems(block: Block): readonly string[] {
  switch (block.encoding) {
    case 'flat':
      return flatProblems(block)
    case 'constant':
      if (block.value.rowCount !== 1) return [`a constant of ${block.value.rowCount} values`]
      return flatProblems(block.value)
    case 'dictionary': {
      const { codes, dictionary, rowCount } = block
      if (codes.length < rowCount) return [`${codes.length} codes of ${rowCount} rows`]
      for (let i = 0; i < rowCount; i++) {
        if (codes[i]! >= dictionary.rowCount || codes[i]! < 0) {
          return [`code ${codes[i]} at ${i} of a dictionary of ${dictionary.rowCount} entries`]
        }
      }
      return [...validityProblems(block.validity, rowCount), ...flatProblems(dictionary)]
    }
  }
}

const validityProblems = (validity: Uint8Array | null, rowCount: number): readonly string[] =>
  validity !== null && validity.length * 8 < rowCount
    ? [`a validity of ${validity.length} bytes for ${rowCount} rows`]
    : []

function flatProblems(block: FlatBlock): readonly string[] {
  const validity = validityProblems(block.validity, block.rowCount)
  if (validity.length > 0) return validity
  const isLongDecimal = block.type.kind === 'decimal'
  const expected = storageClass(block.type)
  const actual = /^i\d/.test(block.storage) ? 'integer' : block.storage
  if (actual !== expected && actual !== 'null' && !(isLongDecimal && actual === 'integer')) {
    return [`storage ${block.storage} of ${typeName(block.type)}`]
  }
  switch (block.storage) {
    case 'null':
      return []
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return integerProblems(block)
    case 'f32':
    case 'f64':
    case 'bool':
      return lengthProblem(block.values.length, block.rowCount)
    case 'fixed16':
      return [...lengthProblem(block.values.length, block.rowCount * 16), ...valueProblems(block)]
    case 'bytes':
      return bytesProblems(block)
    case 'array':
      return [
        ...offsetProblems(block.offsets, block.rowCount, block.elements.rowCount),
        ...blockProblems(block.elements),
      ]
    case 'map':
      return [
        ...offsetProblems(block.offsets, block.rowCount, block.keys.rowCount),
        ...offsetProblems(block.offsets, block.rowCount, block.mapValues.rowCount),
        ...blockProblems(block.keys),
        ...blockProblems(block.mapValues),
      ]
    case 'row':
      return block.fields.flatMap((field, i) =>
        field.rowCount === block.rowCount
          ? blockProblems(field)
          : [`field ${i} of ${field.rowCount} rows in a row block of ${block.rowCount}`],
      )
  }
}

const lengthProblem = (length: number, needed: number): readonly string[] =>
  length < needed ? [`${length} values where there must be ${needed}`] : []

function offsetProblems(offsets: Int32Array, rowCount: number, end: number): readonly string[] {
  if (offsets.length < rowCount + 1) return [`${offsets.length} offsets of ${rowCount} rows`]
  for (let i = 0; i < rowCount; i++) {
    if (offsets[i + 1]! < offsets[i]!) return [`offsets that descend at ${i}`]
  }
  if (offsets[0]! < 0 || offsets[rowCount]! > end) return [`offsets that leave their ${end} values`]
  return []
}

function integerProblems(block: FlatBlock & { storage: 'i8' | 'i16' | 'i32' | 'i64' }) {
  const { rowCount, bounds, base, factor, ascending } = block
  const short = lengthProblem(block.values.length, rowCount)
  if (short.length > 0) return short
  if (block.storage === 'i64' && (base !== 0 || factor !== 1)) return ['i64 with base or factor']
  const limit = INTEGER_LIMITS[block.type.kind]
  let last: bigint | undefined
  for (let i = 0; i < rowCount; i++) {
    if (!isValid(block.validity, i)) continue
    const value = readInteger(block, i)
    if (bounds !== undefined && (value < BigInt(bounds.min) || value > BigInt(bounds.max))) {
      return [`${value} at ${i} is outside of the bounds ${bounds.min} to ${bounds.max}`]
    }
    if (limit !== undefined && (value < -limit || value >= limit)) {
      return [`${value} at ${i} is no ${typeName(block.type)}`]
    }
    if (ascending === true && last !== undefined && value < last) {
      return [`${value} at ${i} descends in a block that says it is ascending`]
    }
    last = value
  }
  return valueProblems(block)
}

function bytesProblems(block: FlatBlock & { storage: 'bytes' }): readonly string[] {
  const wrong = offsetProblems(block.offsets, block.rowCount, block.bytes.length)
  if (wrong.length > 0) return wrong
  if (block.ascii === true) {
    const end = block.offsets[block.rowCount]!
    for (let i = block.offsets[0]!; i < end; i++) {
      if (block.bytes[i]! > 127) return ['bytes beyond ASCII in a block that says it is ASCII']
    }
  }
  return valueProblems(block)
}

/** Values that their type does not have. */
function valueProblems(block: FlatBlock): readonly string[] {
  const check = valueCheck(block.type)
  if (check === undefined) return []
  for (let i = 0; i < block.rowCount; i++) {
    const value = readValue(block, i)
    if (value !== null && !check(value)) return [`a value at ${i} is no ${typeName(block.type)}`]
  }
  return []
}

function valueCheck(type: SqlType): ((value: Value) => boolean) | undefined {
  switch (type.kind) {
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision)
      return (value) => (value as bigint) < limit && (value as bigint) > -limit
    }
    case 'varchar': {
      const { length } = type
      return length === undefined ? undefined : (value) => codePoints(value as string) <= length
    }
    case 'char':
      return (value) =>
        !(value as string).endsWith(' ') && codePoints(value as string) <= type.length
    case 'time':
      return (value) => (value as bigint) >= 0n && (value as bigint) < PICOS_PER_DAY
    case 'timestamp': {
      const unit = 10n ** BigInt(12 - type.precision)
      return (value) => (value as bigint) % unit === 0n
    }
    default:
      return undefined
  }
}

const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}
