import { canCoerce } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { call, coerce, constant } from '../../expressions/ir-build.js'
import { BIGINT, MillraceError, typeName } from '../../spi/index.js'
import type { Expression as AstExpression, TableFunctionArgument } from '../parser/ast/index.js'
import { type Analysis, analyze, expressionContext, newField } from './analysis.js'
import type { BoundRelation, BoundUnnest, Field } from './bound.js'
import { fieldReference } from './column-analysis.js'
import { evaluateConstant } from './constant-evaluation.js'
import type { Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

export interface SequenceArguments {
  readonly START?: TableFunctionArgument
  readonly STOP: TableFunctionArgument
  readonly STEP?: TableFunctionArgument
}

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
  args: SequenceArguments,
  scope: Scope,
  analysis: Analysis,
): BoundRelation {
  const value = (argument: TableFunctionArgument | undefined, otherwise: bigint, what: string) =>
    argument === undefined ? otherwise : bigintArgument(argument, scope, analysis, what)
  const start = value(args.START, 0n, 'Start')
  const stop = value(args.STOP, 0n, 'Stop')
  const step = value(args.STEP, 1n, 'Step')
  if (start < stop && step <= 0n) refuse(`Step must be positive for sequence [${start}, ${stop}]`)
  if (start > stop && step >= 0n) refuse(`Step must be negative for sequence [${start}, ${stop}]`)
  const count = start === stop ? 1n : (stop - start) / step + 1n
  const field = newField(analysis, BIGINT, 'sequential_number')
  const numbers = numbersFrom({ start, step: start === stop ? 1n : step, count }, field, analysis)
  return numbers.fields.length === 1
    ? numbers
    : { kind: 'query', body: numbers, fields: [field], orderBy: [] }
}

function bigintArgument(
  argument: TableFunctionArgument,
  scope: Scope,
  analysis: Analysis,
  what: string,
): bigint {
  const node = argument.value
  if (
    node.kind === 'tableFunctionTableArgument' ||
    node.kind === 'tableFunctionDescriptorArgument'
  ) {
    const got = node.kind === 'tableFunctionTableArgument' ? 'table' : 'descriptor'
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      argument,
      `Invalid argument ${what.toUpperCase()}. Expected expression, got ${got}`,
    )
  }
  const expression = analyze(node as AstExpression, expressionContext(analysis, scope))
  if (!canCoerce(expression.type, BIGINT)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Cannot cast type ${typeName(expression.type)} to bigint`,
    )
  }
  const { value } = evaluateConstant(coerce(expression, BIGINT), analysis, node)
  return typeof value === 'bigint' ? value : refuse(`${what} is null`)
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
