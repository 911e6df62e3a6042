import { describe } from 'vitest'
import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import type {
  ChannelOrder,
  WindowFrameSpec,
  WindowFunctionSpec,
  WindowSpec,
} from '../../../../src/operators/spec.js'
import { createWindow } from '../../../../src/operators/window.js'
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  INTEGER,
  type SqlType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { operatorProperty, operatorTest } from '../../../support/operator-test.js'
import { page, type Row } from '../../../support/page-literal.js'
import { randomValue } from '../../../support/random-value.js'
import { referenceWindow } from '../../../support/reference-window.js'
import type { Random } from '../../kernel-support/cells.js'

const registry = builtinRegistry()

/** Channels of the rows that tests use. */
const C = {
  partition: 0,
  key: 1,
  text: 2,
  double: 3,
  decimal: 4,
  filter: 5,
  offset: 6,
  below: 7,
  above: 8,
  big: 9,
} as const
const TYPES: readonly SqlType[] = [
  VARCHAR,
  INTEGER,
  VARCHAR,
  DOUBLE,
  decimalType(12, 2),
  BOOLEAN,
  BIGINT,
  INTEGER,
  INTEGER,
  BIGINT,
]

/** `below` and `above` lie at a distance before and after the key in its order. */
const randomRow =
  (ascending: boolean, partitions: readonly Value[]) =>
  (random: Random): Row => {
    const key = random.chance(0.15) ? null : random.below(30)
    const sign = ascending ? 1 : -1
    const near = (distance: number) => (key === null ? null : key + sign * distance)
    return [
      random.pick(partitions),
      key,
      randomValue(random, VARCHAR),
      randomValue(random, DOUBLE),
      randomValue(random, TYPES[C.decimal]!),
      randomValue(random, BOOLEAN),
      BigInt(random.below(random.pick([3, 200]))),
      near(-random.below(6)),
      near(random.below(6)),
      random.chance(0.1) ? 2n ** 61n : BigInt(random.below(9)),
    ]
  }

const channel = (index: number): Expression => ({
  kind: 'input',
  type: TYPES[index]!,
  channel: index,
})
const constant = (type: SqlType, value: Value): Expression => ({ kind: 'constant', type, value })

type CallOptions = Partial<Pick<WindowFunctionSpec, 'ignoreNulls' | 'filterChannel' | 'distinct'>>

const call = (
  name: string,
  args: readonly Expression[],
  frame: WindowFrameSpec,
  options: CallOptions = {},
): WindowFunctionSpec => ({
  function: registry.resolve(
    name,
    args.map((arg) => arg.type),
  ),
  args,
  frame,
  ignoreNulls: false,
  ...options,
})

const DEFAULT_FRAME: WindowFrameSpec = {
  unit: 'range',
  start: { kind: 'unbounded preceding' },
  end: { kind: 'current row' },
}

const ranking: readonly WindowFunctionSpec[] = [
  call('row_number', [], DEFAULT_FRAME),
  call('rank', [], DEFAULT_FRAME),
  call('dense_rank', [], DEFAULT_FRAME),
  call('percent_rank', [], DEFAULT_FRAME),
  call('cume_dist', [], DEFAULT_FRAME),
  call('ntile', [constant(BIGINT, 3n)], DEFAULT_FRAME),
]

const values = (frame: WindowFrameSpec): readonly WindowFunctionSpec[] => [
  call('first_value', [channel(C.text)], frame),
  call('last_value', [channel(C.double)], frame),
  call('first_value', [channel(C.text)], frame, { ignoreNulls: true }),
  call('last_value', [channel(C.text)], frame, { ignoreNulls: true }),
  call('nth_value', [channel(C.decimal), constant(BIGINT, 2n)], frame),
]

const neighbours: readonly WindowFunctionSpec[] = [
  call('lag', [channel(C.text)], DEFAULT_FRAME),
  call('lead', [channel(C.decimal), constant(BIGINT, 3n)], DEFAULT_FRAME),
  call('lag', [channel(C.double), channel(C.offset)], DEFAULT_FRAME),
  call('lead', [channel(C.text), constant(BIGINT, 1n), constant(VARCHAR, 'none')], DEFAULT_FRAME),
  call('lag', [channel(C.text), constant(BIGINT, 2n)], DEFAULT_FRAME, { ignoreNulls: true }),
]

const aggregates = (frame: WindowFrameSpec): readonly WindowFunctionSpec[] => [
  call('count', [], frame),
  call('count', [channel(C.text)], frame, { filterChannel: C.filter }),
  call('sum', [channel(C.double)], frame),
  call('sum', [channel(C.decimal)], frame, { filterChannel: C.filter }),
  call('avg', [channel(C.decimal)], frame),
  call('avg', [channel(C.double)], frame),
  call('avg', [channel(C.key)], frame),
  call('min', [channel(C.double)], frame),
  call('max', [channel(C.double)], frame),
  call('max', [channel(C.text)], frame, { filterChannel: C.filter }),
  call('min', [channel(C.decimal)], frame),
  call('array_agg', [channel(C.key)], frame),
  call('bool_and', [channel(C.filter)], frame),
  call('count_if', [channel(C.filter)], frame),
]

const plain = (kind: 'unbounded preceding' | 'current row' | 'unbounded following') => ({ kind })
const at = (kind: 'preceding' | 'following', unit: WindowFrameSpec['unit']) =>
  unit === 'range'
    ? { kind, channel: kind === 'preceding' ? C.below : C.above, sortKeyChannel: C.key }
    : { kind, channel: C.offset }

/** Every pair of bounds that the grammar allows. */
function framesOf(unit: WindowFrameSpec['unit']): readonly WindowFrameSpec[] {
  const preceding = at('preceding', unit)
  const following = at('following', unit)
  const order = [
    plain('unbounded preceding'),
    preceding,
    plain('current row'),
    following,
    plain('unbounded following'),
  ]
  return order.flatMap((start, i) =>
    order
      .slice(Math.max(i, 1))
      .filter(() => i < 4)
      .map((end) => ({ unit, start, end })),
  )
}

const by = (index: number, ascending: boolean, nullsFirst: boolean): ChannelOrder => ({
  channel: index,
  ascending,
  nullsFirst,
})

const spec = (
  partitionBy: readonly number[],
  orderBy: readonly ChannelOrder[],
  functions: readonly WindowFunctionSpec[],
): WindowSpec => ({
  kind: 'window',
  planNodeId: '1',
  types: TYPES,
  partitionBy,
  orderBy,
  functions,
})

const property = (
  name: string,
  window: WindowSpec,
  { runs = 3, ascending = true, rowCounts = [0, 1, 30, 60] } = {},
) =>
  operatorProperty(name, {
    types: TYPES,
    runs,
    rowCounts,
    make: (context) => createWindow(window, context),
    environment: () => ({ settings: { outputPageRows: 50 } }),
    randomRow: randomRow(ascending, window.partitionBy.length === 0 ? [null] : ['a', 'b', null]),
    reference: referenceWindow(window),
    order: 'any',
  })

describe('window', () => {
  operatorTest('numbers, ranks and running sums', {
    input: page`varchar bigint | a 3 | b 1 | a 1 | a 3 | b NULL`,
    make: (context) =>
      createWindow(
        {
          kind: 'window',
          planNodeId: '1',
          types: [VARCHAR, BIGINT],
          partitionBy: [0],
          orderBy: [by(1, true, false)],
          functions: [
            call('rank', [], DEFAULT_FRAME),
            {
              ...call('count', [], DEFAULT_FRAME),
              function: registry.resolve('sum', [BIGINT]),
              args: [{ kind: 'input', type: BIGINT, channel: 1 }],
            },
          ],
        },
        context,
      ),
    expect: page`varchar bigint bigint bigint
      | a 1 1 1 | a 3 2 7 | a 3 2 7 | b 1 1 1 | b NULL 2 1`,
  })

  const keyed = [by(C.key, true, false)]
  property('ranking', spec([C.partition], keyed, ranking), { runs: 10 })
  property('ranking by floats', spec([], [by(C.double, false, true)], ranking), { runs: 10 })
  property('ranking without an order', spec([C.partition], [], ranking), { runs: 10 })
  property('lag and lead', spec([C.partition], [by(C.text, true, true), ...keyed], neighbours), {
    runs: 10,
  })

  for (const unit of ['rows', 'groups', 'range'] as const) {
    for (const frame of framesOf(unit)) {
      for (const [ascending, nullsFirst] of [
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const orderBy = [by(C.key, ascending, nullsFirst)]
        const name = `${unit} ${frame.start.kind} to ${frame.end.kind} ${ascending} ${nullsFirst}`
        const functions = [...values(frame), ...aggregates(frame)]
        property(`${name} in partitions`, spec([C.partition], orderBy, functions), { ascending })
        property(name, spec([], orderBy, functions), { ascending, runs: 1, rowCounts: [150] })
      }
    }
  }

  const distinctFrames = [DEFAULT_FRAME, framesOf('rows')[6]!]
  for (const frame of distinctFrames) {
    const functions = [
      call('count', [channel(C.key)], frame, { distinct: true, filterChannel: C.filter }),
      call('sum', [channel(C.big)], frame, { distinct: true }),
    ]
    property(`distinct ${frame.unit}`, spec([C.partition], keyed, functions), { runs: 10 })
  }
})

describe('sums that leave 64 bits', () => {
  const frame: WindowFrameSpec = { ...DEFAULT_FRAME, unit: 'rows' }
  const make = (frameSpec: WindowFrameSpec) =>
    createWindow.bind(null, {
      kind: 'window',
      planNodeId: '1',
      types: [BIGINT],
      partitionBy: [],
      orderBy: [by(0, true, false)],
      functions: [
        {
          function: registry.resolve('sum', [BIGINT]),
          args: [{ kind: 'input', type: BIGINT, channel: 0 }],
          frame: frameSpec,
          ignoreNulls: false,
        },
      ],
    } satisfies WindowSpec)
  operatorTest('fail', {
    input: page`bigint | 9223372036854775807 | 9223372036854775807`,
    make: make(frame),
    expect: { error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
  })
  operatorTest('are exact up to there', {
    input: page`bigint | 9223372036854775800 | 7`,
    make: make(frame),
    expect: page`bigint bigint | 7 7 | 9223372036854775800 9223372036854775807`,
  })
})

describe('frames with bad offsets', () => {
  for (const unit of ['rows', 'groups', 'range'] as const) {
    for (const kind of ['preceding', 'following'] as const) {
      for (const offset of ['NULL', '-1']) {
        // RANGE is given the boundary: a negative offset lies on the other side of the key.
        const boundary = offset === 'NULL' ? 'NULL' : kind === 'preceding' ? '6' : '4'
        const isRange = unit === 'range'
        operatorTest(`${unit} ${offset} ${kind}`, {
          input: page`bigint bigint | 5 ${isRange ? boundary : offset}`,
          make: (context) =>
            createWindow(
              {
                kind: 'window',
                planNodeId: '1',
                types: [BIGINT, BIGINT],
                partitionBy: [],
                orderBy: [by(0, true, false)],
                functions: [
                  call('count', [], {
                    unit,
                    start:
                      kind === 'preceding'
                        ? { kind, channel: 1, sortKeyChannel: 0 }
                        : plain('current row'),
                    end:
                      kind === 'following'
                        ? { kind, channel: 1, sortKeyChannel: 0 }
                        : plain('current row'),
                  }),
                ],
              },
              context,
            ),
          expect: { error: 'INVALID_WINDOW_FRAME' },
        })
      }
    }
  }
})
