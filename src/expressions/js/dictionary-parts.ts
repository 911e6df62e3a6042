import { heapArena } from '../../spi/connector/memory.js'
import { MillraceError } from '../../spi/error.js'
import type { Block, FlatBlock } from '../../spi/page/block.js'
import { blockOf, createBlockBuilder } from '../../spi/page/block-builder.js'
import { readValue } from '../../spi/page/block-value.js'
import type { Value } from '../../spi/type/value.js'
import { compileInterpreted } from '../interpreter.js'
import type { Expression } from '../ir.js'
import { input } from '../ir-build.js'
import { childrenOf, collectChannels, isDeterministic, transformTopDown } from '../ir-walk.js'
import { compileKernel } from './js-compiler.js'
import { accessesOf, emitKernel, type KernelOptions } from './js-kernel.js'

/** A part of an expression that reads one channel, and the channel its results take the place of. */
export interface DerivedPart {
  readonly expression: Expression
  /** The channel it reads. */
  readonly source: number
  /** The channel its results are read from. */
  readonly channel: number
  /** Results of dictionaries, so that work done once an entry is kept. */
  readonly byId: Map<string, FlatBlock>
  readonly byBlock: WeakMap<FlatBlock, FlatBlock>
  /** What the part gives for NULL; absent until it is asked for, undefined where that fails. */
  nullResult?: Value | undefined
}

export interface SplitExpression {
  readonly parts: readonly DerivedPart[]
  /** The part that is the whole expression. */
  readonly whole: DerivedPart | undefined
  /** The expression with some of the parts replaced by reads of their channels. */
  replace(parts: readonly DerivedPart[]): Expression
}

/** Channels of derived parts come after any of a page. */
const FIRST_DERIVED = 1 << 20

/** Finds the largest parts that read one channel, once or more, and do more than read it. */
export function splitDerived(expression: Expression): SplitExpression {
  const parts: DerivedPart[] = []
  const find = (part: Expression): void => {
    if (part.kind === 'lambda' || part.kind === 'input' || part.kind === 'constant') return
    const channels = collectChannels(part)
    if (channels.length === 1 && isDeterministic(part) && !readsSymbols(part)) {
      parts.push({
        expression: part,
        source: channels[0]!,
        channel: FIRST_DERIVED + parts.length,
        byId: new Map(),
        byBlock: new WeakMap(),
      })
      return
    }
    for (const child of childrenOf(part)) find(child)
  }
  find(expression)
  return {
    parts,
    whole: parts.find((part) => part.expression === expression),
    replace: (used) =>
      transformTopDown(expression, (e) => {
        const part = used.find((candidate) => candidate.expression === e)
        return part && input(part.channel, e.type)
      }),
  }
}

/** Parameters of a lambda around the part; its own lambdas are fine. */
function readsSymbols(expression: Expression, bound: ReadonlySet<string> = new Set()): boolean {
  if (expression.kind === 'symbol') return !bound.has(expression.name)
  const inner =
    expression.kind === 'lambda'
      ? new Set([...bound, ...expression.parameters.map((parameter) => parameter.name)])
      : bound
  return childrenOf(expression).some((child) => readsSymbols(child, inner))
}

/** A dictionary is worth evaluating where it is small, or stays. */
const MAX_KEPT_ENTRIES = 1 << 20

/**
 * The results of a part as a dictionary over the codes of its channel, or undefined where it is to be evaluated row by
 * row: no dictionary, one with more entries than the page has rows, or entries that fail (no row may have them).
 */
export function derivedBlock(
  part: DerivedPart,
  { blocks }: { readonly blocks: readonly Block[] },
  options: KernelOptions,
): Block | undefined {
  const block = blocks[part.source]!
  if (block.encoding === 'flat') return undefined
  const { type } = part.expression
  try {
    if (block.encoding === 'constant') {
      const value = evaluateAll(part, block.value, 0, 1, options)
      return { encoding: 'constant', type, rowCount: block.rowCount, value }
    }
    const { dictionary, dictionaryId, rowCount } = block
    const kept = dictionaryId !== undefined && dictionary.rowCount <= MAX_KEPT_ENTRIES
    if (!kept && dictionary.rowCount > rowCount) return undefined
    if (block.validity !== null && nullResult(part, options) !== null) return undefined
    const entries = kept
      ? keptEntries(part, dictionaryId, dictionary, options)
      : entriesOf(part, dictionary, options)
    return {
      encoding: 'dictionary',
      type,
      rowCount,
      codes: block.codes,
      dictionary: entries,
      validity: block.validity,
    }
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

function nullResult(part: DerivedPart, options: KernelOptions): Value | undefined {
  if ('nullResult' in part) return part.nullResult
  part.nullResult = undefined
  const run = compileInterpreted(part.expression, options)
  const values: Value[] = []
  values[part.source] = null
  part.nullResult = run(values)
  return part.nullResult
}

function entriesOf(part: DerivedPart, dictionary: FlatBlock, options: KernelOptions): FlatBlock {
  let entries = part.byBlock.get(dictionary)
  if (entries === undefined) {
    entries = evaluateAll(part, dictionary, 0, dictionary.rowCount, options)
    part.byBlock.set(dictionary, entries)
  }
  return entries
}

/** A dictionary with an id only grows: what is new is evaluated and appended. */
function keptEntries(
  part: DerivedPart,
  id: string,
  dictionary: FlatBlock,
  options: KernelOptions,
): FlatBlock {
  const known = part.byId.get(id)
  if (known !== undefined && known.rowCount >= dictionary.rowCount) return known
  const from = known?.rowCount ?? 0
  const added = evaluateAll(part, dictionary, from, dictionary.rowCount, options)
  let entries = added
  if (known !== undefined) {
    const builder = createBlockBuilder(part.expression.type, heapArena())
    builder.appendRange(known, 0, known.rowCount)
    builder.appendRange(added, 0, added.rowCount)
    entries = builder.build()
  }
  part.byId.set(id, entries)
  return entries
}

/** Entries live on the heap: they outlive the page's arena. */
function evaluateAll(
  part: DerivedPart,
  flat: FlatBlock,
  from: number,
  to: number,
  options: KernelOptions,
): FlatBlock {
  let entries = flat
  if (from > 0 || to < flat.rowCount) {
    const values: Value[] = []
    for (let i = from; i < to; i++) values.push(readValue(flat, i))
    entries = blockOf(flat.type, values)
  }
  const blocks: Block[] = []
  blocks[part.source] = entries
  const channels = [part.source]
  const accesses = accessesOf(blocks, channels)
  const shapes = accesses.map((access) => access.shape)
  const source = emitKernel(part.expression, channels, shapes, 'append', options)
  const builder = createBlockBuilder(part.expression.type, heapArena())
  compileKernel(source)(accesses, to - from, builder, null)
  return builder.build()
}
