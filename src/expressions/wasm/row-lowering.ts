import { assert, type SqlType, typesEqual } from '../../spi/index.js'
import type { ConstantExpression, Expression, ExpressionKind } from '../ir.js'
import { childrenOf } from '../ir-walk.js'
import type { FunctionBuilder } from './builder.js'
import type { Analysis } from './interval.js'
import { canLowerCall, kernelOperands, lowerCall } from './lower-calls.js'
import { canLowerCast, lowerCast } from './lower-cast.js'
import {
  lowerBetween,
  lowerCase,
  lowerCoalesce,
  lowerComparison,
  lowerIn,
  lowerIsNull,
  lowerLogical,
  lowerNot,
  lowerNullIf,
} from './lower-logic.js'
import { type Lowered, nullOf, type RowContext, repOf } from './lowered.js'
import type { Expr } from './value.js'

/** Lowers expressions over one row, and tells which expressions can be. */

type Kind<K extends ExpressionKind> = Extract<Expression, { kind: K }>

/** Longer lists would make long code. */
const IN_LIST_MAX = 64

const always = (): boolean => true
const never = (): boolean => false
const hasRep = (type: SqlType): boolean => repOf(type) !== undefined

const CAN_LOWER: { readonly [K in ExpressionKind]: (e: Kind<K>) => boolean } = {
  constant: always,
  input: always,
  symbol: never,
  call: canLowerCall,
  cast: canLowerCast,
  comparison: always,
  logical: always,
  not: always,
  isNull: always,
  case: always,
  coalesce: always,
  nullIf: (e) => typesEqual(e.first.type, e.comparedAs) && typesEqual(e.second.type, e.comparedAs),
  in: (e) => e.list.length <= IN_LIST_MAX && e.list.every((item) => item.kind === 'constant'),
  between: always,
  row: never,
  field: never,
  lambda: never,
}

/** Tells whether a node itself, not what is under it, can be lowered: its kind and types. */
export const canLowerNode = (e: Expression): boolean =>
  hasRep(e.type) && (CAN_LOWER[e.kind] as (e: Expression) => boolean)(e)

export const canLower = (e: Expression): boolean =>
  canLowerNode(e) && kernelOperands(e).every(canLower)

type LowerNode<K extends ExpressionKind> = (context: RowContext, e: Kind<K>) => Lowered

const unsupported = (_: RowContext, e: Expression): never => {
  throw new Error(`internal error: ${e.kind} in a kernel`)
}

const LOWER: { readonly [K in ExpressionKind]: LowerNode<K> } = {
  constant: (context, e) => (e.value === null ? nullOf(repOf(e.type)!) : context.literal(e)),
  input: (context, e) => context.input(e.channel),
  symbol: unsupported,
  call: lowerCall,
  cast: lowerCast,
  comparison: lowerComparison,
  logical: lowerLogical,
  not: lowerNot,
  isNull: (context, e) => lowerIsNull(context, e.arg),
  case: lowerCase,
  coalesce: lowerCoalesce,
  nullIf: lowerNullIf,
  in: lowerIn,
  between: lowerBetween,
  row: unsupported,
  field: unsupported,
  lambda: unsupported,
}

export interface RowContextOptions {
  readonly f: FunctionBuilder<'i32'>
  readonly analysis: Analysis
  /** The inputs of the row at hand, loaded. */
  readonly inputs: ReadonlyMap<number, Lowered>
  readonly literals: ReadonlyMap<ConstantExpression, Lowered>
  readonly failIf: (condition: Expr<'i32'>) => void
}

export function createRowContext(options: RowContextOptions): RowContext {
  const sizes = new Map<Expression, number>()
  const sizeOf = (e: Expression): number => {
    let size = sizes.get(e)
    if (size === undefined) {
      size = childrenOf(e).reduce((sum, child) => sum + sizeOf(child), 1)
      sizes.set(e, size)
    }
    return size
  }
  const context: RowContext = {
    f: options.f,
    analysis: options.analysis,
    input(channel) {
      const input = options.inputs.get(channel)
      assert(input !== undefined, `kernel without channel ${channel}`)
      return input
    },
    literal(constant) {
      const literal = options.literals.get(constant)
      assert(literal !== undefined, 'kernel without a literal')
      return literal
    },
    failIf: options.failIf,
    lower: (e) => (LOWER[e.kind] as (context: RowContext, e: Expression) => Lowered)(context, e),
    childrenOf,
    sizeOf,
  }
  return context
}
