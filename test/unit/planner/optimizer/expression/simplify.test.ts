import { describe, expect, it } from 'vitest'
import { compileRow } from '../../../../../src/expressions/interpreter.js'
import type { Expression } from '../../../../../src/expressions/ir.js'
import {
  and,
  between,
  call,
  caseWhen,
  cast,
  coalesce,
  comparison,
  constant,
  inList,
  isNull,
  logical,
  not,
  symbol,
} from '../../../../../src/expressions/ir-build.js'
import { expressionText } from '../../../../../src/planner/explain/expression-text.js'
import {
  simplify,
  simplifyPredicate,
} from '../../../../../src/planner/optimizer/expression/simplify.js'
import type { SqlType, Value } from '../../../../../src/spi/index.js'
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  INTEGER,
  toMillraceError,
  VARCHAR,
} from '../../../../../src/spi/index.js'
import fc from '../../../../support/fast-check.js'
import { registry, testContext } from '../planning.js'

const { evaluate } = testContext()

const x = symbol('x', INTEGER)
const y = symbol('y', INTEGER)
const d = symbol('d', DOUBLE)
const p = symbol('p', BOOLEAN)
const q = symbol('q', BOOLEAN)

type Row = Readonly<Record<string, Value>>

/** The value, or the code of the error. */
function outcome(e: Expression, row: Row): Value | string {
  try {
    const value = compileRow(e, { registry })({
      channel: () => null,
      symbol: (name) => row[name] as Value,
    })
    return value
  } catch (error) {
    return toMillraceError(error).code
  }
}

const integers = fc.constantFrom(...[-3, 0, 1, 2, 5, 2147483647, null])
const integerConstant = integers.map((value) => constant(INTEGER, value))
const bigintConstant = fc
  .constantFrom(-5n, 0n, 1n, 2n, 2147483647n, 2147483648n, -9000000000n, null)
  .map((value) => constant(BIGINT, value))
const doubleConstant = fc
  .constantFrom(-1.5, -0, 0, 1, 1.5, 2, 3e9, Number.NaN, Number.POSITIVE_INFINITY, null)
  .map((value) => constant(DOUBLE, value))

const arithmetic = (name: string) => registry.resolve(name, [INTEGER, INTEGER])
const { integer } = fc.letrec<{ integer: Expression }>((tie) => ({
  integer: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom<Expression>(x, y),
    integerConstant,
    fc
      .tuple(fc.constantFrom('$add', '$subtract', '$divide'), tie('integer'), tie('integer'))
      .map(([name, a, b]) => call(arithmetic(name), [a, b])),
    fc.array(tie('integer'), { minLength: 1, maxLength: 3 }).map((args) => coalesce(args)),
  ),
}))

const operator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=', 'identical' as const)
const typed = (type: SqlType) => (e: Expression) => cast(e, type)
const atom: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom<Expression>(p, q),
  fc.constantFrom(true, false, null).map((value) => constant(BOOLEAN, value)),
  fc.tuple(operator, integer, integer).map(([o, a, b]) => comparison(o, a, b)),
  fc
    .tuple(operator, integer.map(typed(BIGINT)), bigintConstant)
    .map(([o, a, b]) => comparison(o, a, b)),
  fc
    .tuple(operator, bigintConstant, integer.map(typed(BIGINT)))
    .map(([o, a, b]) => comparison(o, a, b)),
  fc
    .tuple(operator, integer.map(typed(DOUBLE)), doubleConstant)
    .map(([o, a, b]) => comparison(o, a, b)),
  fc.tuple(operator, fc.constant(d), doubleConstant).map(([o, a, b]) => comparison(o, a, b)),
  integer.map(isNull),
  fc
    .tuple(integer, fc.array(integerConstant, { minLength: 1, maxLength: 4 }))
    .map(([e, list]) => inList(e, list)),
  fc
    .tuple(integer, fc.array(bigintConstant, { minLength: 1, maxLength: 4 }))
    .map(([e, list]) => inList(cast(e, BIGINT), list)),
  fc.tuple(integer, integer, integer).map(([a, b, c]) => between(a, b, c)),
)

const { boolean } = fc.letrec<{ boolean: Expression }>((tie) => ({
  boolean: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('boolean'), { minLength: 2, maxLength: 3 }))
      .map(([o, terms]) => logical(o as 'and' | 'or', terms)),
    tie('boolean').map(not),
    fc
      .tuple(tie('boolean'), tie('boolean'), tie('boolean'))
      .map(([c, a, b]) => caseWhen([{ condition: c, result: a }], b)),
  ),
}))

const row: fc.Arbitrary<Row> = fc.record({
  x: integers,
  y: integers,
  d: fc.constantFrom(-1.5, -0, 0, 1, 2, Number.NaN, null),
  p: fc.constantFrom(true, false, null),
  q: fc.constantFrom(true, false, null),
})

describe('simplify', () => {
  it('keeps every value, and raises no error for rows that have one', () => {
    fc.assert(
      fc.property(boolean, fc.array(row, { minLength: 1, maxLength: 5 }), (e, rows) => {
        const simple = simplify(e, evaluate)
        for (const r of rows) {
          const before = outcome(e, r)
          const after = outcome(simple, r)
          // Terms may be left out or change places, and errors with them: FALSE AND 1/0 = 1 is FALSE.
          if (typeof before !== 'string') {
            expect(after, `${expressionText(e)}\n→ ${expressionText(simple)}`).toBe(before)
          }
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('keeps the rows a predicate lets pass', () => {
    fc.assert(
      fc.property(boolean, row, (e, r) => {
        const simple = simplifyPredicate(e, evaluate)
        const before = outcome(e, r)
        if (typeof before === 'string') return
        const text = `${expressionText(e)}\n→ ${expressionText(simple)}`
        expect(outcome(simple, r) === true, text).toBe(before === true)
      }),
      { numRuns: 1500 },
    )
  })

  const negation = (e: Expression) => call(registry.resolve('$negation', [e.type]), [e])
  const cases: readonly [string, Expression, string][] = [
    ['two negations go', negation(negation(x)), 'x'],
    [
      'two negations of what has none',
      negation(negation(constant(INTEGER, -2147483648))),
      "integer '-2147483648'",
    ],
    [
      'an error stays where it is',
      comparison('=', call(arithmetic('$divide'), [constant(INTEGER, 1), constant(INTEGER, 0)]), x),
      "((integer '1' / integer '0') = x)",
    ],
    ['constants go to the right', comparison('<', constant(INTEGER, 3), x), "(x > integer '3')"],
    [
      'a cast leaves the column',
      comparison('>', cast(x, BIGINT), constant(BIGINT, 5n)),
      "(x > integer '5')",
    ],
    [
      'a constant no integer can be',
      comparison('=', cast(x, DOUBLE), constant(DOUBLE, 1.5)),
      '((x IS NULL) AND null::boolean)',
    ],
    [
      'equalities become a list',
      logical('or', [
        comparison('=', x, constant(INTEGER, 1)),
        comparison('=', x, constant(INTEGER, 2)),
      ]),
      "(x IN (integer '1', integer '2'))",
    ],
    [
      'a double comparison keeps its NOT',
      not(comparison('<', d, constant(DOUBLE, 1))),
      "(NOT (d < double '1.0E0'))",
    ],
    [
      'common terms leave a disjunction',
      logical('or', [and([p, q]), and([p, isNull(x)])]),
      '(p AND (q OR (x IS NULL)))',
    ],
    ['NOT sinks', not(logical('and', [p, comparison('<', x, y)])), '((NOT p) OR (x >= y))'],
  ]
  for (const [name, e, expected] of cases) {
    it(name, () => expect(expressionText(simplify(e, evaluate))).toBe(expected))
  }

  it('does not unwrap a cast that is not injective', () => {
    const e = comparison('=', cast(x, VARCHAR), constant(VARCHAR, '1'))
    expect(simplify(e, evaluate)).toBe(e)
  })
})
