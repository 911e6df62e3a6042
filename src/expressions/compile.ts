import { type Arena, assert, type Page } from '../spi/index.js'
import type { InterpreterOptions } from './interpreter.js'
import type { Expression } from './ir.js'
import type { ExpressionEngine, PageFilter, PageProjection, Selection } from './page-expression.js'
import { compileJsPages, interpretPages, type RowwiseEngine } from './rowwise.js'
import { allocateInt32 } from './wasm/buffers.js'
import { WasmFilter } from './wasm/filter.js'
import { arenaBuffer, kernelMemory } from './wasm/kernel-memory.js'
import { WasmProjection } from './wasm/projection.js'

export type { ExpressionEngine, PageFilter, PageProjection, Selection } from './page-expression.js'

export interface CompileOptions extends InterpreterOptions {
  /** What to compile to, for tests; by default MILLRACE_EXPRESSIONS (`wasm`, `js`, `interpreter`), else wasm. */
  readonly target?: ExpressionEngine | undefined
}

const ENGINES: readonly ExpressionEngine[] = ['wasm', 'js', 'interpreter']

function chosenEngine(options: Pick<CompileOptions, 'target'>): ExpressionEngine {
  const wanted = options.target ?? process.env['MILLRACE_EXPRESSIONS'] ?? 'wasm'
  const engine = ENGINES.find((known) => known === wanted)
  assert(engine !== undefined, `MILLRACE_EXPRESSIONS is ${wanted}`)
  return engine
}

/** Whether expressions become kernels where kernels know them. */
export const usesKernels = (options: Pick<CompileOptions, 'target'>): boolean =>
  chosenEngine(options) === 'wasm'

/** Whether kernels can write into an arena's memory; an arena over the heap is served by the fallback. */
const isShared = (arena: Arena): boolean => kernelMemory(arenaBuffer(arena)) !== undefined

const rowwiseOf =
  (engine: ExpressionEngine, options: CompileOptions) =>
  (expression: Expression): RowwiseEngine =>
    engine === 'interpreter'
      ? interpretPages(expression, options)
      : compileJsPages(expression, options)

/**
 * Compiles a condition: kernels for what they know, JavaScript for the rest, conjunct by conjunct.
 * @param expression BOOLEAN over channels, without symbols
 */
export function compileFilter(expression: Expression, options: CompileOptions): PageFilter {
  assert(expression.type.kind === 'boolean', 'a filter is a condition')
  const engine = chosenEngine(options)
  const fallback = rowwiseOf(engine, options)
  let rowwise: RowwiseEngine | undefined
  const runRowwise = (page: Page, arena: Arena): Selection => {
    rowwise ??= fallback(expression)
    return rowwise.filter(page, arena, null)
  }
  const countRowwise = (page: Page, arena: Arena) => runRowwise(page, arena).count
  if (engine !== 'wasm') return { engine, filter: runRowwise, count: countRowwise }
  const wasm = new WasmFilter(expression, options.registry, fallback)
  return {
    engine: wasm.engine,
    filter: (page, arena) => (isShared(arena) ? wasm.filter(page, arena) : runRowwise(page, arena)),
    count: (page, arena) => (isShared(arena) ? wasm.count(page, arena) : countRowwise(page, arena)),
  }
}

/**
 * Compiles an expression to be evaluated at every position of a page.
 * @param expression of any type, over channels, without symbols
 */
export function compileProjection(expression: Expression, options: CompileOptions): PageProjection {
  const engine = chosenEngine(options)
  const fallback = rowwiseOf(engine, options)
  let rowwise: RowwiseEngine | undefined
  const runRowwise = (page: Page, arena: Arena) => {
    rowwise ??= fallback(expression)
    return rowwise.project(page, arena)
  }
  if (engine !== 'wasm') return { engine, project: runRowwise }
  const wasm = new WasmProjection(expression, options.registry, fallback)
  return {
    engine: wasm.engine,
    project: (page, arena) =>
      isShared(arena) ? wasm.project(page, arena) : runRowwise(page, arena),
  }
}

/** All positions of a page as a list, for consumers that want one. */
export function positionsOf(selection: Selection, arena: Arena): Int32Array {
  if (selection.positions !== null) return selection.positions
  const positions = allocateInt32(arena, selection.count)
  for (let i = 0; i < positions.length; i++) positions[i] = i
  return positions
}
