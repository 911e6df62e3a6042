import type { Expression } from '../../expressions/ir.js'
import { call, constant } from '../../expressions/ir-build.js'
import { BIGINT, MillraceError, type TableFunctionArgument } from '../../spi/index.js'
import type { TableFunctionArgumentValues } from '../metadata.js'
import { type Analysis, newField } from './analysis.js'
import type { BoundRelation, BoundUnnest, Field } from './bound.js'
import { fieldReference } from './column-analysis.js'

export const SEQUENCE_ARGUMENTS: readonly TableFunctionArgument[] = [
  { kind: 'scalar', name: 'START', type: BIGINT, required: false, defaultValue: 0n },
  { kind: 'scalar', name: 'STOP', type: BIGINT, required: true },
  { kind: 'scalar', name: 'STEP', type: BIGINT, required: false, defaultValue: 1n },
]

/** What the scalar function sequence gives at most. */
const CHUNK = 10_000n

const refuse = (message: string): never => {
  throw new MillraceError('INVALID_FUNCTION_ARGUMENT', message)
}

/**
 * TABLE(sequence(start, stop, step)) as arrays unnested: one of up to 10,000 numbers, or one for each such chunk of a sequence
 * of chunks.
 * @source Trino io.trino.operator.table.Sequence
 */
export function boundSequence(
  args: TableFunctionArgumentValues,
  analysis: Analysis,
): BoundRelation {
  const numberOf = (name: 'START' | 'STOP' | 'STEP', what: string): bigint => {
    const argument = args[name]
    const value = argument?.kind === 'scalar' ? argument.value : null
    return typeof value === 'bigint' ? value : refuse(`${what} is null`)
  }
  const start = numberOf('START', 'Start')
  const stop = numberOf('STOP', 'Stop')
  const step = numberOf('STEP', 'Step')
  if (start < stop && step <= 0n) refuse(`Step must be positive for sequence [${start}, ${stop}]`)
  if (start > stop && step >= 0n) refuse(`Step must be negative for sequence [${start}, ${stop}]`)
  const count = start === stop ? 1n : (stop - start) / step + 1n
  const field = newField(analysis, BIGINT, 'sequential_number')
  const numbers = numbersFrom({ start, step: start === stop ? 1n : step, count }, field, analysis)
  return numbers.fields.length === 1
    ? numbers
    : { kind: 'query', body: numbers, fields: [field], orderBy: [] }
}

interface Numbers {
  readonly start: bigint
  readonly step: bigint
  readonly count: bigint
}

const bigint = (value: bigint): Expression => constant(BIGINT, value)

/** A relation with the numbers as `field`, perhaps after columns that number the chunks. */
function numbersFrom(numbers: Numbers, field: Field, analysis: Analysis): BoundRelation {
  const { start, step, count } = numbers
  if (count <= CHUNK) {
    return unnested(analysis, field, bigint(start), bigint(start + (count - 1n) * step), step)
  }
  const chunkField = newField(analysis, BIGINT)
  const chunkCount = (count + CHUNK - 1n) / CHUNK
  const chunks = numbersFrom({ start: 0n, step: 1n, count: chunkCount }, chunkField, analysis)
  const binary = (name: string, left: Expression, right: Expression) =>
    call(analysis.registry.resolve(name, [BIGINT, BIGINT]), [left, right])
  const chunk = fieldReference(chunkField)
  /** The number at an index that is computed from the chunk's. */
  const at = (index: Expression) =>
    binary('$add', bigint(start), binary('$multiply', index, bigint(step)))
  const first = binary('$multiply', chunk, bigint(CHUNK))
  const last = binary('least', binary('$add', first, bigint(CHUNK - 1n)), bigint(count - 1n))
  const right = unnested(analysis, field, at(first), at(last), step)
  return {
    kind: 'join',
    type: 'inner',
    left: chunks,
    right,
    lateral: true,
    fields: [...chunks.fields, field],
  }
}

function unnested(
  analysis: Analysis,
  field: Field,
  first: Expression,
  last: Expression,
  step: bigint,
): BoundUnnest {
  const sequence = analysis.registry.resolve('sequence', [BIGINT, BIGINT, BIGINT])
  const expression = call(sequence, [first, last, bigint(step)])
  return { kind: 'unnest', collections: [{ expression, fields: [field] }], fields: [field] }
}
