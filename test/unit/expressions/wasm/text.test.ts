import { describe, expect, it } from 'vitest'
import { compileProjection } from '../../../../src/expressions/compile.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import {
  between,
  call,
  comparison,
  constant,
  inList,
  input,
} from '../../../../src/expressions/ir-build.js'
import { textPredicateOf } from '../../../../src/expressions/wasm/text-predicate.js'
import { BIGINT, blockOf, page, readValue, VARCHAR } from '../../../../src/spi/index.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1e9)
const arena = sharedArena()
const column = input(0, VARCHAR)
const text = (value: string) => constant(VARCHAR, value)

const like = (pattern: string, escapeWith?: string): Expression => {
  const args = [column, text(pattern), ...(escapeWith === undefined ? [] : [text(escapeWith)])]
  const fn = registry.resolve(
    '$like',
    args.map((arg) => arg.type),
  )
  return call(fn, args)
}

const startOf = (length: number): Expression => {
  const args = [column, constant(BIGINT, 1n), constant(BIGINT, BigInt(length))]
  const fn = registry.resolve(
    'substring',
    args.map((arg) => arg.type),
  )
  return call(fn, args)
}

/** Texts of few letters, so that parts of patterns occur often, across the ends of texts too. */
const randomLetters = (random: Random, length: number): string =>
  Array.from({ length }, () => random.pick(['a', 'b', 'ab', 'é'])).join('')

const PREDICATES: readonly Expression[] = [
  ...[
    '%',
    '',
    'a',
    'a%',
    '%b',
    '%ab%',
    'ab%ba',
    '%a%b%a%',
    'a%é%b',
    '%abababab%',
    '%aab%b',
    '%é%',
    'ab%ab%ab',
    '%b%%a',
    'abababababababab%',
  ].map((pattern) => like(pattern)),
  like('%a$%%', '$'),
  ...(['=', '<', '<=', '>', '>='] as const).flatMap((operator) => [
    comparison(operator, column, text('abab')),
    comparison(operator, text('ba'), column),
  ]),
  inList(column, ['', 'a', 'abababababab', 'bé'].map(text)),
  between(column, text('ab'), text('bab')),
  comparison('=', startOf(2), text('ab')),
  comparison('=', startOf(1), text('é')),
  inList(startOf(3), ['aba', 'béa'].map(text)),
]

describe(`text kernels (seed ${seed})`, () => {
  it('know all these predicates', () => {
    for (const predicate of PREDICATES) expect(textPredicateOf(predicate)).toBeDefined()
    const length2 = comparison('=', startOf(2), text('a'))
    expect(textPredicateOf(length2)).toBeUndefined()
    expect(textPredicateOf(like('a_b'))).toBeUndefined()
    expect(textPredicateOf(like('a$', '$'))).toBeUndefined()
  })

  it('answer as the interpreter does', () => {
    const random = createRandom(seed)
    for (let round = 0; round < 60; round++) {
      arena.reset()
      const lengths = random.pick([[0, 1, 2, 3], [5, 20], [0, 30, 60], [200]])
      const values = Array.from({ length: random.pick([1, 20, 300]) }, () =>
        random.chance(0.1) ? null : randomLetters(random, random.pick(lengths)),
      )
      const of = page([blockOf(VARCHAR, values, arena)])
      for (const [i, predicate] of PREDICATES.entries()) {
        const results = (['wasm', 'interpreter', 'js'] as const).map((target) => {
          const block = compileProjection(predicate, { registry, target }).project(of, arena)
          return values.map((_, position) => readValue(block, position))
        })
        expect(results[0], `predicate ${i}`).toEqual(results[1])
        expect(results[2], `predicate ${i}`).toEqual(results[1])
      }
    }
  })
})
