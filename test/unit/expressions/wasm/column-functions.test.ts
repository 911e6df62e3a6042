import { describe, expect, it } from 'vitest'
import { compileFilter, compileProjection } from '../../../../src/expressions/compile.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import {
  call,
  cast,
  coerce,
  comparison,
  constant,
  input,
} from '../../../../src/expressions/ir-build.js'
import { columnFunctionOf } from '../../../../src/expressions/wasm/column-functions.js'
import {
  arrayType,
  BIGINT,
  type Block,
  type BytesBlock,
  blockOf,
  constantOf,
  DATE,
  decimalType,
  heapArena,
  INTEGER,
  isNull,
  MillraceError,
  page,
  readValue,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  VARCHAR,
  type Value,
  varcharType,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomBlock, sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()
const NUMBERS = arrayType(INTEGER)
/** Two columns of texts, one of bounded texts, one of arrays. */
const [first, second, bounded, list] = [VARCHAR, VARCHAR, varcharType(40), NUMBERS].map(
  (type, channel) => input(channel, type),
) as [Expression, Expression, Expression, Expression]
const NUMBER_TYPES = [
  TINYINT,
  SMALLINT,
  INTEGER,
  BIGINT,
  decimalType(12, 2),
  decimalType(4, 4),
  DATE,
  timestampType(0),
  timestampType(3),
  timestampType(6),
]
const numbers = NUMBER_TYPES.map((type, i) => input(4 + i, type))
/** JSON, some of it damaged, and integers in texts, some of them none. */
const doc = input(4 + NUMBER_TYPES.length, VARCHAR)
const digits = input(5 + NUMBER_TYPES.length, VARCHAR)
const text = (value: string) => constant(VARCHAR, value)
const number = (value: number) => constant(BIGINT, BigInt(value))

/** What it gives, or the error that it fails with. */
function outcome<T>(run: () => T): T | string {
  try {
    return run()
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code}: ${error.message}`
    throw error
  }
}

function of(name: string, ...args: Expression[]): Expression {
  const fn = registry.resolve(
    name,
    args.map((arg) => arg.type),
  )
  return call(
    fn,
    args.map((arg, i) => coerce(arg, fn.argumentTypes[i]!)),
  )
}

const FUNCTIONS: readonly Expression[] = [
  ...['upper', 'lower', 'reverse', 'trim', 'ltrim', 'rtrim', 'length'].map((name) =>
    of(name, first),
  ),
  of('upper', bounded),
  of('concat', first, second),
  of('concat', first, text(' and '), second, first),
  of('concat', bounded, text('!')),
  of('concat', of('upper', first), of('substring', second, number(2), number(3))),
  of('strpos', first, text('ab')),
  of('strpos', first, text('')),
  of('strpos', first, text('é')),
  of('strpos', first, second),
  of('strpos', of('reverse', first), text('ba')),
  ...[1, 2, 3, 9].flatMap((index) => [
    of('split_part', first, text(' '), number(index)),
    of('split_part', first, text('ab'), number(index)),
  ]),
  of('cardinality', list),
  ...numbers.map((e) => cast(e, VARCHAR)),
  ...numbers.map((e) => cast(e, varcharType(26), true)),
  of('concat', of('concat', first, text('-')), second),
  of('replace', first, text('ab'), text('é!')),
  of('replace', first, text('a')),
  of('replace', first, text('é'), text('e')),
  of('replace', bounded, text('aa'), text('aaa')),
  ...[
    '$',
    '$.a',
    '$.a.b',
    '$[1]',
    '$.a[0]',
    '$["b c"]',
    '$.é',
    '$["\\""]',
    '$.a.a.a',
    '$[99999999999]',
  ].flatMap((path) => [
    of('json_extract_scalar', doc, text(path)),
    of('json_size', doc, text(path)),
    of('json_array_length', of('json_extract', doc, text(path))),
  ]),
  of('json_array_length', doc),
  ...[TINYINT, SMALLINT, INTEGER, BIGINT].flatMap((type) => [
    cast(digits, type),
    cast(digits, type, true),
  ]),
  cast(of('json_extract_scalar', doc, text('$.a')), BIGINT, true),
  of('concat', cast(numbers[2]!, VARCHAR), text('#'), cast(numbers[4]!, VARCHAR)),
]

const LETTERS = ['a', 'B', 'ab', ' ', '\t', '@', '[', 'z', 'Z', '{', '`']
const WIDE = [...LETTERS, 'é', 'ß', '\u3000', '日', '😀']

function randomTexts(random: Random, count: number, letters: readonly string[]): Value[] {
  const length = random.pick([3, 16, 17, 40])
  const nulls = random.pick([0, 0, 0.2, 1])
  return Array.from({ length: count }, () =>
    random.chance(nulls)
      ? null
      : Array.from({ length: random.below(length) }, () => random.pick(letters)).join(''),
  )
}

/** The values in one of the ways a page may hold them. */
function encoded(random: Random, type: SqlType, values: Value[]): Block {
  const memory = random.chance(0.8) ? arena : heapArena()
  switch (random.below(5)) {
    case 0: {
      const Codes = random.pick(
        values.length <= 256 ? [Uint8Array, Uint16Array, Int32Array] : [Int32Array],
      )
      const codes = Codes.from(values, () => random.below(values.length))
      const dictionary = blockOf(type, values, memory)
      return {
        encoding: 'dictionary',
        type,
        rowCount: values.length,
        codes,
        dictionary,
        validity: random.chance(0.5) ? null : arena.allocate((values.length + 7) >> 3).fill(0xb7),
      }
    }
    case 1:
      return constantOf(type, values[0]!, values.length, memory)
    case 2: {
      // Texts that do not begin at the first byte.
      const block = blockOf(type, [values[0]!, ...values], memory)
      if (!('offsets' in block) || block.validity !== null) return blockOf(type, values, memory)
      return { ...block, rowCount: values.length, offsets: block.offsets.subarray(1) }
    }
    case 3: {
      const { ascii: _, ...unflagged } = blockOf(type, values, memory) as BytesBlock
      return unflagged
    }
    default:
      return blockOf(type, values, memory)
  }
}

const SCALARS = [
  '1',
  '-0',
  '1.50',
  '2e3',
  '12345678901234567890',
  'true',
  'false',
  'null',
  '"x"',
  '"é😀"',
]
const ESCAPED = ['"\\n\\u00e9\\""', '"a\\"b"', '"\\ud83d"']
const KEYS = ['"a"', '"b"', '"b c"', '"é"', '"1"', '"ab"', '""']

function randomJson(random: Random, depth: number, escapes: boolean): string {
  const space = () => random.pick(['', '', ' ', '\n\t'])
  const many = (of: () => string) =>
    Array.from({ length: random.below(4) }, () => `${space()}${of()}${space()}`).join(',')
  const inner = () => randomJson(random, depth - 1, escapes)
  const scalars = escapes ? [...SCALARS, ...ESCAPED] : SCALARS
  const keys = escapes ? [...KEYS, '"\\u0061"'] : KEYS
  if (depth === 0 || random.chance(0.2)) return random.pick(scalars)
  if (random.chance(0.3)) return `[${many(inner)}]`
  return `{${many(() => `${random.pick(keys)}${space()}:${space()}${inner()}`)}}`
}

/** One character less, twice or another. */
function damaged(random: Random, of: string): string {
  const at = random.below(of.length)
  const instead = random.pick(['', of[at]!.repeat(2), ...'{}[],:"\\0.e-u\n'])
  return of.slice(0, at) + instead + of.slice(at + 1)
}

function randomDocs(random: Random, count: number): Value[] {
  const escapes = random.chance(0.5)
  return Array.from({ length: count }, () => {
    if (random.chance(0.05)) return null
    const whole = ` ${randomJson(random, 3, escapes)} `
    return random.chance(0.3) ? damaged(random, whole) : whole
  })
}

const ODD_DIGITS = [
  '',
  '+',
  '-',
  ' 1',
  '1 ',
  '\u0661',
  '1x',
  '9223372036854775808',
  '-129',
  '00000000000000000000012',
]

function randomDigits(random: Random, count: number): Value[] {
  const odd = random.pick([0, 0, 0.05])
  const length = random.pick([2, 5, 19])
  return Array.from({ length: count }, () => {
    if (random.chance(0.1)) return null
    if (random.chance(odd)) return random.pick(ODD_DIGITS)
    const number = Array.from({ length: 1 + random.below(length) }, () => random.below(10)).join('')
    return random.pick(['', '', '-', '+']) + number
  })
}

function randomPage(random: Random) {
  const count = random.pick([1, 2, 15, 16, 33, 200])
  const letters = random.chance(0.6) ? LETTERS : WIDE
  const magnitudes = random.pick([[10], [100, 30_000], [2e9], [10, 1e12], [10, 1e13, 9.2e18]])
  const lists = Array.from({ length: count }, () =>
    random.chance(0.1) ? null : Array.from({ length: random.below(4) }, (_, i) => i),
  )
  return page([
    encoded(random, VARCHAR, randomTexts(random, count, letters)),
    encoded(random, VARCHAR, randomTexts(random, count, letters)),
    encoded(random, varcharType(40), randomTexts(random, count, ['a', 'b', 'é'])),
    encoded(random, NUMBERS, lists),
    ...NUMBER_TYPES.map((type) => randomBlock(random, type, count, arena, { magnitudes })),
    encoded(random, VARCHAR, randomDocs(random, count)),
    encoded(random, VARCHAR, randomDigits(random, count)),
  ])
}

describe(`column functions (seed ${SEED})`, () => {
  it('know all these calls', () => {
    for (const e of FUNCTIONS) expect(columnFunctionOf(e)).toBeDefined()
    expect(columnFunctionOf(of('split_part', first, text(''), number(1)))).toBeUndefined()
    expect(columnFunctionOf(of('split_part', first, text(','), number(0)))).toBeUndefined()
    expect(columnFunctionOf(of('upper', cast(list, VARCHAR)))).toBeUndefined()
  })

  it('answer as the interpreter does, in projections and in conditions', () => {
    const random = createRandom(SEED)
    for (let round = 0; round < 15; round++) {
      arena.reset()
      const given = randomPage(random)
      for (const [i, e] of FUNCTIONS.entries()) {
        const [wasm, expected] = (['wasm', 'interpreter'] as const).map((target) => {
          const projection = compileProjection(e, { registry, target })
          return outcome(() => {
            const block = projection.project(given, arena)
            expect(block.rowCount).toBe(given.rowCount)
            return Array.from({ length: given.rowCount }, (_, at) => readValue(block, at))
          })
        })
        expect(wasm, `round ${round}, function ${i}`).toEqual(expected)
        if (e.type.kind !== 'bigint' || typeof expected === 'string') continue
        const condition = comparison('>', e, number(2))
        const [kernel, selected] = (['wasm', 'interpreter'] as const).map((target) => {
          const found = compileFilter(condition, { registry, target }).filter(given, arena)
          return [found.count, ...(found.positions ?? [])].slice(0, found.count + 1)
        })
        expect(kernel, `round ${round}, condition ${i}`).toEqual(selected)
      }
    }
  })

  it('leave no text of JSON and no digits to another engine', () => {
    const random = createRandom(SEED)
    const empty = new Array<Block>(4 + NUMBER_TYPES.length).fill(
      blockOf(VARCHAR, new Array(500).fill(null), arena),
    )
    let found = 0
    for (let round = 0; round < 4; round++) {
      arena.reset()
      const docs = blockOf(VARCHAR, randomDocs(random, 500), arena)
      const numbers = Array.from({ length: 500 }, () => `${random.below(2 ** 31)}`)
      const given = page([...empty, docs, blockOf(VARCHAR, numbers, arena)])
      for (const e of [
        of('json_extract_scalar', doc, text('$.a')),
        of('json_size', doc, text('$')),
        cast(digits, BIGINT),
      ]) {
        const block = columnFunctionOf(e)!.evaluate(given, arena)
        expect(block).toBeDefined()
        for (let i = 0; i < 500; i++) if (!isNull(block!, i)) found++
      }
    }
    expect(found).toBeGreaterThan(2500)
  })

  it('refuse JSON that is nested deeper than the reader goes', () => {
    const empty = new Array<Block>(4 + NUMBER_TYPES.length).fill(blockOf(VARCHAR, [null], arena))
    for (const depth of [999, 1000, 1001, 100_000]) {
      const nested = `{"b": ${'['.repeat(depth)}1${']'.repeat(depth)}, "a": 7}`
      const given = page([...empty, blockOf(VARCHAR, [nested], arena)])
      const block = columnFunctionOf(of('json_extract_scalar', doc, text('$.a')))!.evaluate(
        given,
        arena,
      )
      expect(readValue(block!, 0), `${depth}`).toBe(depth < 1000 ? '7' : null)
    }
  })
})
