import { describe, expect, it } from 'vitest'
import { foldConstants } from '../../../src/expressions/constant-folding.js'
import { builtinRegistry } from '../../../src/expressions/functions/index.js'
import { compileInterpreted, evaluate } from '../../../src/expressions/interpreter.js'
import type { Expression } from '../../../src/expressions/ir.js'
import * as ir from '../../../src/expressions/ir-build.js'
import {
  collectChannels,
  collectSymbols,
  expressionKey,
  literalFree,
  replaceSymbols,
  transform,
} from '../../../src/expressions/ir-walk.js'
import { arrayType, BIGINT, BOOLEAN, DOUBLE, INTEGER, VARCHAR } from '../../../src/spi/type/type.js'
import type { Value } from '../../../src/spi/type/value.js'

const registry = builtinRegistry()
const options = { registry }
const run = (expression: Expression, ...values: Value[]): Value =>
  compileInterpreted(expression, options)(values)
const call = (name: string, ...args: Expression[]): Expression => {
  const fn = registry.resolve(
    name,
    args.map((arg) => arg.type),
  )
  return ir.call(
    fn,
    args.map((arg, i) => (arg.kind === 'lambda' ? arg : ir.coerce(arg, fn.argumentTypes[i]!))),
  )
}
const bool = (channel: number) => ir.input(channel, BOOLEAN)
const int = (value: number) => ir.constant(INTEGER, value)
const failing = ir.comparison('=', call('$divide', int(1), ir.input(0, INTEGER)), int(1))
const TRUTHS = [true, false, null]

describe('three-valued logic', () => {
  it('is that of the standard', () => {
    const minimum = (a: Value, b: Value) =>
      a === false || b === false ? false : a === null || b === null ? null : true
    const maximum = (a: Value, b: Value) =>
      a === true || b === true ? true : a === null || b === null ? null : false
    for (const a of TRUTHS) {
      for (const b of TRUTHS) {
        expect(run(ir.logical('and', [bool(0), bool(1)]), a, b)).toBe(minimum(a, b))
        expect(run(ir.logical('or', [bool(0), bool(1)]), a, b)).toBe(maximum(a, b))
        expect(run(ir.comparison('identical', bool(0), bool(1)), a, b)).toBe(a === b)
      }
      expect(run(ir.not(bool(0)), a)).toBe(a === null ? null : !a)
    }
  })
  it('finds NULL in lists', () => {
    const list = ir.inList(ir.input(0, INTEGER), [int(1), ir.nullConstant(INTEGER)])
    expect([1, 2, null].map((value) => run(list, value))).toEqual([true, null, null])
    const range = ir.between(ir.input(0, INTEGER), int(5), ir.nullConstant(INTEGER))
    expect([4, 6].map((value) => run(range, value))).toEqual([false, null])
  })
  it('knows NaN', () => {
    const equal = (operator: '=' | '<>' | '<' | 'identical') =>
      run(ir.comparison(operator, ir.input(0, DOUBLE), ir.input(0, DOUBLE)), Number.NaN)
    expect([equal('='), equal('<>'), equal('<'), equal('identical')]).toEqual([
      false,
      true,
      false,
      true,
    ])
  })
  it('compares composites with nulls', () => {
    const arrays = ir.comparison(
      '=',
      ir.input(0, arrayType(INTEGER)),
      ir.input(1, arrayType(INTEGER)),
    )
    expect(run(arrays, [1, null], [1, null])).toBe(null)
    expect(run(arrays, [1, null], [2, null])).toBe(false)
  })
})

describe('evaluation', () => {
  it('stops where the result is known', () => {
    expect(() => run(failing, 0)).toThrow(expect.objectContaining({ code: 'DIVISION_BY_ZERO' }))
    expect(run(ir.logical('and', [bool(1), failing]), 0, false)).toBe(false)
    expect(run(ir.caseWhen([{ condition: bool(1), result: ir.TRUE }], failing), 0, true)).toBe(true)
    expect(run(ir.coalesce([bool(1), failing]), 0, true)).toBe(true)
  })
  it('catches errors of values in TRY', () => {
    const tried = (body: Expression) => call('$try', ir.lambda([], body))
    expect(run(tried(failing), 0)).toBe(null)
    expect(run(tried(failing), 1)).toBe(true)
    expect(() => run(tried(call('fail', ir.constant(VARCHAR, 'stop'))), 0)).toThrow('stop')
  })
  it('captures what surrounds a lambda', () => {
    const x = ir.symbol('x', BIGINT)
    const inner = call('$add', x, ir.symbol('outer', BIGINT))
    const mapped = call(
      'transform',
      ir.input(0, arrayType(BIGINT)),
      ir.lambda([{ name: 'x', type: BIGINT }], inner),
    )
    const row = { channel: () => [1n, null, 3n], symbol: () => 10n }
    expect(evaluate(mapped, row, options)).toEqual([11n, null, 13n])
    expect([...collectSymbols(mapped).keys()]).toEqual(['outer'])
    const bound = replaceSymbols(mapped, () => ir.constant(BIGINT, 1n))
    expect(run(bound, [1n])).toEqual([2n])
  })
})

describe('folding', () => {
  it('evaluates what is constant and leaves what fails', () => {
    expect(foldConstants(call('$add', int(1), int(2)), options)).toEqual(int(3))
    const division = call('$divide', int(1), int(0))
    expect(foldConstants(division, options)).toEqual(division)
    const random = call('random')
    expect(foldConstants(random, options)).toBe(random)
  })
  it('drops what constants decide', () => {
    const term = ir.comparison('>', ir.input(0, INTEGER), int(1))
    expect(foldConstants(ir.logical('and', [term, ir.TRUE]), options)).toBe(term)
    expect(foldConstants(ir.logical('or', [term, ir.TRUE]), options)).toEqual(ir.TRUE)
    const choice = ir.caseWhen([{ condition: ir.FALSE, result: int(1) }], ir.input(0, INTEGER))
    expect(foldConstants(choice, options)).toEqual(ir.input(0, INTEGER))
  })
})

describe('walking', () => {
  const expression = ir.logical('and', [
    ir.comparison('=', ir.input(2, VARCHAR), ir.constant(VARCHAR, 'a')),
    ir.comparison('>', ir.input(0, INTEGER), int(5)),
  ])
  it('finds channels and rewrites', () => {
    expect(collectChannels(expression)).toEqual([0, 2])
    const shifted = transform(expression, (e) =>
      e.kind === 'input' ? ir.input(e.channel + 1, e.type) : e,
    )
    expect(collectChannels(shifted)).toEqual([1, 3])
    expect(transform(expression, (e) => e)).toBe(expression)
  })
  it('keys expressions without their literals', () => {
    const other = transform(expression, (e) =>
      e.kind === 'constant' ? { ...e, value: e.type === INTEGER ? 6 : 'b' } : e,
    )
    expect(expressionKey(expression)).not.toBe(expressionKey(other))
    expect(literalFree(expression).key).toBe(literalFree(other).key)
    expect(literalFree(other).literals.map((literal) => literal.value)).toEqual(['b', 6])
  })
})
