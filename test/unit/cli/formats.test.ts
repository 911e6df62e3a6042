import { describe, expect, it } from 'vitest'
import type { ShellColumn, ShellRow } from '../../../src/cli/connection/connection.js'
import {
  createPrinter,
  OUTPUT_FORMATS,
  parseOutputFormat,
  type TextFormat,
} from '../../../src/cli/format/output-format.js'
import type { TypeSignature } from '../../../src/client/value-decoder.js'

const type = (rawType: string, ...inner: readonly TypeSignature[]): TypeSignature => ({
  rawType,
  arguments: inner.map((value) => ({ kind: 'TYPE', value })),
})
const row = (...fields: readonly (readonly [string | undefined, TypeSignature])[]) => ({
  rawType: 'row',
  arguments: fields.map(([name, typeSignature]) => ({
    kind: 'NAMED_TYPE',
    value: { ...(name === undefined ? {} : { fieldName: { name } }), typeSignature },
  })),
})
const INTEGER = type('integer')
const VARCHAR = type('varchar')
const DOUBLE = type('double')
const VARBINARY = type('varbinary')

const column = (name: string, typed: TypeSignature): ShellColumn => ({ name, type: typed })
const printed = (
  format: TextFormat,
  columns: readonly ShellColumn[],
  rows: readonly ShellRow[],
  width = 80,
): string => createPrinter(format, columns, width).print(rows, true)

/** Expected texts are what Trino's CLI 476 prints of these values. */
describe('a value', () => {
  const SEVENTEEN = Uint8Array.from({ length: 17 }, (_, index) => index + 1)
  const HEX = '01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10'
  it.each<[string, TypeSignature, unknown, string]>([
    ['integer', INTEGER, 7, '7'],
    ['bigint', type('bigint'), 9223372036854775807n, '9223372036854775807'],
    ['double', DOUBLE, 1, '1.0'],
    ['large double', DOUBLE, 1e10, '1.0E10'],
    ['double of seven digits', DOUBLE, 123456789.125, '1.23456789125E8'],
    ['small double', DOUBLE, 1e-5, '1.0E-5'],
    ['negative zero', DOUBLE, -0, '-0.0'],
    ['NaN', DOUBLE, Number.NaN, 'NaN'],
    ['infinity', DOUBLE, Number.POSITIVE_INFINITY, 'Infinity'],
    ['boolean', type('boolean'), true, 'true'],
    ['NULL', INTEGER, null, 'NULL'],
    ['array', type('array', INTEGER), [1, 2, null], '[1, 2, NULL]'],
    ['array of doubles', type('array', DOUBLE), [1, 2.5], '[1.0, 2.5]'],
    [
      'array of bytes',
      type('array', VARBINARY),
      [Uint8Array.of(1), Uint8Array.of(2, 3)],
      '[01, 02 03]',
    ],
    [
      'map',
      type('map', VARCHAR, INTEGER),
      new Map([
        ['k', 1],
        ['l', null],
      ]),
      '{k=1, l=NULL}',
    ],
    ['row', row(['x', INTEGER], ['y', VARCHAR]), [1, 'z'], '{x=1, y=z}'],
    ['row without names', row([undefined, INTEGER], [undefined, DOUBLE]), [1, 2.5], '{1, 2.5}'],
    ['row with a name twice', row(['a', INTEGER], ['a', INTEGER]), [1, 2], '{a=1, a=2}'],
  ])('%s', (_, typed, value, text) => {
    expect(printed('VERTICAL', [column('v', typed)], [[value]]).split('\n')[1]).toBe(`v | ${text}`)
  })

  it('of bytes breaks after 16 of them in tables, and not in CSV', () => {
    const columns = [column('v', VARBINARY)]
    expect(
      printed('ALIGNED', columns, [[SEVENTEEN]])
        .split('\n')
        .slice(2, 4),
    ).toEqual([` ${HEX} `, ` ${'11'.padEnd(47)} `])
    expect(printed('CSV', columns, [[SEVENTEEN]])).toBe(`"${HEX} 11"\n`)
  })
})

describe('formats', () => {
  const COLUMNS = [
    column('a', INTEGER),
    column('B c', VARCHAR),
    column('longer_name_here', VARCHAR),
  ]
  const ROWS: readonly ShellRow[] = [
    [1, 'x', 'a\nb'],
    [22, null, 'wide日本x'],
    [null, '|*_', 'y'],
  ]

  it.each<[TextFormat, string]>([
    ['CSV', '"1","x","a\nb"\n"22","","wide日本x"\n"","|*_","y"\n'],
    ['CSV_UNQUOTED', '1,x,a\nb\n22,,wide日本x\n,|*_,y\n'],
    [
      'CSV_HEADER',
      '"a","B c","longer_name_here"\n"1","x","a\nb"\n"22","","wide日本x"\n"","|*_","y"\n',
    ],
    ['CSV_HEADER_UNQUOTED', 'a,B c,longer_name_here\n1,x,a\nb\n22,,wide日本x\n,|*_,y\n'],
    ['TSV', '1\tx\ta\\nb\n22\t\twide日本x\n\t|*_\ty\n'],
    ['TSV_HEADER', 'a\tB c\tlonger_name_here\n1\tx\ta\\nb\n22\t\twide日本x\n\t|*_\ty\n'],
    [
      'ALIGNED',
      [
        '  a   | B c  | longer_name_here ',
        '------+------+------------------',
        '    1 | x    | a               +',
        '      |      | b                ',
        '   22 | NULL | wide日本x        ',
        ' NULL | |*_  | y                ',
        '(3 rows)',
        '',
      ].join('\n'),
    ],
    [
      'MARKDOWN',
      [
        '|    a | B c    | longer_name_here |',
        '| ----:| ------ | ---------------- |',
        '|    1 | x      | a<br>b           |',
        '|   22 | NULL   | wide日本x        |',
        '| NULL | \\|\\*\\_ | y                |',
        '',
      ].join('\n'),
    ],
    [
      'VERTICAL',
      [
        '-[ RECORD 1 ]----+----------',
        'a                | 1',
        'B c              | x',
        'longer_name_here | a',
        '                 | b',
        '-[ RECORD 2 ]----+----------',
        'a                | 22',
        'B c              | NULL',
        'longer_name_here | wide日本x',
        '-[ RECORD 3 ]----+----------',
        'a                | NULL',
        'B c              | |*_',
        'longer_name_here | y',
        '',
      ].join('\n'),
    ],
    [
      'JSON',
      [
        '{"a":1,"B c":"x","longer_name_here":"a\\nb"}',
        '{"a":22,"B c":null,"longer_name_here":"wide日本x"}',
        '{"a":null,"B c":"|*_","longer_name_here":"y"}',
        '',
      ].join('\n'),
    ],
    ['NULL', ''],
  ])('%s', (format, expected) => {
    expect(printed(format, COLUMNS, ROWS)).toBe(expected)
  })

  it.each<[TextFormat, string]>([
    ['CSV', ''],
    ['CSV_HEADER', '"a"\n'],
    ['TSV_HEADER', 'a\n'],
    ['ALIGNED', ' a \n---\n(0 rows)\n'],
    ['VERTICAL', '(no rows)\n'],
    ['MARKDOWN', '| a |\n| -:|\n'],
    ['JSON', ''],
  ])('%s of no rows', (format, expected) => {
    expect(printed(format, [column('a', INTEGER)], [])).toBe(expected)
  })

  it('write quotes and control characters so that readers get them back', () => {
    const columns = [column('v', VARCHAR)]
    const text = 'a "b" \\ \t \r \0'
    expect(printed('CSV', columns, [[text]])).toBe('"a ""b"" \\ \t \r \0"\n')
    expect(printed('TSV', columns, [[text]])).toBe('a "b" \\\\ \\t \\r \\0\n')
    expect(JSON.parse(printed('JSON', columns, [[text]]))).toEqual({ v: text })
  })

  it('JSON has arrays, maps and rows, exact numbers and no NaN', () => {
    const columns = [
      column('list', type('array', DOUBLE)),
      column('map', type('map', INTEGER, VARBINARY)),
      column('row', row(['x', type('bigint')], [undefined, type('decimal')])),
    ]
    const values = [
      [1, Number.NaN, 1e10],
      new Map([[1, Uint8Array.of(0, 255)]]),
      [2n ** 62n, '1.50'],
    ]
    expect(printed('JSON', columns, [values])).toBe(
      '{"list":[1.0,"NaN",1.0E10],"map":{"1":"00 ff"},"row":{"x":4611686018427387904,"field1":"1.50"}}\n',
    )
  })

  it('AUTO is a table where it fits the terminal, else a line a column', () => {
    const columns = [column('a', VARCHAR), column('b', VARCHAR)]
    const rows = [['x'.repeat(10), 'y'.repeat(10)]]
    expect(printed('AUTO', columns, rows, 25)).toBe(printed('ALIGNED', columns, rows))
    expect(printed('AUTO', columns, rows, 24)).toBe(printed('VERTICAL', columns, rows))
  })

  it('of rows in several batches have one header and one end', () => {
    const printer = createPrinter('ALIGNED', [column('a', INTEGER)], 80)
    expect(
      printer.print([[1]], false) + printer.print([[100]], false) + printer.print([], true),
    ).toBe(' a \n---\n 1 \n 100 \n(2 rows)\n')
  })

  it('are named as in Trino', () => {
    expect(parseOutputFormat('csv_header')).toBe('CSV_HEADER')
    expect(OUTPUT_FORMATS).toEqual(expect.arrayContaining(['AUTO', 'ARROW', 'PARQUET', 'NULL']))
    expect(() => parseOutputFormat('xml')).toThrow('Not an output format: xml')
  })
})
