import {
  type Arena,
  assert,
  type Block,
  blockOf,
  type FlatBlock,
  type Page,
  type SqlType,
} from '../../spi/index.js'
import type { Expression } from '../ir.js'
import { childrenOf, collectChannels, isDeterministic } from '../ir-walk.js'
import type { FunctionRegistry } from '../registry.js'
import type { RowwiseEngine } from '../rowwise.js'
import { type ColumnFunction, columnFunctionOf } from './column-functions.js'
import { type ConstantCase, constantCaseOf, decodeCase } from './constant-case.js'
import { isDataError, throwFailure } from './failure.js'
import type { FallbackOf } from './filter.js'
import { extendPage, freeChannels, type HoistedPart, hoist } from './hoist.js'
import { importBlock } from './import.js'
import { asDictionary } from './narrow-integers.js'
import { prepareRowProgram, type RowProgram, runRowProjection } from './row-kernels.js'
import { canLower } from './row-lowering.js'

/**
 * A projection by kernels. Over one column in a dictionary it is evaluated once an entry and keeps the codes; over
 * constants only, once.
 */
export class WasmProjection {
  readonly #expression: Expression
  readonly #program: RowProgram | undefined
  readonly #parts: readonly HoistedPart[]
  /** The whole expression is a part. */
  readonly #isPart: boolean
  readonly #constantCase: ConstantCase | undefined
  readonly #columnFunction: ColumnFunction | undefined
  readonly #channels: readonly number[]
  readonly #deterministic: boolean
  readonly #strict: boolean
  /** Worth evaluating once for equal integers, where rows are many more than these. */
  readonly #costly: boolean
  readonly #fallbackOf: () => RowwiseEngine
  #fallback: RowwiseEngine | undefined
  #constant: FlatBlock | undefined

  constructor(expression: Expression, registry: FunctionRegistry, fallbackOf: FallbackOf) {
    this.#expression = expression
    this.#constantCase = constantCaseOf(expression)
    const numeric = this.#constantCase?.codes ?? expression
    const hoisted = hoist(numeric, freeChannels(expression), registry, fallbackOf)
    this.#parts = hoisted.parts
    this.#isPart = hoisted.expression.kind === 'input' && this.#parts.length === 1
    this.#program = canLower(hoisted.expression) ? prepareRowProgram(hoisted.expression) : undefined
    this.#columnFunction = columnFunctionOf(expression)
    this.#channels = collectChannels(expression)
    this.#deterministic = isDeterministic(expression)
    this.#strict = isStrict(expression)
    this.#costly =
      this.#program === undefined || this.#columnFunction !== undefined || hasCalendar(expression)
    this.#fallbackOf = () => fallbackOf(expression)
  }

  get engine(): 'wasm' | 'js' {
    return this.#program === undefined && this.#columnFunction === undefined ? 'js' : 'wasm'
  }

  project(page: Page, arena: Arena): Block {
    const e = this.#expression
    if (e.kind === 'input') return page.blocks[e.channel]!
    if (e.kind === 'constant') return this.#constantBlock(e, page, arena)
    if (!this.#deterministic || page.rowCount === 0) return this.#evaluate(page, arena)
    const blocks = this.#channels.map((channel) => page.blocks[channel]!)
    if (isWidening(e)) return withType(blocks[0]!, e.type)
    if (blocks.length > 0 && blocks.every((block) => block.encoding === 'constant')) {
      return this.#projectConstants(page, arena)
    }
    return this.#projectEntries(page, arena) ?? this.#evaluate(page, arena)
  }

  #constantBlock(e: Expression & { kind: 'constant' }, page: Page, arena: Arena): Block {
    this.#constant ??= blockOf(e.type, [e.value])
    const value = importBlock(this.#constant, arena)
    assert(value.encoding === 'flat')
    return { encoding: 'constant', type: e.type, rowCount: page.rowCount, value }
  }

  #projectConstants(page: Page, arena: Arena): Block {
    const blocks = page.blocks.map((block) => (block.encoding === 'constant' ? block.value : block))
    const value = this.#evaluate({ rowCount: 1, blocks }, arena)
    const { rowCount } = page
    if (value.encoding === 'flat') {
      return { encoding: 'constant', type: this.#expression.type, rowCount, value }
    }
    assert(value.encoding === 'dictionary' && value.validity === null)
    return { ...value, rowCount, codes: arena.allocate(rowCount).fill(value.codes[0]!) }
  }

  /** Evaluates dictionary entries; undefined where there are more than rows, or one fails. */
  #projectEntries(page: Page, arena: Arena): Block | undefined {
    const [channel] = this.#channels
    if (channel === undefined || this.#channels.length > 1) return undefined
    if (this.#constantCase !== undefined) return undefined
    const given = page.blocks[channel]!
    const block = this.#costly ? (asDictionary(given, arena) ?? given) : given
    if (block.encoding !== 'dictionary' || block.dictionary.rowCount > page.rowCount) {
      return undefined
    }
    if (block.validity !== null && !this.#strict) return undefined
    try {
      const blocks = new Array<Block>(channel + 1).fill(block.dictionary)
      const dictionary = this.#evaluate({ rowCount: block.dictionary.rowCount, blocks }, arena)
      assert(dictionary.encoding === 'flat')
      const { rowCount, codes, validity } = block
      const { type } = this.#expression
      return { encoding: 'dictionary', type, rowCount, codes, validity, dictionary }
    } catch (error) {
      // Entries that no row uses may fail.
      if (isDataError(error)) return undefined
      throw error
    }
  }

  #evaluate(page: Page, arena: Arena): Block {
    if (this.#columnFunction !== undefined) {
      return this.#columnFunction.evaluate(page, arena) ?? this.#engine().project(page, arena)
    }
    if (this.#isPart) return this.#parts[0]!.evaluate(page, arena)
    if (this.#program !== undefined) {
      const extended = extendPage(page, this.#parts, arena)
      const outcome = runRowProjection(this.#program, extended, arena)
      if (outcome.kind === 'done') {
        return this.#constantCase === undefined
          ? outcome.value
          : decodeCase(this.#constantCase, outcome.value, arena)
      }
      if (outcome.kind === 'failed') throwFailure(this.#engine(), page, outcome.position)
    }
    return this.#engine().project(page, arena)
  }

  #engine(): RowwiseEngine {
    this.#fallback ??= this.#fallbackOf()
    return this.#fallback
  }
}

const INTEGER_WIDTHS: Readonly<Partial<Record<SqlType['kind'], number>>> = {
  tinyint: 8,
  smallint: 16,
  integer: 32,
  bigint: 64,
}

/** Tells whether an expression is a cast of a column to a wider integer, of which storage knows nothing. */
function isWidening(e: Expression): boolean {
  if (e.kind !== 'cast' || e.arg.kind !== 'input') return false
  const [from, to] = [INTEGER_WIDTHS[e.arg.type.kind], INTEGER_WIDTHS[e.type.kind]]
  return from !== undefined && to !== undefined && from <= to
}

/** The same values, as those of another type. */
function withType(block: Block, type: SqlType): Block {
  switch (block.encoding) {
    case 'flat':
      return { ...block, type }
    case 'constant':
      return { ...block, type, value: { ...block.value, type } }
    case 'dictionary':
      return { ...block, type, dictionary: { ...block.dictionary, type } }
  }
}

/** Tells whether an expression takes dates apart: its kernel does much a row. */
const hasCalendar = (e: Expression): boolean =>
  (e.kind === 'call' && CALENDAR_FUNCTIONS.has(e.function.name)) || childrenOf(e).some(hasCalendar)

const CALENDAR_FUNCTIONS: ReadonlySet<string> = new Set([
  'year',
  'month',
  'day',
  'day_of_month',
  'quarter',
  'day_of_year',
  'doy',
  'date_trunc',
])

/** Tells whether an expression is null wherever one of its inputs is. */
function isStrict(e: Expression): boolean {
  switch (e.kind) {
    case 'input':
    case 'constant':
      return true
    case 'cast':
    case 'not':
    case 'comparison':
      return (
        (e.kind !== 'comparison' || e.operator !== 'identical') && childrenOf(e).every(isStrict)
      )
    case 'call':
      return STRICT_FUNCTIONS.has(e.function.name) && childrenOf(e).every(isStrict)
    default:
      return false
  }
}

const STRICT_FUNCTIONS: ReadonlySet<string> = new Set([
  '$add',
  '$subtract',
  '$multiply',
  '$divide',
  '$modulus',
  '$negation',
  '$like',
  'substring',
  'substr',
  'upper',
  'lower',
  'trim',
  'ltrim',
  'rtrim',
  'reverse',
  'strpos',
  'cardinality',
  'length',
  'year',
  'month',
  'day',
  'quarter',
  'date_trunc',
  'concat',
  'replace',
  'json_extract',
  'json_extract_scalar',
  'json_array_length',
  'json_size',
])
