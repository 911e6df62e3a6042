import { describe, expect, it } from 'vitest'
import { compileProjection } from '../../../../src/expressions/compile.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import {
  between,
  call,
  caseWhen,
  comparison,
  constant,
  inList,
  input,
} from '../../../../src/expressions/ir-build.js'
import { textPredicateOf } from '../../../../src/expressions/wasm/text-predicate.js'
import {
  BIGINT,
  type BytesBlock,
  blockOf,
  page,
  readValue,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const seed = SEED
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

const POSITIONS = [-(10n ** 15n), -30n, -3n, -1n, 0n, 1n, 2n, 7n, 40n, 10n ** 15n]

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
    '%aba%',
    '%aab%aab%',
    '%abba%b%',
    '%abbaabba%a',
    '%ababababababababababababababababababab%b%',
    '%é%ab%',
  ].map((pattern) => like(pattern)),
  like('%a$%%', '$'),
  ...(['=', '<', '<=', '>', '>='] as const).flatMap((operator) => [
    comparison(operator, column, text('abab')),
    comparison(operator, text('ba'), column),
  ]),
  inList(column, ['', 'a', 'abababababab', 'bé'].map(text)),
  inList(column, ['', 'a', 'abab', 'bé'].map(text)),
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

  it('count and cut texts as the interpreter does', () => {
    const random = createRandom(seed)
    const of = (name: string, ...numbers: bigint[]) => {
      const args = [column, ...numbers.map((n) => constant(BIGINT, n))]
      const types = args.map((arg) => arg.type)
      return call(registry.resolve(name, types), args)
    }
    const functions = [of('length'), of('substring', 1n, 3n)]
    for (const from of POSITIONS) {
      functions.push(of('substring', from))
      for (const length of [-1n, 0n, 1n, 4n, 10n ** 15n])
        functions.push(of('substring', from, length))
    }
    for (let round = 0; round < 30; round++) {
      arena.reset()
      const ascii = random.chance(0.6)
      const values = Array.from({ length: random.pick([1, 20, 300]) }, () => {
        const value = randomLetters(random, random.below(20))
        return random.chance(0.1) ? null : ascii ? value.replaceAll('é', 'x') : value
      })
      const flat = blockOf(VARCHAR, values, arena)
      const { ascii: _, ...unflagged } = flat as BytesBlock
      for (const block of [flat, unflagged]) {
        for (const [i, e] of functions.entries()) {
          const [wasm, expected] = (['wasm', 'interpreter'] as const).map((target) => {
            const result = compileProjection(e, { registry, target }).project(page([block]), arena)
            return values.map((__, position) => readValue(result, position))
          })
          expect(wasm, `function ${i}`).toEqual(expected)
        }
      }
    }
  })

  it('choose among texts by code', () => {
    const e = caseWhen(
      [
        { condition: comparison('=', column, text('a')), result: text('one') },
        { condition: comparison('<', column, text('b')), result: constant(VARCHAR, null) },
      ],
      text('other'),
    )
    const of = page([blockOf(VARCHAR, ['a', 'ab', null, 'c', 'a'], arena)])
    const block = compileProjection(e, { registry, target: 'wasm' }).project(of, arena)
    expect(block.encoding).toBe('dictionary')
    const chosen = Array.from({ length: 5 }, (_, i) => readValue(block, i))
    expect(chosen).toEqual(['one', null, 'other', 'other', 'one'])
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
