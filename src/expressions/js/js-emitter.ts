import { assert } from '../../spi/assert.js'
import type { SqlType } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { castFunction } from '../cast/cast.js'
import { isTypeOnlyCoercion } from '../coercion.js'
import { isTryable } from '../errors.js'
import { bindScalar, comparator, scalarOverloadOf } from '../interpreter.js'
import type { CallExpression, ComparisonOperator, Expression, ExpressionKind } from '../ir.js'
import type { FunctionRegistry } from '../registry.js'
import type { SessionContext } from '../session-context.js'
import { equalityOf } from '../value/comparison.js'
import { emitArithmetic } from './emit-arithmetic.js'

/** How a value of a type is held in a variable of the generated code. */
export type Representation = 'number' | 'bigint' | 'boolean' | 'string' | 'object'

export function representationOf(type: SqlType): Representation {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
    case 'date':
    case 'interval year to month':
      return 'number'
    case 'bigint':
    case 'decimal':
    case 'time':
    case 'timestamp':
    case 'interval day to second':
      return 'bigint'
    case 'boolean':
      return 'boolean'
    case 'varchar':
    case 'char':
    case 'json':
      return 'string'
    default:
      return 'object'
  }
}

const ZERO: Readonly<Record<Representation, string>> = {
  number: '0',
  bigint: '0n',
  boolean: 'false',
  string: "''",
  object: 'null',
}

/** An emitted expression: JavaScript texts of its value and of whether it is NULL. Both are names or literals. */
export interface Operand {
  readonly value: string
  readonly isNull: string
}

/**
 * Writes the JavaScript of an expression. Everything that is not an operator or a generated name (literals, evaluators,
 * sets) is a slot, passed to the code as a value: no text of a query gets into the source.
 */
export interface Emitter {
  readonly registry: FunctionRegistry
  readonly session: SessionContext
  readonly lines: string[]
  readonly slots: unknown[]
  /** Reads a channel at the current position. */
  readonly input: (emitter: Emitter, channel: number, type: SqlType) => Operand
  /** Emits instead of the general way what something before it has taken care of. */
  readonly override: (emitter: Emitter, expression: Expression) => Operand | undefined
  /** Parameters of the lambdas around. */
  readonly parameters: ReadonlyMap<string, Operand>
  readonly counter: { next: number }
}

/** A new name; no two of one source are equal. */
export const freshName = (emitter: Emitter, prefix: string): string =>
  `${prefix}${emitter.counter.next++}`

/** Gives a value to the generated code, and the name it has there. */
export function slot(emitter: Emitter, value: unknown): string {
  emitter.slots.push(value)
  return `k${emitter.slots.length - 1}`
}

const NULL: Operand = { value: 'null', isNull: 'true' }

/** Declares a result that is NULL until assigned, and a block that may leave early. */
function declare(emitter: Emitter, type: SqlType): { value: string; isNull: string } {
  const value = freshName(emitter, 'v')
  const isNull = freshName(emitter, 'n')
  emitter.lines.push(`let ${value} = ${ZERO[representationOf(type)]}, ${isNull} = true;`)
  return { value, isNull }
}

/** Emits lines inside a labelled block; `leave` jumps to its end. */
function block(emitter: Emitter, body: (leave: string) => void): void {
  const label = freshName(emitter, 'L')
  emitter.lines.push(`${label}: {`)
  body(`break ${label};`)
  emitter.lines.push('}')
}

const when = (condition: string, statement: string): string =>
  condition === 'false' ? '' : condition === 'true' ? statement : `if (${condition}) ${statement}`

type Emitters = {
  readonly [K in ExpressionKind]: (
    emitter: Emitter,
    expression: Extract<Expression, { kind: K }>,
  ) => Operand
}

const EMITTERS: Emitters = {
  constant: (emitter, { value }) =>
    value === null ? NULL : { value: slot(emitter, value), isNull: 'false' },
  input: (emitter, { channel, type }) => emitter.input(emitter, channel, type),
  symbol: (emitter, { name }) => {
    const parameter = emitter.parameters.get(name)
    assert(parameter !== undefined, `unbound symbol ${name}`)
    return parameter
  },
  call: emitCall,
  cast: (emitter, { arg, type, safe }) => {
    if (!safe && isTypeOnlyCoercion(arg.type, type)) return emit(emitter, arg)
    const cast = castFunction(arg.type, type, emitter.session)
    assert(cast !== undefined, 'a cast that exists')
    return callUnary(emitter, arg, type, safe ? tried(cast) : cast)
  },
  comparison: emitComparison,
  logical: (emitter, expression) => {
    const result = declare(emitter, expression.type)
    const decided = expression.operator === 'or'
    const unknown = freshName(emitter, 'u')
    emitter.lines.push(`let ${unknown} = false;`)
    block(emitter, (leave) => {
      for (const term of expression.terms) {
        const { value, isNull } = emit(emitter, term)
        const decide = `{ ${result.value} = ${decided}; ${result.isNull} = false; ${leave} }`
        const isDecided = decided ? value : `!${value}`
        emitter.lines.push(`if (${isNull}) ${unknown} = true; else if (${isDecided}) ${decide}`)
      }
      emitter.lines.push(`${result.value} = ${!decided}; ${result.isNull} = ${unknown};`)
    })
    return result
  },
  not: (emitter, { arg }) => {
    const { value, isNull } = emit(emitter, arg)
    return { value: `(!${value})`, isNull }
  },
  isNull: (emitter, { arg }) => ({ value: emit(emitter, arg).isNull, isNull: 'false' }),
  case: (emitter, { type, whens, otherwise }) => {
    const result = declare(emitter, type)
    block(emitter, (leave) => {
      for (const { condition, result: branch } of whens) {
        const { value, isNull } = emit(emitter, condition)
        emitter.lines.push(`if (!${isNull} && ${value}) {`)
        assign(emitter, result, emit(emitter, branch))
        emitter.lines.push(`${leave} }`)
      }
      assign(emitter, result, emit(emitter, otherwise))
    })
    return result
  },
  coalesce: (emitter, { type, args }) => {
    const result = declare(emitter, type)
    block(emitter, (leave) => {
      for (const arg of args) {
        const { value, isNull } = emit(emitter, arg)
        const found = `{ ${result.value} = ${value}; ${result.isNull} = false; ${leave} }`
        emitter.lines.push(`if (!${isNull}) ${found}`)
      }
    })
    return result
  },
  nullIf: (emitter, { type, first, second, comparedAs }) => {
    const castA = castFunction(first.type, comparedAs, emitter.session)
    const castB = castFunction(second.type, comparedAs, emitter.session)
    assert(castA !== undefined && castB !== undefined, 'NULLIF has casts')
    const equal = equalityOf(comparedAs)
    const same = (a: Value, b: Value): boolean => equal(castA(a), castB(b)) === true
    const result = declare(emitter, type)
    block(emitter, (leave) => {
      const a = emit(emitter, first)
      emitter.lines.push(when(a.isNull, leave))
      const b = emit(emitter, second)
      const equals = `!${b.isNull} && ${slot(emitter, same)}(${a.value}, ${b.value})`
      emitter.lines.push(`if (${equals}) ${leave}`)
      emitter.lines.push(`${result.value} = ${a.value}; ${result.isNull} = false;`)
    })
    return result
  },
  in: emitIn,
  between: (emitter, { type, value, min, max }) => {
    const result = declare(emitter, type)
    block(emitter, (leave) => {
      const given = emit(emitter, value)
      emitter.lines.push(when(given.isNull, leave))
      const low = emit(emitter, min)
      const below = freshName(emitter, 'w')
      const atLeast = compareText(emitter, '>=', value.type, given.value, low.value)
      emitter.lines.push(`const ${below} = !${low.isNull} && !(${atLeast});`)
      emitter.lines.push(`if (${below}) { ${result.isNull} = false; ${leave} }`)
      const high = emit(emitter, max)
      const atMost = compareText(emitter, '<=', value.type, given.value, high.value)
      emitter.lines.push(
        `if (!${high.isNull} && !(${atMost})) { ${result.isNull} = false; ${leave} }`,
        `if (!${low.isNull} && !${high.isNull}) { ${result.value} = true; ${result.isNull} = false; }`,
      )
    })
    return result
  },
  row: (emitter, { args }) => {
    const items = args.map((arg) => carrierText(emit(emitter, arg)))
    const value = freshName(emitter, 'v')
    emitter.lines.push(`const ${value} = [${items.join(', ')}];`)
    return { value, isNull: 'false' }
  },
  field: (emitter, { type, base, index }) => {
    const result = declare(emitter, type)
    block(emitter, (leave) => {
      const given = emit(emitter, base)
      emitter.lines.push(when(given.isNull, leave))
      assignCarrier(emitter, result, `${given.value}[${index}]`)
    })
    return result
  },
  lambda: () => {
    throw new Error('internal error: a lambda is the argument of a call')
  },
}

/** Appends the code of an expression to the emitter's lines, and tells where its result is. */
export function emit(emitter: Emitter, expression: Expression): Operand {
  const overridden = emitter.override(emitter, expression)
  if (overridden !== undefined) return overridden
  const one = EMITTERS[expression.kind] as (emitter: Emitter, e: Expression) => Operand
  return one(emitter, expression)
}

/** The value or null, as functions take and give it. */
export const carrierText = ({ value, isNull }: Operand): string =>
  isNull === 'false' ? value : isNull === 'true' ? 'null' : `(${isNull} ? null : ${value})`

const assign = (emitter: Emitter, to: Operand, from: Operand): void => {
  emitter.lines.push(`${to.value} = ${from.value}; ${to.isNull} = ${from.isNull};`)
}

/** Assigns a carrier, which may be null. */
function assignCarrier(emitter: Emitter, to: Operand, carrier: string): void {
  const name = freshName(emitter, 'c')
  emitter.lines.push(
    `const ${name} = ${carrier};`,
    `if (${name} !== null) { ${to.value} = ${name}; ${to.isNull} = false; }`,
  )
}

const tried =
  (cast: (value: Value) => Value) =>
  (value: Value): Value => {
    try {
      return cast(value)
    } catch (error) {
      if (isTryable(error)) return null
      throw error
    }
  }

function callUnary(
  emitter: Emitter,
  arg: Expression,
  type: SqlType,
  evaluator: (value: Value) => Value,
): Operand {
  const result = declare(emitter, type)
  block(emitter, (leave) => {
    const given = emit(emitter, arg)
    emitter.lines.push(when(given.isNull, leave))
    assignCarrier(emitter, result, `${slot(emitter, evaluator)}(${given.value})`)
  })
  return result
}

/** The text of a comparison of two values that are not null; it gives a boolean, or null where composites decide so. */
function compareText(
  emitter: Emitter,
  operator: ComparisonOperator,
  type: SqlType,
  left: string,
  right: string,
): string {
  const representation = representationOf(type)
  const isDirect =
    representation === 'number' ||
    representation === 'bigint' ||
    ((representation === 'boolean' || type.kind === 'varchar' || type.kind === 'char') &&
      (operator === '=' || operator === '<>'))
  if (isDirect && operator !== 'identical') {
    const sign = operator === '=' ? '===' : operator === '<>' ? '!==' : operator
    return `${left} ${sign} ${right}`
  }
  return `${slot(emitter, comparator(operator, type))}(${left}, ${right})`
}

function emitComparison(
  emitter: Emitter,
  { type, operator, left, right }: Extract<Expression, { kind: 'comparison' }>,
): Operand {
  if (operator === 'identical') {
    const a = carrierText(emit(emitter, left))
    const b = carrierText(emit(emitter, right))
    const same = slot(emitter, comparator(operator, left.type))
    return { value: `${same}(${a}, ${b})`, isNull: 'false' }
  }
  const result = declare(emitter, type)
  block(emitter, (leave) => {
    const a = emit(emitter, left)
    emitter.lines.push(when(a.isNull, leave))
    const b = emit(emitter, right)
    emitter.lines.push(when(b.isNull, leave))
    assignCarrier(emitter, result, compareText(emitter, operator, left.type, a.value, b.value))
  })
  return result
}

/** Lists of constants are looked up in a set; a NaN is in no list. */
function emitIn(
  emitter: Emitter,
  { type, value, list }: Extract<Expression, { kind: 'in' }>,
): Operand {
  const result = declare(emitter, type)
  const isPrimitive = representationOf(value.type) !== 'object' && value.type.kind !== 'json'
  block(emitter, (leave) => {
    const given = emit(emitter, value)
    emitter.lines.push(when(given.isNull, leave))
    const found = `{ ${result.value} = true; ${result.isNull} = false; ${leave} }`
    const unknown = freshName(emitter, 'u')
    if (isPrimitive && list.every((item) => item.kind === 'constant')) {
      const values = list.map((item) => item.value)
      const present = values.filter((item) => item !== null && !Number.isNaN(item))
      emitter.lines.push(
        `if (${slot(emitter, new Set(present))}.has(${given.value})) ${found}`,
        `${result.isNull} = ${values.includes(null)};`,
      )
      return
    }
    emitter.lines.push(`let ${unknown} = false;`)
    const equal = slot(emitter, comparator('=', value.type))
    for (const item of list) {
      const candidate = emit(emitter, item)
      const name = freshName(emitter, 'q')
      emitter.lines.push(
        `const ${name} = ${candidate.isNull} ? null : ${equal}(${given.value}, ${candidate.value});`,
        `if (${name} === true) ${found} else if (${name} === null) ${unknown} = true;`,
      )
    }
    emitter.lines.push(`${result.isNull} = ${unknown};`)
  })
  return result
}

function emitCall(emitter: Emitter, call: CallExpression): Operand {
  const overload = scalarOverloadOf(call.function, emitter.registry)
  const run = slot(emitter, bindScalar(overload, call, emitter.session))
  const result = declare(emitter, call.type)
  block(emitter, (leave) => {
    const propagate = (overload.nulls ?? 'propagate') === 'propagate'
    const args: string[] = []
    for (const arg of call.args) {
      if (arg.kind === 'lambda') {
        args.push(emitLambda(emitter, arg))
        continue
      }
      const operand = emit(emitter, arg)
      if (propagate) emitter.lines.push(when(operand.isNull, leave))
      args.push(propagate ? operand.value : carrierText(operand))
    }
    const direct = emitArithmetic(call, args, run)
    if (direct !== undefined) {
      emitter.lines.push(...direct(result.value), `${result.isNull} = false;`)
    } else assignCarrier(emitter, result, `${run}(${args.join(', ')})`)
  })
  return result
}

function emitLambda(emitter: Emitter, lambda: Extract<Expression, { kind: 'lambda' }>): string {
  const names = lambda.parameters.map(() => freshName(emitter, 'p'))
  const parameters = new Map(emitter.parameters)
  for (const [i, parameter] of lambda.parameters.entries()) {
    parameters.set(parameter.name, { value: names[i]!, isNull: `(${names[i]} === null)` })
  }
  const lines: string[] = []
  const inner: Emitter = { ...emitter, lines, parameters }
  const result = emit(inner, lambda.body)
  const name = freshName(emitter, 'f')
  emitter.lines.push(
    `const ${name} = (${names.join(', ')}) => {`,
    ...lines,
    `return ${carrierText(result)};`,
    '};',
  )
  return name
}
