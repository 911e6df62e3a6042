import { castFunction } from '../../../../src/expressions/cast/cast.js'
import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import { evaluateConstant } from '../../../../src/expressions/interpreter.js'
import { call, cast, coerce, constant } from '../../../../src/expressions/ir-build.js'
import type { SessionContext } from '../../../../src/expressions/session-context.js'
import { parseType } from '../../../../src/expressions/type-signature.js'
import { typeName } from '../../../../src/spi/type/type.js'
import type { Value } from '../../../../src/spi/type/value.js'

export const session: SessionContext = {
  startPicos: 1_600_000_000_123_000_000_000n * 1000n,
  timeZone: 'Europe/Berlin',
  locale: 'en-US',
  user: 'test',
}
const registry = builtinRegistry()
const options = { registry, session }

/** A typed value for a call: a type's text and a carrier, or a text to cast to it. */
export type TypedValue = readonly [type: string, value: Value]

/** A constant of a type from text, as a literal would have it. */
export const literal = (type: string, text: string): TypedValue => [
  type,
  castFunction(parseType('varchar'), parseType(type), session)!(text),
]

/** Resolves and evaluates a function over constants. */
export function evaluateCall(name: string, ...args: readonly TypedValue[]): Value {
  const constants = args.map(([type, value]) => constant(parseType(type), value))
  const resolved = registry.resolve(
    name,
    constants.map((arg) => arg.type),
  )
  const coerced = constants.map((arg, i) => coerce(arg, resolved.argumentTypes[i]!))
  return evaluateConstant(call(resolved, coerced), options)
}

export const returnTypeOf = (name: string, ...types: readonly string[]): string =>
  typeName(registry.resolve(name, types.map(parseType)).returnType)

export const evaluateCast = (from: TypedValue, to: string, safe = false): Value =>
  evaluateConstant(cast(constant(parseType(from[0]), from[1]), parseType(to), safe), options)

/** Puts a printable title before the arguments of each case. */
export const titled = <T extends readonly unknown[]>(
  cases: readonly T[],
): readonly (readonly [title: string, ...T])[] =>
  cases.map((values) => [
    JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
    ...values,
  ])
