import {
  type Block,
  type DictionaryBlock,
  type Domain,
  domainIncludes,
  type IntegerBlock,
  type IntegerRange,
  integerRanges,
  isAllDomain,
  isNull,
  mayHaveNulls,
  readValue,
  type SqlType,
} from '../../../spi/index.js'
import { FEW_ENTRIES } from './kernels/filter-kernels.js'
import type { HeldCodes } from './leaf-reader.js'
import type { Scratch, ScratchUse } from './scratch.js'

/** Entries of a dictionary that a domain is asked about at most. */
const ENTRIES_MAX = 4096
/** Values of a domain between which a bitmap is kept. */
const BITMAP_SPAN_MAX = 1 << 22

type StoredForm = Pick<IntegerBlock, 'storage' | 'base' | 'factor'>

/** A mask of the rows of a batch in kernel memory, a byte 0 or 1 each. */
export interface RowMask {
  readonly address: number
  readonly rowCount: number
}

/** Tells for the rows of blocks which are in a domain, where that is cheap. May answer that more are, never fewer. */
export class RowFilter {
  readonly #domain: Domain
  readonly #ranges: readonly IntegerRange[] | undefined
  /** A byte a stored integer, of the last block's form. */
  #members: { readonly of: StoredForm; readonly passes: Uint8Array } | undefined
  #entries: { readonly of: Block; readonly passes: Uint8Array } | undefined

  constructor(type: SqlType, wanted: Domain) {
    this.#domain = wanted
    this.#ranges = safeIntegerRanges(type, wanted)
  }

  /** Whether the filter can tell anything of blocks of a type. */
  static canFilter(type: SqlType, wanted: Domain): boolean {
    if (isAllDomain(wanted)) return false
    const { kind } = wanted.values
    if (type.kind === 'varchar' || type.kind === 'char') return true
    return kind === 'ranges' && safeIntegerRanges(type, wanted) !== undefined
  }

  /** Clears the bytes of rows that are out of the domain. */
  narrow(scratch: Scratch, block: Block | HeldCodes, mask: RowMask): void {
    if (block.encoding === 'held') this.#narrowHeld(scratch, block, mask)
    else if (block.encoding === 'dictionary') this.#narrowDictionary(scratch, block, mask)
    else if (block.encoding === 'flat') {
      if (this.#domain.nullAllowed && mayHaveNulls(block)) return
      clearNulls(scratch, block, mask)
      if (block.storage === 'i8' || block.storage === 'i16' || block.storage === 'i32') {
        this.#narrowIntegers(scratch, block, mask)
      }
    }
  }

  /** Asks of each entry once. */
  #narrowHeld(scratch: Scratch, { entries, codes }: HeldCodes, mask: RowMask): void {
    const { memory } = scratch
    const { address, rowCount } = mask
    const entryCount = entries.rowCount
    const passes = { address: scratch.take('passes', entryCount), rowCount: entryCount }
    memory.bytes(passes.address, entryCount).fill(1)
    this.narrow(scratch, entries, passes)
    const passing = memory.kernels.count_mask(passes.address, entryCount)
    if (passing === entryCount) return
    if (passing === 0) memory.bytes(address, rowCount).fill(0)
    else if (entryCount <= FEW_ENTRIES) {
      const lane = scratch.take('narrow', rowCount)
      memory.kernels.codes8(codes, lane, rowCount)
      memory.kernels.keep_few_codes(lane, address, rowCount, passes.address)
    } else memory.kernels.keep_codes32(codes, address, rowCount, passes.address)
  }

  #narrowDictionary(scratch: Scratch, block: DictionaryBlock, mask: RowMask): void {
    const { dictionary, codes, validity } = block
    if (dictionary.rowCount > ENTRIES_MAX) return
    if (validity !== null && this.#domain.nullAllowed) return
    if (this.#entries?.of !== dictionary) {
      const passes = new Uint8Array(dictionary.rowCount)
      for (let i = 0; i < passes.length; i++) {
        passes[i] = domainIncludes(this.#domain, readValue(dictionary, i)) ? 1 : 0
      }
      this.#entries = { of: dictionary, passes }
    }
    clearNulls(scratch, block, mask)
    const from = copyIn(scratch, 'filtered', codes)
    const { passes } = this.#entries
    const table = copyIn(scratch, 'members', passes)
    const kernel =
      passes.length <= FEW_ENTRIES
        ? 'keep_few_codes'
        : CODE_KERNELS[codes.BYTES_PER_ELEMENT as 1 | 2 | 4]
    scratch.memory.kernels[kernel](from, mask.address, mask.rowCount, table)
  }

  #narrowIntegers(scratch: Scratch, block: IntegerBlock, mask: RowMask): void {
    if (this.#ranges === undefined || block.storage === 'i64') return
    const { base, factor, bounds } = block
    const [least, greatest] = STORED_BOUNDS[block.storage]
    const ranges = this.#ranges
      .map(({ low, high }) => ({
        low: Math.max(least, Math.ceil((low - base) / factor)),
        high: Math.min(greatest, Math.floor((high - base) / factor)),
      }))
      .filter(({ low, high }) => low <= high)
    const [span] = spanOf(ranges)
    const { memory } = scratch
    if (span === undefined) {
      memory.bytes(mask.address, mask.rowCount).fill(0)
      return
    }
    const [only] = this.#ranges
    const isOne = this.#ranges.length === 1 && only !== undefined
    if (isOne && bounds !== undefined && bounds.min >= only.low && bounds.max <= only.high) return
    const from = copyIn(scratch, 'filtered', block.values)
    const bits = STORED_BITS[block.storage]
    const { address, rowCount } = mask
    if (ranges.length === 1 || span.high - span.low >= BITMAP_SPAN_MAX) {
      memory.kernels[`range${bits}`](from, address, rowCount, span.low, span.high)
      return
    }
    const passes = this.#membersOf(ranges, span, block)
    const table = copyIn(scratch, 'members', passes)
    memory.kernels[`member${bits}`](from, address, rowCount, span.low, table, passes.length)
  }

  /** Made once for blocks of one form: there are as many bytes as between the first and the last value. */
  #membersOf(
    ranges: readonly IntegerRange[],
    span: IntegerRange,
    { storage, base, factor }: StoredForm,
  ): Uint8Array {
    const form = { storage, base, factor }
    if (this.#members !== undefined && isSameForm(this.#members.of, form)) {
      return this.#members.passes
    }
    const passes = new Uint8Array(span.high - span.low + 1)
    for (const { low, high } of ranges) passes.fill(1, low - span.low, high - span.low + 1)
    this.#members = { of: form, passes }
    return passes
  }
}

/** Of this thread: the parts of a scan, and the scans of a plan that runs again, ask with the same domains. */
const filters = new WeakMap<Domain, RowFilter | 'none'>()

/** The filter of columns that have the domain's type; undefined where it can't tell anything of their blocks. */
export function filterOf(type: SqlType, wanted: Domain): RowFilter | undefined {
  const held = filters.get(wanted)
  if (held !== undefined) return held === 'none' ? undefined : held
  const filter = RowFilter.canFilter(type, wanted) ? new RowFilter(type, wanted) : undefined
  filters.set(wanted, filter ?? 'none')
  return filter
}

const isSameForm = (a: StoredForm, b: StoredForm): boolean =>
  a.storage === b.storage && a.base === b.base && a.factor === b.factor

const CODE_KERNELS = { 1: 'keep_codes8', 2: 'keep_codes16', 4: 'keep_codes32' } as const
const STORED_BITS = { i8: 8, i16: 16, i32: 32 } as const
const STORED_BOUNDS = {
  i8: [-0x80, 0x7f],
  i16: [-0x8000, 0x7fff],
  i32: [-0x8000_0000, 0x7fff_ffff],
} as const

/** Copies a block's buffer to where kernels read it: a few microseconds a page. */
export function copyIn(
  scratch: Scratch,
  use: ScratchUse,
  view: Pick<Uint8Array, 'buffer' | 'byteOffset' | 'byteLength'>,
): number {
  const to = scratch.take(use, view.byteLength)
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  scratch.memory.bytes(to, view.byteLength).set(bytes)
  return to
}

const spanOf = (ranges: readonly IntegerRange[]): readonly IntegerRange[] => {
  const [first] = ranges
  return first === undefined ? [] : [{ low: first.low, high: ranges.at(-1)!.high }]
}

function clearNulls(scratch: Scratch, block: Block, { address, rowCount }: RowMask): void {
  if (!mayHaveNulls(block)) return
  const mask = scratch.memory.bytes(address, rowCount)
  for (let i = 0; i < rowCount; i++) if (isNull(block, i)) mask[i] = 0
}

/** Inclusive ranges of logical integers; undefined for other types, and where ranges are beyond safe integers. */
function safeIntegerRanges(type: SqlType, wanted: Domain): readonly IntegerRange[] | undefined {
  const ranges = integerRanges(type, wanted)
  return ranges?.every(({ low, high }) => isSafe(low) && isSafe(high)) ? ranges : undefined
}

const isSafe = (bound: number): boolean => Number.isSafeInteger(bound) || !Number.isFinite(bound)
