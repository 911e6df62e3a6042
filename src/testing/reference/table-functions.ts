import {
  assert,
  BIGINT,
  blockOf,
  type ConnectorTableFunction,
  type FunctionProvider,
  MillraceError,
  page,
  type TableFunctionArgumentValue,
  type TableFunctionDataProcessor,
  type TableFunctionSplitProcessor,
} from '../../spi/index.js'
import type { ReferenceFunction, ReferenceSplit, ReferenceTypes } from './handles.js'

type Args = Readonly<Record<string, TableFunctionArgumentValue>>

function bigintOf(args: Args, name: string): bigint {
  const value = args[name]
  assert(value?.kind === 'scalar', 'a scalar argument')
  if (typeof value.value === 'bigint') return value.value
  throw new MillraceError('INVALID_FUNCTION_ARGUMENT', `Argument must not be null: ${name}`)
}

/** TABLE(reference.system.numbers(from => 1, to => 3)): the connector puts a table in its place. */
const numbers: ConnectorTableFunction<ReferenceTypes> = {
  schema: 'system',
  name: 'numbers',
  args: [
    { kind: 'scalar', name: 'FROM', type: BIGINT, required: false, defaultValue: 1n },
    { kind: 'scalar', name: 'TO', type: BIGINT, required: true },
  ],
  returnType: { kind: 'generic' },
  analyze: (_session, _transaction, args) => ({
    returnedType: [{ name: 'n', type: BIGINT }],
    handle: { kind: 'numbers', from: bigintOf(args, 'FROM'), to: bigintOf(args, 'TO') },
  }),
}

/** TABLE(reference.system.countdown(3)): 3, 2, 1, by a processor a split. */
const countdown: ConnectorTableFunction<ReferenceTypes> = {
  schema: 'system',
  name: 'countdown',
  args: [{ kind: 'scalar', name: 'FROM', type: BIGINT, required: true }],
  returnType: { kind: 'described', fields: [{ name: 'n', type: BIGINT }] },
  analyze: (_session, _transaction, args) => ({
    handle: { kind: 'countdown', from: bigintOf(args, 'FROM') },
  }),
}

/** TABLE(reference.system.numbered(TABLE(t) PARTITION BY … ORDER BY …)): each row behind its number in its partition. */
const numbered: ConnectorTableFunction<ReferenceTypes> = {
  schema: 'system',
  name: 'numbered',
  args: [
    {
      kind: 'table',
      name: 'INPUT',
      rowSemantics: false,
      pruneWhenEmpty: true,
      passThroughColumns: true,
    },
  ],
  returnType: { kind: 'described', fields: [{ name: 'number', type: BIGINT }] },
  analyze: () => ({ requiredColumns: { INPUT: [0] }, handle: { kind: 'numbered' } }),
}

export const tableFunctions: readonly ConnectorTableFunction<ReferenceTypes>[] = [
  numbers,
  countdown,
  numbered,
]

export const functionProvider: FunctionProvider<ReferenceTypes> = {
  getTableFunctionProcessorProvider: (call) =>
    call.kind === 'numbered'
      ? { getDataProcessor: numberingProcessor }
      : {
          getSplitProcessor: (_session, _handle, split) =>
            countdownProcessor(call.kind === 'countdown' ? call.from : 0n, split),
        },
}

/** Parts of what a function counts. */
export function functionSplits(
  call: ReferenceFunction,
  rowsPerSplit: number,
): readonly ReferenceSplit[] {
  const count = call.kind === 'countdown' ? Math.max(Number(call.from), 0) : 0
  const splits: ReferenceSplit[] = []
  for (let from = 0; from < count; from += rowsPerSplit) {
    splits.push({ from, to: Math.min(from + rowsPerSplit, count) })
  }
  return splits
}

const countdownProcessor = (
  first: bigint,
  { from = 0, to = 0 }: ReferenceSplit,
): TableFunctionSplitProcessor => ({
  *process() {
    const values = Array.from({ length: to - from }, (_, i) => first - BigInt(from + i))
    yield page([blockOf(BIGINT, values)])
  },
})

function numberingProcessor(): TableFunctionDataProcessor {
  let rowsBefore = 0
  return {
    *process([rows]) {
      if (rows === undefined) return
      const indexes = Array.from({ length: rows.rowCount }, (_, i) => BigInt(rowsBefore + i))
      rowsBefore += rows.rowCount
      yield page([
        blockOf(
          BIGINT,
          indexes.map((index) => index + 1n),
        ),
        blockOf(BIGINT, indexes),
      ])
    },
  }
}
