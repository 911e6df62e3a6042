import {
  type Block,
  type DictionaryBlock,
  type Domain,
  domainIncludes,
  type IntegerBlock,
  isAllDomain,
  isNull,
  logicalInteger,
  mayHaveNulls,
  readValue,
  type SqlType,
} from '../../../spi/index.js'

/** Entries of a dictionary that a domain is asked about at most. */
const ENTRIES_MAX = 4096
/** Values of a domain between which a bitmap is kept. */
const BITMAP_SPAN_MAX = 1 << 22
const FEW_RANGES = 4

interface IntegerRange {
  readonly low: number
  readonly high: number
}

/** Tells for the rows of blocks which are in a domain, where that is cheap. May answer that more are, never fewer. */
export class RowFilter {
  readonly #domain: Domain
  readonly #ranges: readonly IntegerRange[] | undefined
  #entries: { readonly of: Block; readonly passes: Uint8Array } | undefined
  #members: { readonly low: number; readonly passes: Uint8Array } | undefined

  constructor(type: SqlType, wanted: Domain) {
    this.#domain = wanted
    this.#ranges = integerRanges(type, wanted)
  }

  /** Whether the filter can tell anything of blocks of a type. */
  static canFilter(type: SqlType, wanted: Domain): boolean {
    if (isAllDomain(wanted)) return false
    const { kind } = wanted.values
    if (type.kind === 'varchar' || type.kind === 'char') return true
    return kind === 'ranges' && integerRanges(type, wanted) !== undefined
  }

  /** Clears the bytes of rows that are out of the domain. @param mask Uint8Array[block.rowCount] of 0 and 1 */
  narrow(block: Block, mask: Uint8Array): void {
    if (block.encoding === 'dictionary') this.#narrowDictionary(block, mask)
    else if (block.encoding === 'flat') {
      if (!this.#domain.nullAllowed) clearNulls(block, mask)
      else if (mayHaveNulls(block)) return
      if (block.storage === 'i8' || block.storage === 'i16' || block.storage === 'i32') {
        this.#narrowIntegers(block, mask)
      }
    }
  }

  #narrowDictionary(block: DictionaryBlock, mask: Uint8Array): void {
    const { dictionary, codes, validity } = block
    if (dictionary.rowCount > ENTRIES_MAX) return
    if (this.#entries?.of !== dictionary) {
      const passes = new Uint8Array(dictionary.rowCount)
      for (let i = 0; i < passes.length; i++) {
        passes[i] = domainIncludes(this.#domain, readValue(dictionary, i)) ? 1 : 0
      }
      this.#entries = { of: dictionary, passes }
    }
    const { passes } = this.#entries
    if (validity === null) {
      for (let i = 0; i < mask.length; i++) mask[i]! &= passes[codes[i]!]!
      return
    }
    const nullPasses = this.#domain.nullAllowed ? 1 : 0
    for (let i = 0; i < mask.length; i++) {
      const isValid = (validity[i >> 3]! & (1 << (i & 7))) !== 0
      mask[i]! &= isValid ? passes[codes[i]!]! : nullPasses
    }
  }

  #narrowIntegers(block: IntegerBlock, mask: Uint8Array): void {
    const ranges = this.#ranges
    const { base, factor } = block
    const values = block.values as Int32Array
    if (ranges === undefined) return
    if (ranges.length === 1) {
      const low = (ranges[0]!.low - base) / factor
      const high = (ranges[0]!.high - base) / factor
      const { bounds } = block
      if (bounds !== undefined && bounds.min >= ranges[0]!.low && bounds.max <= ranges[0]!.high) {
        return
      }
      for (let i = 0; i < mask.length; i++) {
        const value = values[i]!
        mask[i]! &= value >= low && value <= high ? 1 : 0
      }
      return
    }
    const members = this.#memberBitmap(ranges)
    if (members !== undefined) {
      const { low, passes } = members
      const { length } = passes
      for (let i = 0; i < mask.length; i++) {
        const offset = base + factor * values[i]! - low
        mask[i]! &= offset >= 0 && offset < length ? passes[offset]! : 0
      }
      return
    }
    const span = ranges.length > FEW_RANGES ? spanOf(ranges) : ranges
    for (let i = 0; i < mask.length; i++) {
      const value = base + factor * values[i]!
      mask[i]! &= span.some(({ low, high }) => value >= low && value <= high) ? 1 : 0
    }
  }

  #memberBitmap(
    ranges: readonly IntegerRange[],
  ): { readonly low: number; readonly passes: Uint8Array } | undefined {
    if (this.#members !== undefined) return this.#members
    const [span] = spanOf(ranges)
    if (span === undefined || !(span.high - span.low < BITMAP_SPAN_MAX)) return undefined
    const passes = new Uint8Array(span.high - span.low + 1)
    for (const { low, high } of ranges) passes.fill(1, low - span.low, high - span.low + 1)
    this.#members = { low: span.low, passes }
    return this.#members
  }
}

const spanOf = (ranges: readonly IntegerRange[]): readonly IntegerRange[] => {
  const [first] = ranges
  return first === undefined ? [] : [{ low: first.low, high: ranges.at(-1)!.high }]
}

function clearNulls(block: Block, mask: Uint8Array): void {
  if (!mayHaveNulls(block)) return
  for (let i = 0; i < mask.length; i++) if (isNull(block, i)) mask[i] = 0
}

const INTEGER_KINDS: readonly SqlType['kind'][] = [
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'decimal',
  'date',
  'timestamp',
]

/** Inclusive ranges of logical integers; undefined for other types, and where ranges are beyond safe integers. */
function integerRanges(type: SqlType, wanted: Domain): readonly IntegerRange[] | undefined {
  const { values } = wanted
  if (values.kind !== 'ranges' || !INTEGER_KINDS.includes(type.kind)) return undefined
  if (type.kind === 'timestamp' && type.precision > 6) return undefined
  const ranges: IntegerRange[] = []
  for (const range of values.ranges) {
    let low = Number.NEGATIVE_INFINITY
    let high = Number.POSITIVE_INFINITY
    if (range.low !== undefined) {
      low = Number(logicalInteger(type, range.low)) + (range.lowInclusive ? 0 : 1)
      if (!Number.isSafeInteger(low)) return undefined
    }
    if (range.high !== undefined) {
      high = Number(logicalInteger(type, range.high)) - (range.highInclusive ? 0 : 1)
      if (!Number.isSafeInteger(high)) return undefined
    }
    ranges.push({ low, high })
  }
  return ranges
}
