import { type Arena, BOOLEAN, createBlockBuilder, readValue } from '../spi/index.js'
import { compileInterpreted, type InterpreterOptions } from './interpreter.js'
import type { Expression } from './ir.js'
import { collectChannels } from './ir-walk.js'
import type { ExpressionEngine, PageFilter, PageProjection } from './page-expression.js'
import { allocateInt32 } from './wasm/buffers.js'

export interface CompileOptions extends InterpreterOptions {
  /** Forces a target, for tests. */
  readonly target?: ExpressionEngine
}

/** A filter by the interpreter. */
export function compileFilter(expression: Expression, options: CompileOptions): PageFilter {
  const projection = compileProjection({ ...expression, type: BOOLEAN } as Expression, options)
  return {
    engine: 'interpreter',
    filter(page, arena) {
      const block = projection.project(page, arena)
      const positions = allocateInt32(arena, page.rowCount)
      let count = 0
      for (let i = 0; i < page.rowCount; i++)
        if (readValue(block, i) === true) positions[count++] = i
      return { count, positions }
    },
  }
}

/** A projection by the interpreter. */
export function compileProjection(expression: Expression, options: CompileOptions): PageProjection {
  const run = compileInterpreted(expression, options)
  const channels = collectChannels(expression)
  return {
    engine: 'interpreter',
    project(page, arena: Arena) {
      const builder = createBlockBuilder(expression.type, arena)
      const values: never[] = []
      for (let i = 0; i < page.rowCount; i++) {
        for (const channel of channels)
          values[channel] = readValue(page.blocks[channel]!, i) as never
        const value = run(values)
        if (value === null) builder.appendNull()
        else builder.append(value)
      }
      return builder.build()
    },
  }
}
