import type { Expression } from './ir.js'
import { conjuncts, input } from './ir-build.js'
import { collectSymbols, replaceSymbols, transformTopDown } from './ir-walk.js'
import type { FunctionRegistry } from './registry.js'
import { columnFunctionOf } from './wasm/column-functions.js'
import { constantCaseOf } from './wasm/constant-case.js'
import { freeChannels, hoist } from './wasm/hoist.js'
import { canLower } from './wasm/row-lowering.js'
import { textPredicateOf } from './wasm/text-predicate.js'
import { vectorize } from './wasm/vector-program.js'

/**
 * The parts of an expression for which there is no WebAssembly kernel, so that they run as JavaScript: of a condition, conjunct
 * by conjunct. Kernels give way to JavaScript on pages of a storage they lack, too, which no plan shows.
 * @param expression over symbols
 * @param role what the expression is compiled for
 */
export function withoutKernels(
  expression: Expression,
  role: 'condition' | 'value',
  registry: FunctionRegistry,
): readonly Expression[] {
  const symbols = [...collectSymbols(expression).values()]
  const channels = new Map(symbols.map((symbol, channel) => [symbol.name, channel]))
  const bound = replaceSymbols(expression, (symbol) =>
    input(channels.get(symbol.name)!, symbol.type),
  )
  const parts = role === 'condition' ? conjuncts(bound) : [bound]
  return parts
    .flatMap((part) => foreignParts(part, role, registry))
    .map((part) =>
      transformTopDown(part, (e) => (e.kind === 'input' ? symbols[e.channel] : undefined)),
    )
}

/** As WasmFilter and WasmProjection decide for an expression over channels. */
function foreignParts(
  expression: Expression,
  role: 'condition' | 'value',
  registry: FunctionRegistry,
): readonly Expression[] {
  if (expression.kind === 'input' || expression.kind === 'constant') return []
  if (role === 'condition' ? vectorize(expression) : columnFunctionOf(expression)) return []
  const numeric = (role === 'value' ? constantCaseOf(expression)?.codes : undefined) ?? expression
  const hoisted = hoist(numeric, freeChannels(expression), registry, () => {
    throw new Error('internal error: nothing is evaluated here')
  })
  const isRead = hoisted.expression.kind === 'input'
  if (!isRead && !canLower(hoisted.expression)) return [expression]
  return hoisted.parts
    .map((part) => part.expression)
    .filter((part) => textPredicateOf(part) === undefined && columnFunctionOf(part) === undefined)
    .filter((part) => part.kind !== 'isNull')
}
