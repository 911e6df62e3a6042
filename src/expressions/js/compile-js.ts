import type { Arena } from '../../spi/connector/memory.js'
import type { Block, FlatBlock, Validity } from '../../spi/page/block.js'
import { createBlockBuilder, flatten } from '../../spi/page/block-builder.js'
import type { Page } from '../../spi/page/page.js'
import type { SqlType } from '../../spi/type/type.js'
import type { Expression } from '../ir.js'
import { collectChannels } from '../ir-walk.js'
import type { FunctionRegistry } from '../registry.js'
import { DEFAULT_SESSION, type SessionContext } from '../session-context.js'
import { zeroed } from '../wasm/buffers.js'
import { importBlock } from '../wasm/import.js'
import { type DerivedPart, derivedBlock, splitDerived } from './dictionary-parts.js'
import { compileKernel, type Kernel } from './js-compiler.js'
import { accessesOf, emitKernel, type KernelOptions, type KernelSink } from './js-kernel.js'

export interface JsCompileOptions {
  readonly registry: FunctionRegistry
  readonly session?: SessionContext
}

/** One value a position, in arena memory or shared with the page. */
export type JsProjection = (page: Page, arena: Arena) => Block
/** Writes the positions where a predicate is true, ascending, and returns their number. */
export type JsFilter = (page: Page, positionsOut: Int32Array) => number

interface Prepared {
  readonly kernel: Kernel
  readonly channels: readonly number[]
  readonly blocks: readonly Block[]
}

/**
 * Makes generated code for every shape of page it meets. Parts that read one dictionary-encoded channel are evaluated
 * once an entry.
 */
function preparer(expression: Expression, sink: KernelSink, options: KernelOptions) {
  const plain = { expression, parts: [] as readonly DerivedPart[] }
  const split = splitDerived(expression)
  const kernels = new Map<string, { kernel: Kernel; channels: readonly number[] }>()
  return (page: Page): Prepared => {
    const derived = split.parts.map((part) => derivedBlock(part, page, options))
    const used = split.parts.filter((_, i) => derived[i] !== undefined)
    const chosen = used.length === 0 ? plain : { expression: split.replace(used), parts: used }
    const blocks = [...page.blocks]
    split.parts.forEach((part, i) => {
      const block = derived[i]
      if (block !== undefined) blocks[part.channel] = block
    })
    const channels = collectChannels(chosen.expression)
    const accesses = accessesOf(blocks, channels)
    const key = `${used.map((part) => part.channel).join(',')}|${accesses.map((a) => a.shape).join('|')}`
    let known = kernels.get(key)
    if (known === undefined) {
      const shapes = accesses.map((access) => access.shape)
      const source = emitKernel(chosen.expression, channels, shapes, sink, options)
      known = { kernel: compileKernel(source), channels }
      kernels.set(key, known)
    }
    return { ...known, blocks }
  }
}

const sinkOf = (type: SqlType): KernelSink =>
  type.kind === 'double' || type.kind === 'real'
    ? 'numbers'
    : type.kind === 'boolean'
      ? 'booleans'
      : 'append'

/**
 * Compiles an expression over channels to JavaScript.
 * @returns a function of a page that throws what the evaluation of its rows throws
 */
export function compileJsProjection(
  expression: Expression,
  { registry, session = DEFAULT_SESSION }: JsCompileOptions,
): JsProjection {
  if (expression.kind === 'input') return (page) => page.blocks[expression.channel]!
  const sink = sinkOf(expression.type)
  const options = { registry, session }
  const prepare = preparer(expression, sink, options)
  const whole = splitDerived(expression).whole
  return (page, arena) => {
    const { rowCount } = page
    const ready = whole && derivedBlock(whole, page, options)
    if (ready !== undefined) return broughtIn(ready, arena)
    const { kernel, channels, blocks } = prepare(page)
    const accesses = accessesOf(blocks, channels)
    if (sink === 'append') {
      const builder = createBlockBuilder(expression.type, arena)
      kernel(accesses, rowCount, builder, null)
      return builder.build()
    }
    const bits = arena.allocate((rowCount + 7) >> 3).fill(255)
    const values = valuesFor(expression.type, rowCount, arena)
    const nullCount = kernel(accesses, rowCount, values, bits)
    return fixedBlock(expression.type, rowCount, values, nullCount === 0 ? null : bits)
  }
}

/** Results that are kept on the heap, in the page's memory: those of its rows where the entries are more. */
const broughtIn = (block: Block, arena: Arena): Block =>
  block.encoding === 'dictionary' && block.dictionary.rowCount > block.rowCount
    ? flatten(block, arena)
    : importBlock(block, arena)

function valuesFor(type: SqlType, rowCount: number, arena: Arena) {
  if (type.kind === 'boolean') return zeroed(arena.allocate(rowCount))
  const width = type.kind === 'real' ? 4 : 8
  const bytes = zeroed(arena.allocate(rowCount * width))
  return type.kind === 'real'
    ? new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
    : new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
}

function fixedBlock(
  type: SqlType,
  rowCount: number,
  values: Uint8Array | Float32Array | Float64Array,
  validity: Validity,
): FlatBlock {
  const fields = { encoding: 'flat', type, rowCount, validity } as const
  if (values instanceof Uint8Array) return { storage: 'bool', values, ...fields }
  return { storage: values instanceof Float32Array ? 'f32' : 'f64', values, ...fields }
}

/** Compiles a predicate over channels to JavaScript. */
export function compileJsFilter(
  expression: Expression,
  { registry, session = DEFAULT_SESSION }: JsCompileOptions,
): JsFilter {
  const prepare = preparer(expression, 'select', { registry, session })
  return (page, positionsOut) => {
    const { kernel, channels, blocks } = prepare(page)
    return kernel(accessesOf(blocks, channels), page.rowCount, positionsOut, null)
  }
}
