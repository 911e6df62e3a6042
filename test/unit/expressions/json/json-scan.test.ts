import { describe, expect, it } from 'vitest'
import { readJsonAsWritten } from '../../../../src/expressions/json/json-node.js'
import { extractPath, parseJsonPath } from '../../../../src/expressions/json/json-path.js'
import { scalarAt, scanSteps } from '../../../../src/expressions/json/json-scan.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

/** What the tree of the whole text says. */
function byTree(text: string, path: string): string | null {
  const node = readJsonAsWritten(text)
  const found = node === undefined ? undefined : extractPath(node, path)
  return found === undefined || found === null || typeof found === 'object' ? null : String(found)
}

const byScan = (text: string, path: string): string | null =>
  scalarAt(text, scanSteps(parseJsonPath(path)))

const PATHS = [
  '$',
  '$.a',
  '$.a.b',
  '$.a[0]',
  '$[1]',
  '$[1].b',
  '$["b c"]',
  '$.é',
  '$.a.a.a',
  '$[01]',
]
const KEYS = ['"a"', '"b"', '"b c"', '"é"', '"\\u0061"', '"1"', '"ab"', '""']
const SCALARS = [
  ...['1', '-0', '1.50', '2e3', '1E-2', '12345678901234567890', 'true', 'false', 'null'],
  ...['"x"', '""', '"\\n\\u00e9\\"', '"a\\"b"', '"😀"'],
]

function randomJson(random: Random, depth: number): string {
  const space = () => random.pick(['', '', ' ', '\n\t'])
  const many = (of: () => string) =>
    Array.from({ length: random.below(4) }, () => `${space()}${of()}${space()}`).join(',')
  const inner = () => randomJson(random, depth - 1)
  if (depth === 0 || random.chance(0.2)) return random.pick(SCALARS)
  if (random.chance(0.3)) return `[${many(inner)}]`
  return `{${many(() => `${random.pick(KEYS)}${space()}:${space()}${inner()}`)}}`
}

/** One character less, twice or another. */
function damaged(random: Random, text: string): string {
  const at = random.below(text.length)
  const instead = random.pick(['', text[at]!.repeat(2), ...'{}[],:"\\0.e-u\n'])
  return text.slice(0, at) + instead + text.slice(at + 1)
}

describe(`scanning JSON (seed ${SEED})`, () => {
  it('finds what the tree has, and nothing in what is no JSON', () => {
    const random = createRandom(SEED)
    let found = 0
    let refused = 0
    for (let round = 0; round < 4000; round++) {
      const whole = ` ${randomJson(random, 3)} `
      const text = random.chance(0.5) ? damaged(random, whole) : whole
      if (readJsonAsWritten(text) === undefined) refused++
      for (const path of PATHS) {
        const expected = byTree(text, path)
        if (expected !== null) found++
        expect(byScan(text, path), `${path} of ${text}`).toBe(expected)
      }
    }
    expect(found).toBeGreaterThan(300)
    expect(refused).toBeGreaterThan(500)
  })

  it('refuses what is nested deeper than the reader goes', () => {
    for (const depth of [999, 1000, 1001, 100_000]) {
      const text = `${'['.repeat(depth)}1${']'.repeat(depth)}`
      expect(byScan(`{"a": 7, "b": ${text}}`, '$.a')).toBe(byTree(`{"a": 7, "b": ${text}}`, '$.a'))
    }
  })
})
