import type { Block } from '../../spi/page/block.js'
import type { Expression } from '../ir.js'
import type { FunctionRegistry } from '../registry.js'
import type { SessionContext } from '../session-context.js'
import {
  accessOf,
  accessPrelude,
  type BlockAccess,
  blockName,
  directRead,
  readerName,
} from './block-access.js'
import { bytesPredicate } from './byte-predicates.js'
import { carrierText, type Emitter, emit, freshName, type Operand, slot } from './js-emitter.js'

/** What kernels of all shapes share. */
export interface KernelOptions {
  readonly registry: FunctionRegistry
  readonly session: SessionContext
}

/** The source of a kernel and the values its slots take. */
export interface KernelSource {
  /** What it computes, in letters of a file name: profiles show it. Kernels of one source have one name. */
  readonly name: string
  readonly source: string
  readonly slots: readonly unknown[]
}

/** What a kernel does with the value of each position. */
export type KernelSink = 'select' | 'numbers' | 'booleans' | 'append'

/**
 * Writes the loop over a page. A kernel is `(accesses, rowCount, out, validity) => count`: of selected positions for
 * `select`, of nulls for the others.
 */
export function emitKernel(
  expression: Expression,
  channels: readonly number[],
  shapes: readonly string[],
  sink: KernelSink,
  options: KernelOptions,
): KernelSource {
  const shapeOf = new Map(channels.map((channel, i) => [channel, shapes[i]!]))
  const memo = new Set<number>()
  const lines: string[] = []
  const slots: unknown[] = []
  const emitter: Emitter = {
    ...options,
    lines,
    slots,
    parameters: new Map(),
    counter: { next: 0 },
    input: (at, channel, type) => {
      const direct = directRead(shapeOf.get(channel)!, channel, type)
      return direct === undefined ? readOnce(at, channel, memo) : hold(at, direct)
    },
    override: (at, part) => {
      const found = bytesPredicate(part)
      if (found === undefined || shapeOf.get(found.channel) !== 'read') return undefined
      const name = freshName(at, 'e')
      const test = slot(at, found.test)
      at.lines.push(`const ${name} = ${test}(${blockName(found.channel)}, i);`)
      return { value: `(${name} === 1)`, isNull: `(${name} === -1)` }
    },
  }
  const result = emit(emitter, expression)
  const source = [
    '"use strict";',
    ...slots.map((_, i) => `const k${i} = slots[${i}];`),
    'return (accesses, rowCount, out, validity) => {',
    ...channels.map(accessPrelude),
    'let count = 0;',
    'for (let i = 0; i < rowCount; i++) {',
    ...[...memo].map((channel) => `let t${channel} = undefined;`),
    ...lines,
    sinkText(sink, result),
    '}',
    'return count;',
    '};',
  ].join('\n')
  return { name: kernelName(expression, sink), source, slots }
}

/** Carriers made from bytes are made once a position, and only where they are needed. */
function readOnce(emitter: Emitter, channel: number, memo: Set<number>): Operand {
  memo.add(channel)
  emitter.lines.push(`if (t${channel} === undefined) t${channel} = ${readerName(channel)}(i);`)
  return { value: `t${channel}`, isNull: `(t${channel} === null)` }
}

/** A value used more than once is read once. */
function hold(emitter: Emitter, operand: Operand): Operand {
  if (operand.isNull === 'false') {
    const value = freshName(emitter, 'x')
    emitter.lines.push(`const ${value} = ${operand.value};`)
    return { value, isNull: 'false' }
  }
  const value = freshName(emitter, 'x')
  const isNull = freshName(emitter, 'n')
  emitter.lines.push(`const ${isNull} = ${operand.isNull};`, `const ${value} = ${operand.value};`)
  return { value, isNull }
}

function sinkText(sink: KernelSink, result: Operand): string {
  const { value, isNull } = result
  const setNull = `count++; validity[i >> 3] &= ~(1 << (i & 7));`
  switch (sink) {
    case 'select':
      return `if (!${isNull} && ${value}) out[count++] = i;`
    case 'numbers':
      return `if (${isNull}) { ${setNull} } else out[i] = ${value};`
    case 'booleans':
      return `if (${isNull}) { ${setNull} } else out[i] = ${value} ? 1 : 0;`
    case 'append':
      return `out.append(${carrierText(result)});`
  }
}

export const accessesOf = (blocks: readonly Block[], channels: readonly number[]): BlockAccess[] =>
  channels.map((channel) => accessOf(blocks[channel]!))

/** The outermost operation, such as `append-substring`. */
function kernelName(expression: Expression, sink: KernelSink): string {
  const operation = expression.kind === 'call' ? expression.function.name : expression.kind
  return `${sink}-${operation.replaceAll(/[^a-z0-9_]+/gi, '')}`
}
