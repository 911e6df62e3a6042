import { describe, expect, it } from 'vitest'
import {
  allMatches,
  compilePattern,
  matchesPattern,
} from '../../../../src/expressions/value/regexp.js'
import { searchProgram } from '../../../../src/expressions/value/regexp-machine.js'
import { compileProgram } from '../../../../src/expressions/value/regexp-program.js'
import { ASSERTION_TEXTS } from '../../../../src/expressions/value/regexp-translation.js'
import fc from '../../../support/fast-check.js'

/** Patterns whose repeated parts never match nothing: of those, engines differ in what they make. */
const solid = fc.letrec<{ solid: string; any: string }>((tie) => ({
  solid: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'b', 'é', '😀', '[ab]', '[^a]', '[^\\n]', '\\p{Lu}'),
    fc.tuple(tie('solid'), tie('any')).map(([left, right]) => left + right),
    fc.tuple(tie('solid'), tie('solid')).map(([left, right]) => `(?:${left}|${right})`),
    fc
      .tuple(tie('solid'), fc.constantFrom('+', '+?', '{2}', '{1,3}', '{2,}?'))
      .map(([body, quantifier]) => `(?:${body})${quantifier}`),
  ),
  any: fc.oneof(
    { maxDepth: 3 },
    tie('solid'),
    fc.constantFrom('', '^', '$', ...Object.values(ASSERTION_TEXTS)),
    tie('solid').map((body) => `(${body})`),
    fc
      .tuple(tie('solid'), fc.constantFrom('*', '*?', '?', '??', '{0,2}'))
      .map(([body, quantifier]) => `(?:${body})${quantifier}`),
    fc.tuple(tie('any'), tie('any')).map(([left, right]) => `(?:${left}|${right})`),
  ),
}))

const texts = fc.string({
  unit: fc.constantFrom('a', 'b', 'B', 'é', '😀', '1', ' ', '\n'),
  maxLength: 12,
})

describe('the machine for regular expressions', () => {
  it('finds what backtracking finds', () => {
    fc.assert(
      fc.property(solid.any, texts, fc.constantFrom('gu', 'giu'), (source, text, flags) => {
        // JavaScript finds what a lookaround alone matches inside of surrogate pairs too.
        fc.pre(
          !(source.includes('(?=') || source.includes('(?!') || source.includes('(?<')) ||
            !text.includes('😀'),
        )
        const program = compileProgram(source, flags)!
        const expected = new RegExp(source, flags).exec(text)
        const found = searchProgram(program, text, 0)
        expect(found?.slice(0, 2)).toEqual(
          expected === null ? undefined : [expected.index, expected.index + expected[0].length],
        )
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['(a+)(b*)', 'xaab', ['aab', 'aa', 'b']],
    ['(a)|(b)', 'b', ['b', undefined, 'b']],
    ['(?:(a)|b)*', 'ab', ['ab', 'a']],
    ['(a*)*', 'b', ['', '']],
    ['(?<first>a)(?<second>\\d{2})', 'za12', ['a12', 'a', '12']],
  ])('captures of %s in %s', (pattern, text, expected) => {
    const compiled = compilePattern(pattern)
    const captures = searchProgram(compiled.program!, text, 0)!
    const parts = expected.map((_, i) =>
      captures[2 * i]! < 0 ? undefined : text.slice(captures[2 * i], captures[2 * i + 1]),
    )
    expect(parts).toEqual(expected)
  })

  it.each([
    '(a+)+b',
    '(a|a)*b',
    '(a|aa)+$',
    '(?:a*)*b',
    `${'a?'.repeat(30) + 'a'.repeat(30)}b`,
  ])('%s takes steps in proportion to the text', (pattern) => {
    const { program } = compilePattern(pattern)
    const count = (length: number): number => {
      const counter = { steps: 0 }
      searchProgram(program!, `${'a'.repeat(length)}c`, 0, counter)
      return counter.steps
    }
    expect(count(20_000)).toBeLessThan(2.2 * count(10_000))
    expect(count(10_000)).toBeLessThan(10_000 * 4 * program!.instructions.length)
  })

  it('is behind the functions where backtracking would not end', () => {
    const text = 'a'.repeat(5000)
    expect(matchesPattern(compilePattern('(a+)+b'), text)).toBe(false)
    expect(matchesPattern(compilePattern('^(a|a)+$'), text)).toBe(true)
    const found = [...allMatches(compilePattern('(?<x>a|b)+?'), 'a-b')]
    expect(found.map((match) => [match.index, match[0], match.groups?.['x']])).toEqual([
      [0, 'a', 'a'],
      [2, 'b', 'b'],
    ])
    expect([...allMatches(compilePattern('(?:a|b)*'), '😀a')].map((m) => m.index)).toEqual([
      0, 2, 3,
    ])
  })

  it('finds boundaries between characters, never inside of one', () => {
    const places = (pattern: string, text: string) =>
      Array.from(allMatches(compilePattern(pattern), text), (match) => match.index)
    expect(places('\\B', '😀😀')).toEqual([0, 2, 4])
    expect(places('\\b', 'é😀a')).toEqual([0, 1, 3, 4])
    expect(places('$', '😀')).toEqual([2])
  })

  it('leaves what is not regular to backtracking', () => {
    expect(compilePattern('(a)\\1').program).toBeUndefined()
    expect(compilePattern('a(?=b)').program).toBeUndefined()
    expect(compilePattern('(?<!a)b').program).toBeUndefined()
    expect(matchesPattern(compilePattern('(a|b)\\1'), 'abb')).toBe(true)
  })
})
