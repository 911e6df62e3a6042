import { describe, expect, it } from 'vitest'
import { compileRow } from '../../../../../src/expressions/interpreter.js'
import type { Expression } from '../../../../../src/expressions/ir.js'
import {
  and,
  between,
  comparison,
  constant,
  inList,
  isNull,
  not,
  or,
  symbol,
} from '../../../../../src/expressions/ir-build.js'
import { expressionText } from '../../../../../src/planner/explain/expression-text.js'
import {
  fromConnectorExpression,
  toConnectorExpression,
} from '../../../../../src/planner/optimizer/expression/connector-expression-translator.js'
import {
  domainOf,
  toPredicate,
} from '../../../../../src/planner/optimizer/expression/domain-translator.js'
import type { Value } from '../../../../../src/spi/index.js'
import { DOUBLE, domainIncludes, INTEGER } from '../../../../../src/spi/index.js'
import fc from '../../../../support/fast-check.js'
import { registry, testContext } from '../planning.js'

const { metadata } = testContext()

const isTrueFor = (e: Expression, value: Value): boolean =>
  compileRow(e, { registry })({ channel: () => null, symbol: () => value }) === true

const types = {
  integer: { e: symbol('x', INTEGER), values: [-2, 0, 1, 3, 7, null] },
  double: {
    e: symbol('x', DOUBLE),
    values: [-1.5, 0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, null],
  },
}

for (const [name, { e, values }] of Object.entries(types)) {
  const item = fc.constantFrom<Value>(...values).map((value) => constant(e.type, value))
  const operator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=', 'identical' as const)
  const { predicate } = fc.letrec<{ predicate: Expression }>((tie) => ({
    predicate: fc.oneof(
      { maxDepth: 2 },
      fc.tuple(operator, item).map(([o, c]) => comparison(o, e, c)),
      fc.tuple(item, item).map(([a, b]) => between(e, a, b)),
      fc.array(item, { minLength: 1, maxLength: 3 }).map((list) => inList(e, list)),
      fc.array(item, { minLength: 1, maxLength: 3 }).map((list) => not(inList(e, list))),
      fc.constantFrom(isNull(e), not(isNull(e))),
      fc.array(tie('predicate'), { minLength: 2, maxLength: 3 }).map((terms) => or(terms)),
      fc.array(tie('predicate'), { minLength: 2, maxLength: 3 }).map((terms) => and(terms)),
    ),
  }))

  describe(`domains of ${name} predicates`, () => {
    it('hold the values for which the predicate is true, and a predicate made of them too', () => {
      fc.assert(
        fc.property(predicate, (p) => {
          const found = domainOf(p)
          if (found === undefined) return
          const back = toPredicate(found.symbol, found.domain)
          for (const value of values) {
            const label = `${expressionText(p)} of ${String(value)}`
            const holds = isTrueFor(p, value)
            if (found.exact) expect(domainIncludes(found.domain, value), label).toBe(holds)
            else if (holds) expect(domainIncludes(found.domain, value), label).toBe(true)
            const included = domainIncludes(found.domain, value)
            expect(isTrueFor(back, value), `${label} → ${expressionText(back)}`).toBe(included)
          }
        }),
        { numRuns: 800 },
      )
    })

    it('survive translation for connectors and back', () => {
      fc.assert(
        fc.property(predicate, (p) => {
          const translated = toConnectorExpression(p)
          if (translated === undefined) throw new Error(`no translation: ${expressionText(p)}`)
          const back = fromConnectorExpression(
            translated,
            () => ({ name: 'x', type: e.type }),
            metadata,
          )
          for (const value of values) expect(isTrueFor(back, value)).toBe(isTrueFor(p, value))
        }),
        { numRuns: 300 },
      )
    })
  })
}
