import { assert } from '../spi/assert.js'
import { MillraceError } from '../spi/error.js'
import { type SqlType, typeName } from '../spi/type/type.js'
import type { Value } from '../spi/type/value.js'
import { castFunction } from './cast/cast.js'
import { isTryable } from './errors.js'
import type { Argument, LambdaValue, ScalarOverload } from './function-definition.js'
import type {
  CallExpression,
  ComparisonOperator,
  Expression,
  ExpressionKind,
  ResolvedFunction,
} from './ir.js'
import { childrenOf } from './ir-walk.js'
import type { FunctionRegistry } from './registry.js'
import { routineOverload } from './routine.js'
import { DEFAULT_SESSION, type SessionContext } from './session-context.js'
import { equalityOf, identityOf, orderOf } from './value/comparison.js'

/**
 * The reference semantics of the IR: an expression tree turned into closures over carriers, once. Slow and obvious;
 * the compilers are held to its answers.
 */
export interface InterpreterOptions {
  readonly registry: FunctionRegistry
  readonly session?: SessionContext
}

/** What an expression is evaluated over: channels of a row, or symbols by name. */
export interface RowLookup {
  channel(channel: number): Value
  symbol(name: string): Value
}

interface Scope {
  readonly registry: FunctionRegistry
  readonly session: SessionContext
  /** Slots of the lambda parameters in scope. */
  readonly slots: ReadonlyMap<string, number>
  /** Counts the slots of the whole expression. */
  readonly frame: { size: number }
}

interface Environment {
  readonly row: RowLookup
  /** Values of lambda parameters; a lambda is never re-entered, since SQL has no recursion. */
  readonly locals: Value[]
}

type Evaluate = (environment: Environment) => Value

/**
 * Evaluates an expression over one row.
 * @throws what SQL says: NUMERIC_VALUE_OUT_OF_RANGE, DIVISION_BY_ZERO, INVALID_CAST_ARGUMENT, …
 */
export function evaluate(
  expression: Expression,
  row: RowLookup,
  options: InterpreterOptions,
): Value {
  return compileRow(expression, options)(row)
}

/** Makes an evaluator of rows given as the values of their channels. */
export function compileInterpreted(
  expression: Expression,
  options: InterpreterOptions,
): (values: readonly Value[]) => Value {
  let current: readonly Value[] = []
  const row: RowLookup = {
    channel: (channel) => {
      const value = current[channel]
      assert(value !== undefined, `channel ${channel}`)
      return value
    },
    symbol: (name) => {
      throw new Error(`internal error: unbound symbol ${name}`)
    },
  }
  const run = compileRow(expression, options)
  return (values) => {
    current = values
    return run(row)
  }
}

/** Makes an evaluator of rows looked up by channel or symbol. */
export function compileRow(
  expression: Expression,
  options: InterpreterOptions,
): (row: RowLookup) => Value {
  const frame = { size: 0 }
  const scope: Scope = {
    registry: options.registry,
    session: options.session ?? DEFAULT_SESSION,
    slots: new Map(),
    frame,
  }
  const run = compile(expression, scope)
  const locals: Value[] = new Array<Value>(frame.size).fill(null)
  return (row) => run({ row, locals })
}

/** Makes a JavaScript function of a lambda that captures nothing. */
export function compileLambda(expression: Expression, options: InterpreterOptions): LambdaValue {
  assert(expression.kind === 'lambda', 'a lambda')
  const frame = { size: 0 }
  const { run, environment } = lambdaParts(expression, {
    registry: options.registry,
    session: options.session ?? DEFAULT_SESSION,
    slots: new Map(),
    frame,
  })
  return run(environment(new Array<Value>(frame.size).fill(null)))
}

function lambdaParts(expression: Expression & { kind: 'lambda' }, scope: Scope) {
  const run = compileLambdaIn(expression, scope)
  const none = (): never => {
    throw new Error('internal error: a lambda that captures nothing')
  }
  const environment = (locals: Value[]): Environment => ({
    row: { channel: none, symbol: none },
    locals,
  })
  return { run, environment }
}

type Compilers = {
  readonly [K in ExpressionKind]: (
    expression: Extract<Expression, { kind: K }>,
    scope: Scope,
  ) => Evaluate
}

const COMPILERS: Compilers = {
  constant:
    ({ value }) =>
    () =>
      value,
  input:
    ({ channel }) =>
    ({ row }) =>
      row.channel(channel),
  symbol: ({ name }, scope) => {
    const slot = scope.slots.get(name)
    if (slot !== undefined) return ({ locals }) => locals[slot]!
    return ({ row }) => row.symbol(name)
  },
  call: compileCall,
  cast: ({ arg, type, safe }, scope) => {
    const cast = castFunction(arg.type, type, scope.session)
    assert(cast !== undefined, `cast of ${typeName(arg.type)} to ${typeName(type)}`)
    const value = compile(arg, scope)
    return (environment) => {
      const given = value(environment)
      if (given === null) return null
      if (!safe) return cast(given)
      try {
        return cast(given)
      } catch (error) {
        if (isTryable(error)) return null
        throw error
      }
    }
  },
  comparison: ({ operator, left, right }, scope) => {
    const compare = comparator(operator, left.type)
    const l = compile(left, scope)
    const r = compile(right, scope)
    if (operator === 'identical') return (environment) => compare(l(environment), r(environment))
    return (environment) => {
      const a = l(environment)
      if (a === null) return null
      const b = r(environment)
      return b === null ? null : compare(a, b)
    }
  },
  logical: ({ operator, terms }, scope) => {
    const parts = terms.map((term) => compile(term, scope))
    const decided = operator === 'or'
    return (environment) => {
      let unknown = false
      for (const part of parts) {
        const value = part(environment)
        if (value === decided) return decided
        if (value === null) unknown = true
      }
      return unknown ? null : !decided
    }
  },
  not: ({ arg }, scope) => {
    const value = compile(arg, scope)
    return (environment) => {
      const given = value(environment)
      return given === null ? null : !given
    }
  },
  isNull: ({ arg }, scope) => {
    const value = compile(arg, scope)
    return (environment) => value(environment) === null
  },
  case: ({ whens, otherwise }, scope) => {
    const conditions = whens.map((when) => compile(when.condition, scope))
    const results = whens.map((when) => compile(when.result, scope))
    const last = compile(otherwise, scope)
    return (environment) => {
      for (let i = 0; i < conditions.length; i++) {
        if (conditions[i]!(environment) === true) return results[i]!(environment)
      }
      return last(environment)
    }
  },
  coalesce: ({ args }, scope) => {
    const parts = args.map((arg) => compile(arg, scope))
    return (environment) => {
      for (const part of parts) {
        const value = part(environment)
        if (value !== null) return value
      }
      return null
    }
  },
  nullIf: ({ first, second, comparedAs }, scope) => {
    const a = compile(first, scope)
    const b = compile(second, scope)
    const castA = castFunction(first.type, comparedAs, scope.session)
    const castB = castFunction(second.type, comparedAs, scope.session)
    assert(castA !== undefined && castB !== undefined, 'NULLIF has casts')
    const equal = equalityOf(comparedAs)
    return (environment) => {
      const value = a(environment)
      if (value === null) return null
      const other = b(environment)
      if (other === null) return value
      return equal(castA(value), castB(other)) === true ? null : value
    }
  },
  in: ({ value, list }, scope) => {
    const given = compile(value, scope)
    const items = list.map((item) => compile(item, scope))
    const equal = equalityOf(value.type)
    return (environment) => {
      const wanted = given(environment)
      if (wanted === null) return null
      let unknown = false
      for (const item of items) {
        const candidate = item(environment)
        const found = candidate === null ? null : equal(wanted, candidate)
        if (found === true) return true
        if (found === null) unknown = true
      }
      return unknown ? null : false
    }
  },
  between: ({ value, min, max }, scope) => {
    const given = compile(value, scope)
    const low = compile(min, scope)
    const high = compile(max, scope)
    const atLeast = comparator('>=', value.type)
    const atMost = comparator('<=', value.type)
    return (environment) => {
      const wanted = given(environment)
      if (wanted === null) return null
      const from = low(environment)
      const above = from === null ? null : atLeast(wanted, from)
      if (above === false) return false
      const to = high(environment)
      const below = to === null ? null : atMost(wanted, to)
      return below === false ? false : above === null ? null : below
    }
  },
  row: ({ args }, scope) => {
    const parts = args.map((arg) => compile(arg, scope))
    return (environment) => parts.map((part) => part(environment))
  },
  field: ({ base, index }, scope) => {
    const value = compile(base, scope)
    return (environment) => {
      const given = value(environment)
      return given === null ? null : (given as readonly Value[])[index]!
    }
  },
  lambda: () => {
    throw new Error('internal error: a lambda is the argument of a call')
  },
}

const compile = (expression: Expression, scope: Scope): Evaluate =>
  (COMPILERS[expression.kind] as (e: Expression, scope: Scope) => Evaluate)(expression, scope)

/** `=`, `<` … of two values that are not null. Comparisons with NaN are false, but for `<>` and `identical`. */
export function comparator(
  operator: ComparisonOperator,
  type: SqlType,
): (left: Value, right: Value) => boolean | null {
  if (operator === 'identical') return identityOf(type)
  if (operator === '=' || operator === '<>') {
    const equal = equalityOf(type)
    if (operator === '=') return equal
    return (left, right) => {
      const result = equal(left, right)
      return result === null ? null : !result
    }
  }
  if (type.kind === 'double' || type.kind === 'real') {
    return FLOAT_COMPARATORS[operator] as (left: Value, right: Value) => boolean
  }
  const order = orderOf(type)
  switch (operator) {
    case '<':
      return (left, right) => order(left, right) < 0
    case '<=':
      return (left, right) => order(left, right) <= 0
    case '>':
      return (left, right) => order(left, right) > 0
    case '>=':
      return (left, right) => order(left, right) >= 0
  }
}

const FLOAT_COMPARATORS = {
  '<': (left: number, right: number) => left < right,
  '<=': (left: number, right: number) => left <= right,
  '>': (left: number, right: number) => left > right,
  '>=': (left: number, right: number) => left >= right,
}

/** The evaluator of one call site, specialised to its types and constant arguments. */
export function bindScalar(
  overload: ScalarOverload,
  call: CallExpression,
  session: SessionContext,
): (...args: Argument[]) => Value {
  const bound = {
    argumentTypes: call.function.argumentTypes,
    returnType: call.type,
    session,
  }
  const constants = call.args.map((arg) => (arg.kind === 'constant' ? arg.value : undefined))
  const evaluator =
    (constants.some((value) => value !== undefined && value !== null)
      ? overload.bindConstants?.(bound, constants)
      : undefined) ??
    overload.bind?.(bound) ??
    overload.evaluate
  if (evaluator === undefined) {
    throw new MillraceError('FUNCTION_IMPLEMENTATION_MISSING', `No evaluator: ${call.function.id}`)
  }
  return evaluator as (...args: Argument[]) => Value
}

/** What a resolved scalar function means: a routine it carries, or the registry's overload. */
export function scalarOverloadOf(fn: ResolvedFunction, registry: FunctionRegistry): ScalarOverload {
  if (fn.routine !== undefined) {
    return routineOverload(fn, fn.routine, (expression, session) =>
      compileRow(expression, { registry, session }),
    )
  }
  const registered = registry.find(fn.id)
  assert(registered.kind === 'scalar', `scalar function ${fn.id}`)
  return registered.overload
}

function compileCall(call: CallExpression, scope: Scope): Evaluate {
  const overload = scalarOverloadOf(call.function, scope.registry)
  const run = bindScalar(overload, call, scope.session)
  const parts = call.args.map((arg) =>
    arg.kind === 'lambda' ? compileLambdaIn(arg, scope) : compile(arg, scope),
  )
  const propagate = (overload.nulls ?? 'propagate') === 'propagate'
  return (environment) => {
    const args: Argument[] = []
    for (const part of parts) {
      const value = part(environment)
      if (value === null && propagate) return null
      args.push(value)
    }
    return run(...args)
  }
}

function compileLambdaIn(
  expression: Expression & { kind: 'lambda' },
  scope: Scope,
): (environment: Environment) => LambdaValue {
  const slots = new Map(scope.slots)
  const first = scope.frame.size
  for (const [i, parameter] of expression.parameters.entries()) {
    slots.set(parameter.name, first + i)
  }
  scope.frame.size += expression.parameters.length
  const body = compile(expression.body, { ...scope, slots })
  return (environment) =>
    (...args) => {
      for (let i = 0; i < args.length; i++) environment.locals[first + i] = args[i]!
      return body(environment)
    }
}

/** Tells whether an expression reads no channel and no symbol from outside itself. */
export function isConstantExpression(
  expression: Expression,
  bound: ReadonlySet<string> = new Set(),
): boolean {
  if (expression.kind === 'input') return false
  if (expression.kind === 'symbol') return bound.has(expression.name)
  const inner =
    expression.kind === 'lambda'
      ? new Set([...bound, ...expression.parameters.map((parameter) => parameter.name)])
      : bound
  return childrenOf(expression).every((child) => isConstantExpression(child, inner))
}

/** Evaluates an expression that reads nothing. @throws what its evaluation throws. */
export const evaluateConstant = (expression: Expression, options: InterpreterOptions): Value =>
  compileInterpreted(expression, options)([])
