import { describe, expect, it } from 'vitest'
import {
  aggregateFunction,
  type ScalarEvaluator,
  scalarFunction,
} from '../../../src/expressions/function-definition.js'
import {
  builtinNames,
  isBuiltinFunction,
} from '../../../src/expressions/functions/builtin-names.js'
import { BUILTIN_FUNCTIONS } from '../../../src/expressions/functions/index.js'
import { type ArgumentType, createRegistry } from '../../../src/expressions/registry.js'
import { parseType } from '../../../src/expressions/type-signature.js'
import { BIGINT, BOOLEAN, INTEGER, type SqlType, typeName } from '../../../src/spi/type/type.js'

const evaluate: ScalarEvaluator = () => null
const registry = createRegistry([
  scalarFunction({
    name: 'abs',
    description: 'test',
    overloads: ['bigint', 'integer', 'double', 'decimal(p,s)'].map((type) => ({
      args: [type],
      returns: type,
      evaluate,
    })),
  }),
  scalarFunction({
    name: '$add',
    description: 'test',
    overloads: [
      { args: ['bigint', 'bigint'], returns: 'bigint', evaluate },
      { args: ['integer', 'integer'], returns: 'integer', evaluate },
      { args: ['double', 'double'], returns: 'double', evaluate },
      {
        args: ['decimal(a_precision, a_scale)', 'decimal(b_precision, b_scale)'],
        returns: 'decimal(r_precision, r_scale)',
        calculate: (n) => {
          const scale = Math.max(n['a_scale']!, n['b_scale']!)
          const whole = Math.max(
            n['a_precision']! - n['a_scale']!,
            n['b_precision']! - n['b_scale']!,
          )
          return { r_precision: Math.min(38, whole + scale + 1), r_scale: scale }
        },
        evaluate,
      },
      { args: ['bigint', 'interval day to second'], returns: 'interval day to second', evaluate },
    ],
  }),
  scalarFunction({
    name: 'greatest',
    description: 'test',
    overloads: [
      { args: ['E'], returns: 'E', typeVariables: ['E:orderable'], variableArity: true, evaluate },
    ],
  }),
  scalarFunction({
    name: 'transform',
    description: 'test',
    overloads: [
      {
        args: ['array(T)', 'function(T,U)'],
        returns: 'array(U)',
        typeVariables: ['T', 'U'],
        evaluate,
      },
    ],
  }),
  scalarFunction({
    name: 'reduce',
    description: 'test',
    overloads: [
      {
        args: ['array(T)', 'S', 'function(S,T,S)', 'function(S,R)'],
        returns: 'R',
        typeVariables: ['T', 'S', 'R'],
        evaluate,
      },
    ],
  }),
  scalarFunction({
    name: 'concat',
    description: 'test',
    overloads: [
      { args: ['array(E)', 'array(E)'], returns: 'array(E)', typeVariables: ['E'], evaluate },
      { args: ['array(E)', 'E'], returns: 'array(E)', typeVariables: ['E'], evaluate },
      {
        args: ['varchar(x)', 'varchar(y)'],
        returns: 'varchar(u)',
        calculate: (n) => ({ u: Math.min(2147483647, n['x']! + n['y']!) }),
        evaluate,
      },
    ],
  }),
  aggregateFunction({ name: 'sum', description: 'test', overloads: [] }),
])

const lambda = (resolve: (types: readonly SqlType[]) => SqlType) =>
  ({ kind: 'lambda argument', resolve }) satisfies ArgumentType
const types = (...texts: string[]) => texts.map(parseType)
const resolved = (name: string, ...args: readonly ArgumentType[]) => {
  const fn = registry.resolve(name, args)
  return `${fn.argumentTypes.map(typeName).join(',')}:${typeName(fn.returnType)}`
}

describe('type texts', () => {
  it.each([
    'bigint',
    'varchar(3)',
    'decimal(38,5)',
    'timestamp(9) with time zone',
    'time(0)',
    'interval day to second',
    'map(varchar, array(row("a" bigint, "b c" varchar(2))))',
    'row(timestamp(3) with time zone, integer)',
    'row("interval" interval day to second)',
  ])('%s comes back as it is', (text) => {
    expect(typeName(parseType(text))).toBe(text)
  })
  it('knows the names of SQL', () => {
    expect(typeName(parseType('row(x int, double precision, y timestamp with time zone)'))).toBe(
      'row("x" integer, double, "y" timestamp(3) with time zone)',
    )
  })
  it.each([
    'bigin',
    'array(',
    'decimal(x)',
    'varchar(3',
    'map(bigint)',
    'bigint bigint',
  ])('refuses %s', (text) => {
    expect(() => parseType(text)).toThrow(/Unknown type/)
  })
})

describe('resolve', () => {
  it('takes the exact overload, then the nearest one', () => {
    expect(resolved('abs', ...types('integer'))).toBe('integer:integer')
    expect(resolved('abs', ...types('tinyint'))).toBe('integer:integer')
    expect(resolved('abs', ...types('decimal(5,2)'))).toBe('decimal(5,2):decimal(5,2)')
    expect(resolved('$add', ...types('integer', 'bigint'))).toBe('bigint,bigint:bigint')
    expect(resolved('$add', ...types('integer', 'unknown'))).toBe('integer,integer:integer')
    expect(resolved('$add', ...types('integer', 'decimal(4,2)'))).toBe(
      'decimal(10,0),decimal(4,2):decimal(13,2)',
    )
    expect(resolved('$add', ...types('decimal(5,2)', 'double'))).toBe('double,double:double')
  })
  it('widens a type variable to all of its arguments', () => {
    expect(resolved('greatest', ...types('integer', 'bigint', 'decimal(3,1)'))).toBe(
      'decimal(20,1),decimal(20,1),decimal(20,1):decimal(20,1)',
    )
    expect(resolved('concat', ...types('array(integer)', 'bigint'))).toBe(
      'array(bigint),bigint:array(bigint)',
    )
    expect(resolved('concat', ...types('varchar(2)', 'varchar'))).toBe('varchar(2),varchar:varchar')
  })
  it('types lambdas from the other arguments', () => {
    const argument = lambda(([type]) => (type!.kind === 'integer' ? BOOLEAN : BIGINT))
    expect(resolved('transform', parseType('array(integer)'), argument)).toBe(
      'array(integer),function(integer,boolean):array(boolean)',
    )
    const plus = lambda(() => BIGINT)
    const identity = lambda(([type]) => type!)
    expect(resolved('reduce', parseType('array(bigint)'), INTEGER, plus, identity)).toBe(
      'array(bigint),bigint,function(bigint,bigint,bigint),function(bigint,bigint):bigint',
    )
  })
  it('says what it expected', () => {
    expect(() => registry.resolve('abs', types('varchar(1)'))).toThrow(
      'Unexpected parameters (varchar(1)) for function abs. Expected: abs(bigint), abs(decimal(p,s)), abs(double), abs(integer)',
    )
    expect(() => registry.resolve('transform', [INTEGER, lambda(() => BIGINT)])).toThrow(
      'Unexpected parameters (integer, <function>) for function transform. Expected: transform(array(T), function(T,U)) T, U',
    )
    expect(() => registry.resolve('nope', types('integer'))).toThrow(
      "Function 'nope' not registered",
    )
    expect(() => registry.resolve('$add', types('integer', 'varchar(1)'))).toThrow(
      'Cannot apply operator: integer + varchar(1)',
    )
  })
  it('refuses to guess', () => {
    expect(() => registry.resolve('$add', types('bigint', 'unknown'))).toThrow(
      'Candidates are:\n\t * (bigint,bigint):bigint\n\t * (bigint,interval day to second):interval day to second\n',
    )
  })
  it('finds a resolved overload again', () => {
    const fn = registry.resolve('abs', types('decimal(5,2)'))
    expect(registry.find(fn.id).overload.args).toEqual(['decimal(p,s)'])
  })
})

it('knows the names of the functions without loading them', () => {
  const defined = BUILTIN_FUNCTIONS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect([...builtinNames()].sort()).toEqual([...new Set(defined)].sort())
  expect(['abs', '$add', 'ceiling'].map(isBuiltinFunction)).toEqual([true, true, true])
  expect(['', 'no_such'].map(isBuiltinFunction)).toEqual([false, false])
})
