import type { CallExpression, Expression } from '../ir.js'
import { childrenOf } from '../ir-walk.js'
import { ARITHMETIC, type KernelFunctions, type Lowering } from './lower-arithmetic.js'
import { DATETIME, truncationName } from './lower-datetime.js'

/** Calls of functions that kernels know, over rows. */

const FUNCTIONS: KernelFunctions = { ...ARITHMETIC, ...DATETIME }

/**
 * A call as kernels have it: what decides their code is no literal but part of the function's name, as date_trunc's unit. The same
 * call where nothing does.
 */
export function kernelCall(e: CallExpression): CallExpression {
  const name = truncationName(e)
  if (name === undefined) return e
  const { function: fn, args } = e
  return { ...e, function: { ...fn, name, id: `${fn.id} ${name}` }, args: args.slice(1) }
}

/** What a kernel of an expression reads. */
export const kernelOperands = (e: Expression): readonly Expression[] =>
  e.kind === 'call' ? kernelCall(e).args : childrenOf(e)

/** Tells whether kernels know a call; its operands must be lowerable too. */
export function canLowerCall(e: CallExpression): boolean {
  const known = kernelCall(e)
  const { name } = known.function
  return Object.hasOwn(FUNCTIONS, name) && FUNCTIONS[name]![0](known)
}

/** @param e as {@link kernelCall} gives it */
export const lowerCall: Lowering = (context, e) => FUNCTIONS[e.function.name]![1](context, e)
