import { type Arena, assert, type Block, type Page } from '../../spi/index.js'
import type { Expression } from '../ir.js'
import { input } from '../ir-build.js'
import { collectChannels, expressionKey, isDeterministic, transformTopDown } from '../ir-walk.js'
import { neverFails } from '../never-fails.js'
import type { FunctionRegistry } from '../registry.js'
import type { RowwiseEngine } from '../rowwise.js'
import { columnFunctionOf } from './column-functions.js'
import { kernelOperands } from './lower-calls.js'
import { repOf } from './lowered.js'
import { canLowerNode } from './row-lowering.js'
import { TextEvaluator } from './text-block.js'
import { type TextPredicate, textPredicateOf } from './text-predicate.js'

/**
 * Row kernels know numbers, dates and booleans. What they lack inside an expression is evaluated beforehand for the
 * whole page and read as a column: conditions on texts by text kernels, and other parts that cannot fail by JavaScript.
 */
export interface Hoisted {
  /** The expression over the page's channels and the parts' own. */
  readonly expression: Expression
  readonly parts: readonly HoistedPart[]
}

export interface HoistedPart {
  readonly channel: number
  readonly expression: Expression
  evaluate(page: Page, arena: Arena): Block
}

/** Numbers channels that an expression does not read; a page may have others there, which it does not read either. */
export function freeChannels(expression: Expression): () => number {
  let next = (collectChannels(expression).at(-1) ?? -1) + 1
  return () => next++
}

export function hoist(
  expression: Expression,
  newChannel: () => number,
  registry: FunctionRegistry,
  fallbackOf: (e: Expression) => RowwiseEngine,
): Hoisted {
  const parts: HoistedPart[] = []
  const known = new Map<string, Expression>()
  const add = (e: Expression, evaluate: HoistedPart['evaluate']): Expression => {
    const key = expressionKey(e)
    let read = known.get(key)
    if (read === undefined) {
      const channel = newChannel()
      parts.push({ channel, expression: e, evaluate })
      read = input(channel, e.type)
      known.set(key, read)
    }
    return read
  }
  const hoisted = transformTopDown(expression, (e) => {
    if (e.kind === 'lambda') return e
    const text = textPredicateOf(e)
    if (text !== undefined) return add(e, textEvaluation(text))
    if (e.kind === 'isNull' && repOf(e.arg.type) === undefined && e.arg.kind === 'input') {
      return add(e, fallbackEvaluation(e, fallbackOf))
    }
    const isForeign =
      !canLowerNode(e) || kernelOperands(e).some((child) => repOf(child.type) === undefined)
    const isForeignPart = isForeign && repOf(e.type) !== undefined && collectChannels(e).length > 0
    if (isForeignPart && isDeterministic(e) && neverFails(e, registry)) {
      return add(e, fallbackEvaluation(e, fallbackOf))
    }
    return undefined
  })
  return { expression: hoisted, parts }
}

function textEvaluation({ input: text, test }: TextPredicate): HoistedPart['evaluate'] {
  const evaluator = new TextEvaluator(test)
  return (page, arena) => evaluator.evaluate(page.blocks[text.channel]!, arena)
}

function fallbackEvaluation(
  e: Expression,
  fallbackOf: (e: Expression) => RowwiseEngine,
): HoistedPart['evaluate'] {
  let engine: RowwiseEngine | undefined
  const column = columnFunctionOf(e)
  return (page, arena) => {
    const result = column?.evaluate(page, arena)
    if (result !== undefined) return result
    engine ??= fallbackOf(e)
    return engine.project(page, arena)
  }
}

/** The page with the parts that `used` lists as further blocks. */
export function extendPage(page: Page, parts: readonly HoistedPart[], arena: Arena): Page {
  if (parts.length === 0) return page
  const blocks = [...page.blocks]
  for (const part of parts) {
    const block = part.evaluate(page, arena)
    assert(block.rowCount === page.rowCount, 'a part of another length')
    blocks[part.channel] = block
  }
  return { ...page, blocks }
}
