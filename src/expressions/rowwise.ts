import {
  type Arena,
  assert,
  type Block,
  createBlockBuilder,
  type Page,
  readValue,
} from '../spi/index.js'
import { compileRow, type InterpreterOptions } from './interpreter.js'
import type { Expression } from './ir.js'
import { collectChannels } from './ir-walk.js'
import { compileJsFilter, compileJsProjection } from './js/compile-js.js'
import type { Selection } from './page-expression.js'
import { zeroed } from './wasm/buffers.js'

/** What runs an expression row by row: the JS compiler, or the interpreter that defines the answers. */
export interface RowwiseEngine {
  readonly engine: 'js' | 'interpreter'
  project(page: Page, arena: Arena): Block
  /** @param selection only these positions are evaluated; null: all */
  filter(page: Page, arena: Arena, selection: Selection | null): Selection
  /** Evaluates one position with the interpreter. @throws what it fails with */
  evaluateAt(page: Page, position: number): void
}

export function interpretPages(expression: Expression, options: InterpreterOptions): RowwiseEngine {
  const at = evaluator(expression, options)
  return {
    engine: 'interpreter',
    project(page, arena) {
      const builder = createBlockBuilder(expression.type, arena)
      for (let i = 0; i < page.rowCount; i++) builder.append(at(page, i))
      return builder.build()
    },
    filter(page, arena, selection) {
      const candidates = selection?.count ?? page.rowCount
      const positions = allocatePositions(arena, candidates)
      let count = 0
      for (let i = 0; i < candidates; i++) {
        const position = selection?.positions?.[i] ?? i
        if (at(page, position) === true) positions[count++] = position
      }
      return selected(positions, count, page)
    },
    evaluateAt: at,
  }
}

export function compileJsPages(expression: Expression, options: InterpreterOptions): RowwiseEngine {
  const channels = collectChannels(expression)
  const project = compileJsProjection(expression, options)
  let filter: ReturnType<typeof compileJsFilter> | undefined
  let at: ReturnType<typeof evaluator> | undefined
  return {
    engine: 'js',
    project,
    filter(page, arena, selection) {
      filter ??= compileJsFilter(expression, options)
      const from = selection?.positions ?? null
      const candidates = selection?.count ?? page.rowCount
      const positions = allocatePositions(arena, candidates)
      const count = filter(
        from === null ? page : narrowPage(page, channels, from, candidates, arena),
        positions,
      )
      // What was found are positions among the candidates.
      if (from !== null) for (let i = 0; i < count; i++) positions[i] = from[positions[i]!]!
      return selected(positions, count, page)
    },
    evaluateAt(page, position) {
      at ??= evaluator(expression, options)
      at(page, position)
    },
  }
}

function evaluator(expression: Expression, options: InterpreterOptions) {
  const evaluate = compileRow(expression, options)
  let page: Page | undefined
  let position = 0
  const row = {
    channel: (channel: number) => readValue(page!.blocks[channel]!, position),
    symbol: (name: string): never => {
      throw new Error(`internal error: unbound symbol ${name}`)
    },
  }
  return (of: Page, index: number) => {
    page = of
    position = index
    return evaluate(row)
  }
}

function allocatePositions(arena: Arena, length: number): Int32Array {
  const bytes = arena.allocate(length * 4)
  return new Int32Array(bytes.buffer, bytes.byteOffset, length)
}

const selected = (positions: Int32Array, count: number, page: Page): Selection => ({
  count,
  positions: count === page.rowCount ? null : positions.subarray(0, count),
})

/** The page's candidates as selections over its blocks, without copying values. */
function narrowPage(
  page: Page,
  channels: readonly number[],
  positions: Int32Array,
  count: number,
  arena: Arena,
): Page {
  const blocks = page.blocks.map((block, channel): Block => {
    const unused = { encoding: 'flat', storage: 'null', type: block.type, validity: null } as const
    return channels.includes(channel)
      ? narrowBlock(block, positions, count, arena)
      : { ...unused, rowCount: count }
  })
  return { rowCount: count, blocks }
}

function narrowBlock(block: Block, positions: Int32Array, count: number, arena: Arena): Block {
  switch (block.encoding) {
    case 'constant':
      return { ...block, rowCount: count }
    case 'flat': {
      const { type } = block
      const codes = positions.subarray(0, count)
      return {
        encoding: 'dictionary',
        type,
        rowCount: count,
        codes,
        dictionary: block,
        validity: null,
      }
    }
    case 'dictionary': {
      const codes = allocatePositions(arena, count)
      for (let i = 0; i < count; i++) codes[i] = block.codes[positions[i]!]!
      if (block.validity === null) return { ...block, rowCount: count, codes }
      const validity = zeroed(arena.allocate((count + 7) >> 3))
      for (let i = 0; i < count; i++) {
        const p = positions[i]!
        assert(p < block.rowCount)
        if (block.validity[p >> 3]! & (1 << (p & 7))) validity[i >> 3]! |= 1 << (i & 7)
      }
      return { ...block, rowCount: count, codes, validity }
    }
  }
}
