import type { Expression, InputExpression } from '../../expressions/ir.js'
import { collectChannels, isDeterministic, walk } from '../../expressions/ir-walk.js'
import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { importBlock } from '../../expressions/wasm/import.js'
import { storageBounds } from '../../expressions/wasm/integer-storage.js'
import type { Interval } from '../../expressions/wasm/interval.js'
import { repOf } from '../../expressions/wasm/lowered.js'
import {
  type BoundRows,
  prepareRowProgram,
  type RowProgram,
  runRowProjection,
} from '../../expressions/wasm/row-kernels.js'
import { canLower } from '../../expressions/wasm/row-lowering.js'
import { type Arena, assert, type Block, type DictionaryBlock, type Page } from '../../spi/index.js'
import type { RowGroups } from '../keys/led-group-keys.js'
import type { KeyPart, StateWords } from './fused-loop-kernels.js'

/** The states of a page's codes are to stay in the second-level cache. */
const STATE_BYTES_MAX = 1 << 18
/** Codes are looked up and added to their groups once a page. */
const ROWS_PER_CODE = 4
/** Codes of 31 bits, less one. */
const CODES_MAX = 2 ** 31 - 1

/** How a part of a code is read: by codes of a dictionary, as an integer, or as one value of all rows. */
type PartMode = 'codes' | 'value' | 'constant'

/** What a part of the codes of a page numbers: a key, or the column that keys are computed from. */
interface Numbered {
  readonly expression: Expression
  readonly mode: PartMode
}

interface FusedKey {
  readonly expression: Expression
  /** What the key alone is computed from; undefined: it is a column, or computed from several. */
  readonly source: KeySource | undefined
}

interface KeySource {
  readonly column: InputExpression
  /** Computes the key. */
  readonly program: RowProgram
}

/** How the rows of a page get codes. */
export interface KeyReading {
  readonly parts: readonly Numbered[]
  /** By key: which part it is, or is computed from. */
  readonly keys: readonly { readonly part: number; readonly program: RowProgram | undefined }[]
  /** What of the parts the loop computes. */
  readonly computed: readonly Expression[]
}

/** The code of a row is made of parts, each below its size. */
interface BoundPart {
  readonly part: KeyPart | undefined
  readonly size: number
  /** Parts mean the same as those of the page before where these are the same. */
  readonly identity: readonly unknown[]
  /** What was numbered. */
  block(parts: Int32Array, arena: Arena): Block
}

export interface BoundKeys {
  readonly reading: KeyReading
  readonly parts: readonly BoundPart[]
  /** Codes are below it. */
  readonly codeCount: number
  /** Whether codes are so few that each has a state. */
  readonly isSmall: boolean
}

/**
 * The keys of an aggregation as codes of the rows of a page, and the groups of these. Keys that are computed from one column of
 * few integers, such as years of dates, are computed once a code: what rows are numbered by is the column.
 */
export class FusedKeys {
  readonly #groupKeys: RowGroups
  readonly #keys: readonly FusedKey[]
  /** The smallest and largest integer so far of what has been numbered. */
  readonly #ranges = new Map<Expression, Interval>()
  /** What {@link #groupOf} was made for. */
  #identity: readonly unknown[] = []
  /** The group of each code; -1: not known yet. */
  #groupOf = new Int32Array(0)

  private constructor(groupKeys: RowGroups, keys: readonly FusedKey[]) {
    this.#groupKeys = groupKeys
    this.#keys = keys
  }

  /** @returns undefined where kernels cannot number these keys */
  static of(groupKeys: RowGroups, expressions: readonly Expression[]): FusedKeys | undefined {
    const columns = new Map<number, InputExpression>()
    const keys: FusedKey[] = []
    for (const expression of expressions) {
      const isColumn = expression.kind === 'input'
      if (!isColumn && !canLower(expression)) return undefined
      const found = isColumn ? expression : sourceOf(expression)
      const column = found && (columns.get(found.channel) ?? found)
      if (column !== undefined) columns.set(column.channel, column)
      if (isColumn) keys.push({ expression: column!, source: undefined })
      else if (column !== undefined) {
        keys.push({ expression, source: { column, program: prepareRowProgram(expression) } })
      } else if (repOf(expression.type) === 'int') keys.push({ expression, source: undefined })
      else return undefined
    }
    return new FusedKeys(groupKeys, keys)
  }

  /**
   * @param stateBytes of a code, at most
   * @returns undefined where kernels cannot number the keys of this page
   */
  read(page: Page, stateBytes: number): KeyReading | undefined {
    const readsSources = this.#hasFewValues(page, stateBytes)
    const parts: Numbered[] = []
    const keys: { part: number; program: RowProgram | undefined }[] = []
    for (const { expression, source } of this.#keys) {
      const isSource = readsSources && source !== undefined
      const numbered = isSource ? source.column : expression
      const mode = partMode(numbered, page)
      if (mode === undefined) return undefined
      const known = parts.findIndex((part) => part.expression === numbered)
      if (known === -1) parts.push({ expression: numbered, mode })
      keys.push({
        part: known === -1 ? parts.length - 1 : known,
        program: isSource ? source.program : undefined,
      })
    }
    const computed = parts.flatMap(({ mode, expression }) => (mode === 'value' ? [expression] : []))
    return { parts, keys, computed }
  }

  /** Whether the columns that keys are computed from have so few values that these are numbered. */
  #hasFewValues(page: Page, stateBytes: number): boolean {
    const columns = new Set(
      this.#keys.map(({ expression, source }) => source?.column ?? expression),
    )
    let codes = 1
    for (const column of columns) {
      if (column.kind !== 'input') continue
      codes *= valueCount(page.blocks[column.channel]!)
    }
    return isSmall(codes, stateBytes, page.rowCount)
  }

  /**
   * @param first where among the expressions of the loop those of the keys begin
   * @returns undefined where codes would not have 32 bits
   */
  bind(
    reading: KeyReading,
    bound: BoundRows,
    first: number,
    words: StateWords,
    page: Page,
    arena: Arena,
  ): BoundKeys | undefined {
    const bindParts = (keepsRanges: boolean): BoundKeys =>
      this.#bindParts(reading, bound, first, words, page, keepsRanges, arena)
    const small = bindParts(true)
    if (small.isSmall) return small
    const keys = bindParts(false)
    return keys.codeCount <= CODES_MAX ? keys : undefined
  }

  /** @param keepsRanges gives values the parts that they had in pages before */
  #bindParts(
    reading: KeyReading,
    bound: BoundRows,
    first: number,
    { stateBytes, nullable }: StateWords,
    page: Page,
    keepsRanges: boolean,
    arena: Arena,
  ): BoundKeys {
    let stride = 1
    let place = first
    const parts: BoundPart[] = []
    for (const { expression, mode } of reading.parts) {
      if (mode === 'value') {
        const { interval } = bound.analysis.facts.get(bound.program.expressions[place]!)!
        const range = keepsRanges ? this.#widened(expression, interval) : interval
        parts.push(valuePart(expression, range, place, nullable[place]!, stride))
        place++
      } else {
        assert(expression.kind === 'input', 'what is computed is an integer')
        const block = page.blocks[expression.channel]!
        parts.push(mode === 'constant' ? constantPart(block) : codesPart(block, stride, arena))
      }
      stride *= parts.at(-1)!.size
    }
    return {
      reading,
      parts,
      codeCount: stride,
      isSmall: isSmall(stride, stateBytes, page.rowCount),
    }
  }

  #widened(numbered: Expression, interval: Interval): Interval {
    const known = this.#ranges.get(numbered) ?? interval
    const min = Math.min(known.min, interval.min)
    const max = Math.max(known.max, interval.max)
    // A range that pages have widened too far is not widened for good: the next may be near the others.
    if (max - min < STATE_BYTES_MAX) this.#ranges.set(numbered, { min, max })
    return { min, max }
  }

  /** @returns the group of each code that has rows; undefined where a key fails: no group has been added then */
  groups(
    { reading, parts, codeCount }: BoundKeys,
    hasRows: (code: number) => boolean,
    arena: Arena,
  ): Int32Array | undefined {
    const identity = [...reading.keys.map(({ part }) => part), ...parts.flatMap((p) => p.identity)]
    const isKnown =
      identity.length === this.#identity.length &&
      identity.every((part, i) => part === this.#identity[i])
    if (!isKnown || this.#groupOf.length !== codeCount) {
      this.#identity = identity
      this.#groupOf = new Int32Array(codeCount).fill(-1)
    }
    const groupOf = this.#groupOf
    const found: number[] = []
    for (let code = 0; code < codeCount; code++) {
      if (groupOf[code] === -1 && hasRows(code)) found.push(code)
    }
    if (found.length === 0) return groupOf
    const groups = this.groupsOf(reading, parts, Int32Array.from(found), arena)
    if (groups === undefined) return undefined
    found.forEach((code, i) => {
      groupOf[code] = groups[i]!
    })
    return groupOf
  }

  /** @returns the group of each of these codes, in `arena`; undefined where a key fails: no group has been added then */
  groupsOf(
    reading: KeyReading,
    parts: readonly BoundPart[],
    codes: Int32Array,
    arena: Arena,
  ): Int32Array | undefined {
    const blocks = keyBlocks(reading, parts, codes, arena)
    if (blocks === undefined) return undefined
    const channels = blocks.map((_, i) => i)
    return this.#groupKeys.add({ rowCount: codes.length, blocks }, channels, arena)
  }
}

/** The keys of codes; undefined where one fails. */
function keyBlocks(
  { keys }: KeyReading,
  parts: readonly BoundPart[],
  codes: Int32Array,
  arena: Arena,
): readonly Block[] | undefined {
  let stride = 1
  const numbered = parts.map(({ size, block }) => {
    const ofCodes = parts.length === 1 ? codes : partsOf(codes, stride, size)
    stride *= size
    return block(ofCodes, arena)
  })
  const blocks: Block[] = []
  for (const { part, program } of keys) {
    if (program === undefined) {
      blocks.push(numbered[part]!)
      continue
    }
    const [channel] = program.channels
    const values = new Array<Block>(channel! + 1).fill(numbered[part]!)
    const outcome = runRowProjection(program, { rowCount: codes.length, blocks: values }, arena)
    if (outcome.kind !== 'done') return undefined
    blocks.push(outcome.value)
  }
  return blocks
}

function partsOf(codes: Int32Array, stride: number, size: number): Int32Array {
  const out = new Int32Array(codes.length)
  for (let i = 0; i < codes.length; i++) out[i] = Math.trunc(codes[i]! / stride) % size
  return out
}

const isSmall = (codeCount: number, stateBytes: number, rowCount: number): boolean =>
  codeCount * stateBytes <= STATE_BYTES_MAX && codeCount * ROWS_PER_CODE <= rowCount

/** How many values a block may have, of what can be numbered. */
function valueCount(block: Block): number {
  if (block.encoding === 'constant') return 1
  if (block.encoding === 'dictionary') return block.dictionary.rowCount + 1
  const bounds = 'base' in block ? storageBounds(block) : undefined
  return bounds === undefined ? Number.POSITIVE_INFINITY : bounds.max - bounds.min + 2
}

/** The only column that an expression reads, where it is of integers. */
function sourceOf(expression: Expression): InputExpression | undefined {
  const [channel, ...others] = collectChannels(expression)
  if (channel === undefined || others.length > 0 || !isDeterministic(expression)) return undefined
  let column: InputExpression | undefined
  walk(expression, (e) => {
    if (e.kind === 'input') column = e
  })
  return column !== undefined && repOf(column.type) === 'int' ? column : undefined
}

/** @returns undefined where kernels cannot number what an expression gives for a page */
function partMode(expression: Expression, page: Page): PartMode | undefined {
  const encoding = expression.kind === 'input' ? page.blocks[expression.channel]!.encoding : 'flat'
  if (encoding === 'dictionary') return 'codes'
  if (encoding === 'constant') return 'constant'
  return repOf(expression.type) === 'int' ? 'value' : undefined
}

function valuePart(
  numbered: Expression,
  { min, max }: Interval,
  place: number,
  nullable: boolean,
  stride: number,
): BoundPart {
  const span = max - min + 1
  return {
    part: { kind: 'value', expression: place, min, nullPart: span, stride },
    size: span + (nullable ? 1 : 0),
    identity: [min, max, nullable],
    block: (parts, arena) => integerBlock(numbered, parts, min, span, nullable, arena),
  }
}

const constantPart = (block: Block): BoundPart => {
  assert(block.encoding === 'constant')
  const { type, value } = block
  return {
    part: undefined,
    size: 1,
    identity: [value],
    block: ({ length }) => ({ encoding: 'constant', type, rowCount: length, value }),
  }
}

function codesPart(block: Block, stride: number, arena: Arena): BoundPart {
  assert(block.encoding === 'dictionary')
  const { dictionary } = block
  const { codes, validity } = importCodes(block, arena)
  const size = dictionary.rowCount
  return {
    part: {
      kind: 'codes',
      address: codes.byteOffset,
      codeBytes: codes.BYTES_PER_ELEMENT as 1 | 2 | 4,
      validity: validity?.byteOffset ?? 0,
      nullPart: size,
      stride,
    },
    size: size + (validity === null ? 0 : 1),
    identity: [dictionary, validity === null],
    block(parts, to) {
      const picked = allocateInt32(to, parts.length)
      picked.set(parts)
      const bits = validity === null ? null : clearValidity(picked, size, to)
      return { ...block, rowCount: parts.length, codes: picked, validity: bits }
    },
  }
}

/** The codes of a block, and which are null, where kernels read them; not the entries. */
function importCodes(block: DictionaryBlock, arena: Arena): DictionaryBlock {
  const { type } = block
  const none = { encoding: 'flat', storage: 'null', type, rowCount: 0, validity: null } as const
  const imported = importBlock({ ...block, dictionary: none }, arena)
  assert(imported.encoding === 'dictionary')
  return imported
}

function integerBlock(
  { type }: Expression,
  parts: Int32Array,
  min: number,
  nullPart: number,
  nullable: boolean,
  arena: Arena,
): Block {
  const rowCount = parts.length
  const values = allocateInt32(arena, rowCount)
  values.set(parts)
  const validity = nullable ? clearValidity(values, nullPart, arena) : null
  const bounds = { min, max: min + nullPart - 1 }
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  return { storage: 'i32', values, base: min, factor: 1, bounds, ...flat }
}

/** Makes the parts that stand for null 0, and gives the bits of the others; null where there are none. */
function clearValidity(parts: Int32Array, nullPart: number, arena: Arena): Uint8Array | null {
  if (!parts.includes(nullPart)) return null
  const validity = zeroed(arena.allocate((parts.length + 7) >> 3))
  parts.forEach((part, i) => {
    if (part === nullPart) parts[i] = 0
    else validity[i >> 3]! |= 1 << (i & 7)
  })
  return validity
}
