import { type Arena, type Block, createBlockBuilder, type Page, readValue } from '../spi/index.js'
import { compileRow, type InterpreterOptions } from './interpreter.js'
import type { Expression } from './ir.js'
import type { Selection } from './page-expression.js'

/** The interpreter over pages: what the compilers are compared with, and where their failures are told. */
export interface InterpretedPage {
  project(page: Page, arena: Arena): Block
  /** @param selection only these positions are evaluated; null: all */
  filter(page: Page, arena: Arena, selection: Selection | null): Selection
  /** Evaluates one position. @throws what it fails with */
  evaluateAt(page: Page, position: number): void
}

export function interpretPages(
  expression: Expression,
  options: InterpreterOptions,
): InterpretedPage {
  const evaluate = compileRow(expression, options)
  let page: Page | undefined
  let position = 0
  const row = {
    channel: (channel: number) => readValue(page!.blocks[channel]!, position),
    symbol: (name: string): never => {
      throw new Error(`internal error: unbound symbol ${name}`)
    },
  }
  const at = (of: Page, index: number) => {
    page = of
    position = index
    return evaluate(row)
  }
  return {
    project(of, arena) {
      const builder = createBlockBuilder(expression.type, arena)
      for (let i = 0; i < of.rowCount; i++) builder.append(at(of, i))
      return builder.build()
    },
    filter(of, arena, selection) {
      const candidates = selection?.count ?? of.rowCount
      const bytes = arena.allocate(candidates * 4)
      const positions = new Int32Array(bytes.buffer, bytes.byteOffset, candidates)
      let count = 0
      for (let i = 0; i < candidates; i++) {
        const index = selection?.positions?.[i] ?? i
        if (at(of, index) === true) positions[count++] = index
      }
      return { count, positions: count === of.rowCount ? null : positions.subarray(0, count) }
    },
    evaluateAt(of, index) {
      at(of, index)
    },
  }
}
