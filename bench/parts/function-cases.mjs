import { seededRandom } from '../report/statistics.mjs'
import { byteLoops, textsOf } from './byte-loops.mjs'

export const ROW_COUNT = 8192

/** Columns of a page: values as a column of the engine and the arrays that a loop by hand would read. */
function columns({ spi, parseType, arena }) {
  const random = seededRandom(1)
  const whole = (below) => Math.floor(random() * below)
  const fill = (of) => Array.from({ length: ROW_COUNT }, of)
  const block = (type, values) => {
    const builder = spi.createBlockBuilder(parseType(type), arena)
    for (const value of values) builder.append(value)
    return builder.build()
  }
  const make = (type, values, loopValues) => ({
    type,
    block: block(type, values),
    array: loopValues,
  })
  const doubles = () => {
    const values = fill(() => random() * 1000)
    return make('double', values, Float64Array.from(values))
  }
  const bigints = (below) => {
    const values = fill(() => whole(below))
    return make('bigint', values.map(BigInt), Int32Array.from(values))
  }
  const text = (values) => {
    const column = make('varchar', values, undefined)
    return { ...column, texts: textsOf(values), values }
  }
  const WORDS = 'the special requests of quick foxes sleep above pending accounts'.split(' ')
  const sentences = fill(
    () => Array.from({ length: 4 }, () => WORDS[whole(WORDS.length)]).join(' ') + whole(1e6),
  )
  const days = fill(() => 8000 + whole(2600))
  const cents = fill(() => whole(1e6))
  return {
    x: doubles(),
    y: doubles(),
    a: bigints(1000),
    b: bigints(1e6),
    d: make('date', days, Int32Array.from(days)),
    price: make('decimal(12,2)', cents.map(BigInt), Int32Array.from(cents)),
    s: text(sentences),
    doc: text(fill((_, i) => `{"id":${i},"who":{"name":"${WORDS[whole(WORDS.length)]}"}}`)),
    list: make(
      'array(bigint)',
      fill(() => [1n, BigInt(whole(9)), 3n]),
      undefined,
    ),
  }
}

/** One or more expressions of each family with the loop that a programmer would write for these arrays. */
export function functionCases(tools) {
  const { ir, registry, parseType } = tools
  const all = columns(tools)
  const constant = (type, value) => ir.constant(parseType(type), value)
  /** Builds an expression over the columns that it names. */
  const over = (names, make) => {
    const inputs = names.map((name, i) => ir.input(i, all[name].block.type))
    return { expression: make(...inputs), blocks: names.map((name) => all[name].block) }
  }
  const call = (name, ...args) => {
    const resolved = registry.resolve(
      name,
      args.map((arg) => arg.type),
    )
    return ir.call(
      resolved,
      args.map((arg, i) => ir.coerce(arg, resolved.argumentTypes[i])),
    )
  }
  const { x, y, a, b, d, price, s, doc } = all
  const f64 = new Float64Array(ROW_COUNT)
  const numbers = (of) => () => {
    for (let i = 0; i < ROW_COUNT; i++) f64[i] = of(i)
    return f64
  }
  const loops = byteLoops(s.texts)
  const one = (family, name, expression, loop) => ({ family, name, ...expression, loop })
  /** A function of one column. */
  const unary = (family, name, column, loop) =>
    one(
      family,
      `${name}(${column})`,
      over([column], (p) => call(name, p)),
      loop,
    )
  return [
    one(
      'arithmetic',
      'x * y + x',
      over(['x', 'y'], (p, q) => call('$add', call('$multiply', p, q), p)),
      numbers((i) => x.array[i] * y.array[i] + x.array[i]),
    ),
    one(
      'arithmetic',
      'bigint a + b',
      over(['a', 'b'], (p, q) => call('$add', p, q)),
      numbers((i) => a.array[i] + b.array[i]),
    ),
    unary(
      'math',
      'sqrt',
      'x',
      numbers((i) => Math.sqrt(x.array[i])),
    ),
    unary(
      'math',
      'abs',
      'a',
      numbers((i) => Math.abs(a.array[i])),
    ),
    unary(
      'math',
      'floor',
      'x',
      numbers((i) => Math.floor(x.array[i])),
    ),
    unary(
      'math',
      'ln',
      'x',
      numbers((i) => Math.log(x.array[i])),
    ),
    one(
      'bitwise',
      'bitwise_and(a, b)',
      over(['a', 'b'], (p, q) => call('bitwise_and', p, q)),
      numbers((i) => a.array[i] & b.array[i]),
    ),
    one(
      'decimals',
      'price * 2.00',
      over(['price'], (p) => call('$multiply', p, constant('decimal(3,2)', 200n))),
      numbers((i) => price.array[i] * 200),
    ),
    one(
      'comparison',
      'x < y',
      over(['x', 'y'], (p, q) => ir.comparison('<', p, q)),
      loops.booleans((i) => x.array[i] < y.array[i]),
    ),
    one(
      'conditional',
      'CASE WHEN a > 500 THEN x ELSE y',
      over(['a', 'x', 'y'], (p, q, r) =>
        ir.caseWhen([{ condition: ir.comparison('>', p, constant('bigint', 500n)), result: q }], r),
      ),
      numbers((i) => (a.array[i] > 500 ? x.array[i] : y.array[i])),
    ),
    one(
      'conditional',
      'coalesce(x, y)',
      over(['x', 'y'], (p, q) => ir.coalesce([p, q])),
      numbers((i) => x.array[i]),
    ),
    one(
      'casts',
      'bigint to double',
      over(['b'], (p) => ir.cast(p, parseType('double'))),
      numbers((i) => b.array[i]),
    ),
    one(
      'casts',
      'double to bigint',
      over(['x'], (p) => ir.cast(p, parseType('bigint'))),
      numbers((i) => Math.round(x.array[i])),
    ),
    one(
      'casts',
      'bigint to varchar',
      over(['b'], (p) => ir.cast(p, parseType('varchar'))),
      loops.numberTexts(b.array),
    ),
    unary(
      'dates',
      'year',
      'd',
      numbers((i) => yearOf(d.array[i])),
    ),
    unary(
      'dates',
      'day_of_week',
      'd',
      numbers((i) => ((d.array[i] + 3) % 7) + 1),
    ),
    unary('strings', 'length', 's', loops.length),
    unary('strings', 'upper', 's', loops.upper),
    one(
      'strings',
      'substring(s, 3, 8)',
      over(['s'], (p) => call('substring', p, constant('bigint', 3n), constant('bigint', 8n))),
      loops.substring(2, 8),
    ),
    one(
      'strings',
      's || s',
      over(['s'], (p) => call('concat', p, p)),
      loops.twice,
    ),
    one(
      'strings',
      "strpos(s, 'pend')",
      over(['s'], (p) => call('strpos', p, constant('varchar', 'pend'))),
      loops.position('pend'),
    ),
    unary('strings', 'reverse', 's', loops.reverse),
    one(
      'regular expressions',
      "regexp_like(s, 'sp[a-e]c.*req')",
      over(['s'], (p) => call('regexp_like', p, constant('varchar', 'sp[a-e]c.*req'))),
      loops.matches(/sp[a-e]c.*req/),
    ),
    one(
      'JSON',
      "json_extract_scalar(doc, '$.who.name')",
      over(['doc'], (p) => call('json_extract_scalar', p, constant('varchar', '$.who.name'))),
      byteLoops(doc.texts).parsed((value) => value.who.name),
    ),
    unary(
      'arrays',
      'cardinality',
      'list',
      numbers(() => 3),
    ),
  ]
}

/** @source Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, civil_from_days */
function yearOf(days) {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  return yearOfEra + era * 400 + (dayOfYear >= 306 ? 1 : 0)
}
