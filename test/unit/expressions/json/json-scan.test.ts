import { describe, expect, it } from 'vitest'
import { type JsonNode, readJson, writeJson } from '../../../../src/expressions/json/json-node.js'
import { parseJsonPath } from '../../../../src/expressions/json/json-path.js'
import {
  elementAt,
  jsonAt,
  scalarAt,
  scanSteps,
  sizeAt,
  someElement,
} from '../../../../src/expressions/json/json-scan.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

/** The tree of a text with its numbers as strings, written as they are. */
const treeAsWritten = (text: string): JsonNode | undefined =>
  readJson(text) === undefined
    ? undefined
    : readJson(text.replace(STRING_OR_NUMBER, (token) => (token[0] === '"' ? token : `"${token}"`)))

function nodeAt(node: JsonNode | undefined, step: string): JsonNode | undefined {
  if (Array.isArray(node)) return /^\d+$/.test(step) ? node[Number(step)] : undefined
  return node instanceof Map ? node.get(step) : undefined
}

/** What the tree of the whole text says. */
function byTree(tree: JsonNode | undefined, path: string): string | null {
  const found = parseJsonPath(path).reduce(nodeAt, tree)
  return found === undefined || found === null || typeof found === 'object' ? null : String(found)
}

const stepsOf = (path: string) => scanSteps(parseJsonPath(path))
const byScan = (text: string, path: string): string | null => scalarAt(text, stepsOf(path))

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
const KEYS = ['"\\u0061"', '"b"', '"b c"', '"é"', '"1"', '"ab"', '""']
const SCALARS = [
  ...['1', '-0', '1.50', '2e3', '1E-2', '12345678901234567890', 'true', 'false', 'null'],
  ...['"x"', '""', '"\\n\\u00e9\\""', '"a\\"b"', '"😀"'],
]

function randomJson(random: Random, depth: number): string {
  const space = () => random.pick(['', '', ' ', '\n\t'])
  const many = (of: () => string) =>
    Array.from({ length: random.below(4) }, () => `${space()}${of()}${space()}`).join(',')
  const inner = () => randomJson(random, depth - 1)
  if (depth === 0 || random.chance(0.2)) return random.pick(SCALARS)
  if (random.chance(0.3)) return `[${many(inner)}]`
  // No key twice: a tree has the last, scanning finds the first.
  const keys = KEYS.filter(() => random.chance(0.4))
  const members = keys.map((key) => `${space()}${key}${space()}:${space()}${inner()}${space()}`)
  return `{${members.join(',')}}`
}

/** One character less, twice or another. */
function damaged(random: Random, text: string): string {
  const at = random.below(text.length)
  const instead = random.pick(['', text[at]!.repeat(2), ...'{}[],:"\\0.e-u\n'])
  return text.slice(0, at) + instead + text.slice(at + 1)
}

describe(`scanning JSON (seed ${SEED})`, () => {
  it('finds what the tree has', () => {
    const random = createRandom(SEED)
    let found = 0
    let refused = 0
    for (let round = 0; round < 2000; round++) {
      const text = ` ${randomJson(random, 3)} `
      const tree = treeAsWritten(text)
      for (const path of PATHS) {
        const expected = byTree(tree, path)
        if (expected !== null) found++
        expect(byScan(text, path), `${path} of ${text}`).toBe(expected)
      }
      // What scanning reads to its end is JSON exactly where the tree's reader takes it.
      const whole = `{"w":[${damaged(random, text)}],"q":7}`
      const node = readJson(whole)
      if (node === undefined) refused++
      expect(byScan(whole, '$.q'), whole).toBe(node === undefined ? null : '7')
      const copied = node === undefined ? undefined : readJson(jsonAt(whole, [])!)
      if (node !== undefined) expect(writeJson(copied!), whole).toBe(writeJson(node))
    }
    expect(found).toBeGreaterThan(300)
    expect(refused).toBeGreaterThan(200)
  })

  it('reads no further than asked, as Trino does', () => {
    const scalars: readonly (readonly [string, string, string | null])[] = [
      ['{"a":1,"a":2}', '$.a', '1'],
      ['{"a":{"b":1},"a":2}', '$.a', null],
      ['{"a":null,"a":2}', '$.a', null],
      ['{"a":{"b":1},"a":{"c":2}}', '$.a.b', '1'],
      ['{"a":1, x', '$.a', '1'],
      ['{"a":1x}', '$.a', '1'],
      ['{"a":true é', '$.a', 'true'],
      ['{"a":true$', '$.a', 'true'],
      ['{"a":"x', '$.a', null],
      ['[1,2', '$[1]', '2'],
      ['1 2', '$', '1'],
      ['true]', '$', 'true'],
      ['"a"]', '$', 'a'],
      ...['1x', '1]', 'truex', '01', '1.', '1e', '-', ''].map((text) => [text, '$', null] as const),
      ...['truex', 'trueé', '01', '1.', '1e', '-'].map(
        (value) => [`{"a":${value}}`, '$.a', null] as const,
      ),
      ...['1 2', '[1,2}', '1,', '1x', '01', '1.', '[1,]', '"\\q"', 'tru'].map(
        (value) => [`{"x":${value},"a":2}`, '$.a', null] as const,
      ),
      ...['{,"a":2}', '{"a" 2}', '{a:2}'].map((text) => [text, '$.a', null] as const),
    ]
    for (const [text, path, expected] of scalars) expect(byScan(text, path), text).toBe(expected)
    const sizes: readonly (readonly [string, string, bigint | null])[] = [
      ['{"a":1,"a":2,"b":{"c":1}}', '$', 3n],
      ['{"a":{"c":1},"a":2}', '$.a', 1n],
      ['{"a":1', '$', null],
      ['{"a":[1,2', '$.a', null],
      ['{"a":[1,2] x', '$.a', 2n],
      ['{"a":null x', '$.a', 0n],
      ['{"a":"x', '$.a', 0n],
      ['{"a":12', '$.a', 0n],
    ]
    for (const [text, path, expected] of sizes) {
      expect(sizeAt(text, stepsOf(path)), text).toBe(expected)
    }
    const copies: readonly (readonly [string, string, string | null])[] = [
      ['{"x":{"b":1,"a":2,"a":3}}', '$.x', '{"b":1,"a":2,"a":3}'],
      ['{"x":{"b":1.50,"a":1e2}}', '$.x', '{"b":1.5,"a":100.0}'],
      ['{"x":[ ] , ', '$.x', '[]'],
      ['{"x":{"b":1', '$.x.b', '1'],
      ['{"x":{"b":1 ,', '$.x', null],
      ['{"x":"a\\u00e9"', '$.x', '"aé"'],
    ]
    for (const [text, path, expected] of copies) {
      expect(jsonAt(text, stepsOf(path)), text).toBe(expected)
    }
    expect(elementAt('[1,2,3 x', 1n)).toBe('2')
    expect(elementAt('[1,2,3] x', -1n)).toBe('3')
    expect(elementAt('[1,2,3', -1n)).toBe(null)
    expect(someElement('[1,2,3 x', (element) => element === 2n)).toBe(true)
    expect(someElement('[1,2] x', (element) => element === 3n)).toBe(false)
    expect(someElement('[1,2', (element) => element === 3n)).toBe(null)
  })

  it('refuses what is nested deeper than the reader goes', () => {
    for (const depth of [998, 999, 1000, 1001, 100_000]) {
      const text = `${'['.repeat(depth)}1${']'.repeat(depth)}`
      const given = `{"b": ${text}, "a": 7}`
      expect(byScan(given, '$.a'), `${depth}`).toBe(byTree(treeAsWritten(given), '$.a'))
    }
  })
})
