import { types } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import {
  type Accumulator,
  aggregateOverload,
  type FunctionDefinition,
  type ScalarOverload,
} from '../../expressions/function-definition.js'
import { parseType } from '../../expressions/type-signature.js'
import { MillraceError, type Value, type ValueConverter, valueConverter } from '../../spi/index.js'
import { type CarrierReader, carrierReader } from './carrier-value.js'
import type {
  ProgramAggregate,
  ProgramAggregateFunction,
  ProgramFunction,
  ProgramScalarFunction,
} from './program-function.js'

/** Calls of an asynchronous function that may be under way in a query, unless it says otherwise. */
const CONCURRENCY = 16

const LONE_SURROGATES = /\p{Surrogate}/gu

/** How values go in and out of a program's function. */
interface Conversion {
  readonly name: string
  readonly read: readonly CarrierReader[]
  /** Takes what the function gave. @throws TYPE_MISMATCH */
  readonly convert: ValueConverter
  /** What the function threw, as an error that names it. */
  failed(cause: unknown): MillraceError
}

/**
 * Makes the engine's form of a program's function.
 * @throws GENERIC_USER_ERROR for what is no function, TYPE_NOT_FOUND
 */
export function defineFunction(given: ProgramFunction): FunctionDefinition {
  const name = checkedName(given)
  const { args, returns, description = 'A function of the program', nulls, deterministic } = given
  const signature = {
    args: [...args],
    returns,
    ...(deterministic === undefined ? {} : { deterministic }),
  }
  const conversion = conversionOf(name, given)
  if ('aggregate' in given) {
    return {
      kind: 'aggregate',
      name,
      description,
      overloads: [
        aggregateOverload({
          ...signature,
          intermediate: 'varbinary',
          nulls: nulls === 'called' ? 'called' : 'skip',
          orderSensitive: true,
          ...(given.aggregate.merge === undefined ? { inOneStep: true } : {}),
          bind: () => accumulatorOf(given, conversion),
        }),
      ],
    }
  }
  const overload: ScalarOverload = {
    ...signature,
    ...(nulls === undefined ? {} : { nulls }),
    ...(isAsync(given) ? asyncEvaluation(given, conversion) : evaluation(given, conversion)),
  }
  return { kind: 'scalar', name, description, overloads: [overload] }
}

function checkedName(given: ProgramFunction): string {
  const { name, args, returns, nulls } = given
  const wrong = (what: string): MillraceError =>
    new MillraceError('GENERIC_USER_ERROR', `A function needs ${what}`, {
      hint: "Such as { name: 'vat', args: ['double'], returns: 'double', evaluate: (price) => price * 1.25 }",
    })
  if (typeof name !== 'string' || !/^[^\s$.]+$/.test(name)) throw wrong('a name')
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    throw wrong('args, an array of SQL types')
  }
  if (typeof returns !== 'string') throw wrong('returns, an SQL type')
  if (nulls !== undefined && nulls !== 'propagate' && nulls !== 'called') {
    throw wrong(`nulls 'propagate' or 'called', not: ${String(nulls)}`)
  }
  if ('aggregate' in given) {
    const { create, add, merge, finish } = given.aggregate ?? {}
    const isWhole = [create, add, finish].every((part) => typeof part === 'function')
    if (!isWhole || (merge !== undefined && typeof merge !== 'function')) {
      throw wrong('aggregate with create, add and finish, and merge where it has one')
    }
  } else if (typeof given.evaluate !== 'function') throw wrong('evaluate or aggregate')
  else if (!isCount(given.concurrency ?? 1)) {
    throw wrong(`a concurrency from 1 on, not: ${given.concurrency}`)
  }
  return name.toLowerCase()
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0

function conversionOf(name: string, { args, returns }: ProgramFunction): Conversion {
  const convert = valueConverter(parseType(returns))
  return {
    name,
    read: args.map((arg) => carrierReader(parseType(arg))),
    convert(value) {
      try {
        return convert(typeof value === 'string' ? value.replace(LONE_SURROGATES, '\ufffd') : value)
      } catch (cause) {
        if (!(cause instanceof MillraceError)) throw cause
        throw new MillraceError(cause.code, `Function '${name}': ${cause.message}`, { cause })
      }
    },
    failed(cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      const code = cause instanceof MillraceError ? cause.code : 'GENERIC_USER_ERROR'
      return new MillraceError(code, `Function '${name}' failed: ${message}`, { cause })
    },
  }
}

type Evaluate = (...values: unknown[]) => unknown

const isAsync = ({ async, evaluate }: ProgramScalarFunction): boolean =>
  async ?? types.isAsyncFunction(evaluate)

function evaluation(given: ProgramScalarFunction, conversion: Conversion) {
  const { name, read, convert, failed } = conversion
  const evaluate = given.evaluate.bind(given) as Evaluate
  return {
    evaluate: (...carriers: Value[]): Value => {
      let value: unknown
      try {
        value = evaluate(...carriers.map((carrier, i) => read[i]!(carrier)))
      } catch (cause) {
        throw failed(cause)
      }
      if (types.isPromise(value)) {
        value.catch(() => undefined) // its outcome has no reader: the error below stands for it
        throw new MillraceError('GENERIC_USER_ERROR', `Function '${name}' gave a promise`, {
          hint: 'Register it with async: true',
        })
      }
      return convert(value)
    },
  }
}

function asyncEvaluation(given: ProgramScalarFunction, conversion: Conversion) {
  const { read, convert, failed } = conversion
  const evaluate = given.evaluate.bind(given) as Evaluate
  return {
    async: {
      concurrency: given.concurrency ?? CONCURRENCY,
      call: async (carriers: readonly Value[], signal: AbortSignal): Promise<Value> => {
        let value: unknown
        try {
          value = await evaluate(...carriers.map((carrier, i) => read[i]!(carrier)), signal)
        } catch (cause) {
          throw failed(cause)
        }
        return convert(value)
      },
    },
  }
}

type AnyAggregate = ProgramAggregate<readonly string[], 'called', unknown>

function accumulatorOf(
  given: ProgramAggregateFunction,
  { read, convert, failed }: Conversion,
): Accumulator<unknown> {
  const aggregate = given.aggregate as AnyAggregate
  const guarded = <T>(part: () => T): T => {
    try {
      return part()
    } catch (cause) {
      throw failed(cause)
    }
  }
  return {
    create: () => guarded(() => aggregate.create()),
    add(state, ...carriers) {
      const values = carriers.map((carrier, i) => read[i]!(carrier))
      const next = guarded(() => aggregate.add(state, ...values))
      return next === undefined ? state : next
    },
    combine(state, other) {
      const next = guarded(() => aggregate.merge!(state, other))
      return next === undefined ? state : next
    },
    serialize: (state) => guarded(() => new Uint8Array(serialize(state))),
    deserialize: (value) => guarded(() => deserialize(value as Uint8Array)),
    finish: (state) => convert(guarded(() => aggregate.finish(state))),
  }
}
