import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import { call } from '../../expressions/ir-build.js'
import type { NodeBase } from '../parser/ast/index.js'
import type { Analysis } from './analysis.js'
import { coerceNoting } from './coercion-analysis.js'

/** Calls a function or operator of the registry with its coercions. */
export function resolveCall(
  name: string,
  args: readonly Expression[],
  node: NodeBase,
  analysis: Analysis,
): Expression {
  const resolved = analysis.registry.resolve(
    name,
    args.map((arg) => arg.type),
    node.location,
  )
  return callWith(resolved, args, analysis)
}

export function callWith(
  resolved: ResolvedFunction,
  args: readonly Expression[],
  analysis: Analysis,
): Expression {
  if (!resolved.deterministic) analysis.traits.deterministic = false
  return call(
    resolved,
    args.map((arg, i) => coerceNoting(analysis, arg, resolved.argumentTypes[i]!)),
  )
}
