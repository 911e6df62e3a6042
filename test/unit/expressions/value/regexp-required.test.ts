import { describe, expect, it } from 'vitest'
import { compileFilter } from '../../../../src/expressions/compile.js'
import { call, constant, input } from '../../../../src/expressions/ir-build.js'
import { compilePattern, matchesPattern } from '../../../../src/expressions/value/regexp.js'
import { requiredTexts } from '../../../../src/expressions/value/regexp-required.js'
import { conditionOfRegexp } from '../../../../src/expressions/wasm/regexp-prefilter.js'
import { blockOf, page, VARCHAR, type Value } from '../../../../src/spi/index.js'
import fc from '../../../support/fast-check.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()

const regexpLike = (pattern: string) => {
  const type = registry.resolve('regexp_like', [VARCHAR, VARCHAR]).argumentTypes[1]!
  const fn = registry.resolve('regexp_like', [VARCHAR, type])
  return call(fn, [input(0, VARCHAR), constant(type, pattern)])
}

/** Patterns and texts of the same few letters, so that many match. */
const sign = fc.constantFrom('a', 'b', 'ab', 'aba', '%', '_', '\\.', '\\\\')
const atom = fc.letrec<{ atom: string; sequence: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: sign },
    fc.constantFrom('.', '[ab]', '[^a]', '\\w', '\\b', '^', '$', '[\\]a]', 'é', '(?i)', '(?:ab)?'),
    tie('sequence').map((inner) => `(${inner})`),
    fc.tuple(tie('sequence'), tie('sequence')).map(([a, b]) => `(${a}|${b})`),
  ),
  sequence: fc
    .array(
      fc.tuple(tie('atom'), fc.constantFrom('', '', '', '', '*', '?', '+', '+?', '{0,2}', '{2}')),
      { minLength: 1, maxLength: 5 },
    )
    .map((parts) => parts.map((part) => part.join('')).join('')),
}))
const texts = fc.string({
  unit: fc.constantFrom('a', 'b', 'aba', 'A', '%', '_', '.', '\\', 'é', '\n'),
  maxLength: 10,
})

describe('texts that matches of a pattern contain', () => {
  it.each([
    ['sp[aeiou]c.*req', ['sp', 'req']],
    ['abc+d', ['abc']],
    ['abc+de', ['abc', 'de']],
    ['abc*de', ['ab', 'de']],
    ['abc?', ['ab']],
    ['abc{2}de', ['ab', 'de']],
    ['ab(cd)ef', ['ab', 'ef']],
    ['^ab\\.c\\d+cd$', ['ab.c', 'cd']],
    ['100%_', ['100%_']],
    ['[^\\]ab]cd', ['cd']],
    ['ab|cd', []],
    ['(?i)abc', []],
    ['ab(?=cd)', []],
    ['\\Qa.b\\E', []],
    ['\\x41bc', []],
    ['[a-z&&[^b]]cd', []],
    ['a.b', []],
    ['', []],
  ] as const)('%s', (pattern, expected) => {
    expect(requiredTexts(pattern)).toEqual(expected)
  })

  it('are in each text that a pattern matches, in order', () => {
    let matches = 0
    fc.assert(
      fc.property(atom.sequence, texts, (pattern, text) => {
        const required = requiredTexts(pattern)
        let compiled: ReturnType<typeof compilePattern>
        try {
          compiled = compilePattern(pattern)
        } catch {
          return
        }
        if (required.length === 0 || !matchesPattern(compiled, text)) return
        matches++
        let from = 0
        for (const part of required) {
          const at = text.indexOf(part, from)
          expect(at, `${part} of ${pattern} in ${text}`).toBeGreaterThanOrEqual(0)
          from = at + part.length
        }
      }),
      { numRuns: 8_000 },
    )
    expect(matches).toBeGreaterThan(100)
  })
})

describe('filters by regular expressions', () => {
  const values: readonly Value[] = [
    'abxcd',
    null,
    '',
    'ab',
    'abcd',
    'cdab',
    '%_',
    'a\\b',
    'é abécd',
  ]
  const blocks = [
    blockOf(
      VARCHAR,
      Array.from({ length: 500 }, (_, i) => values[i % 9]!),
    ),
  ]

  it.each([
    'ab.*cd',
    'ab+',
    '%_',
    'a\\\\b',
    'ab.cd',
    'zz',
    'é ab',
    '(ab)cd|zz',
  ])('%s selects what the interpreter selects', (pattern) => {
    const condition = regexpLike(pattern)
    const select = (target: 'wasm' | 'interpreter') => {
      const filter = compileFilter(condition, { registry, target })
      const { count, positions } = filter.filter(page(blocks), arena)
      return positions === null ? count : [...positions.subarray(0, count)]
    }
    expect(select('wasm')).toEqual(select('interpreter'))
  })

  it('are preceded by a LIKE where a text is sure, not for what is no pattern', () => {
    expect(conditionOfRegexp(regexpLike('ab.*cd'), registry)).toMatchObject({
      function: { name: '$like' },
      args: [{ channel: 0 }, { value: '%ab%cd%' }, { value: '\\' }],
    })
    expect(conditionOfRegexp(regexpLike('ab(cd'), registry)).toBeUndefined()
    expect(conditionOfRegexp(regexpLike('a.b'), registry)).toBeUndefined()
  })
})
