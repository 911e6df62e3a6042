import type { Expression } from '../../expressions/ir.js'
import {
  and,
  call,
  caseWhen,
  cast,
  coerce,
  comparison,
  constant,
  isNull,
  TRUE,
} from '../../expressions/ir-build.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { BIGINT, BOOLEAN, type SqlType, typeName, VARBINARY, VARCHAR } from '../../spi/index.js'
import { failure } from '../analyzer/failure.js'
import type { ResolvedColumn } from '../metadata.js'
import type { PlanNode } from '../plan/node.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import type { WriterTarget } from '../plan/writer-target.js'
import type { PlannerState, RelationPlan } from './sub-plan.js'

/** NULL for a NOT NULL column fails, in rows of which `isWritten` holds; without it in all. */
export function requireValues(
  state: PlannerState,
  source: PlanNode,
  columns: readonly {
    readonly column: ResolvedColumn
    readonly symbol: PlanSymbol
    readonly isWritten?: Expression
  }[],
): PlanNode {
  const whens = columns.flatMap(({ column, symbol, isWritten }) =>
    column.nullable === false
      ? [
          {
            condition: and([
              isNull(symbolReference(symbol)),
              ...(isWritten === undefined ? [] : [isWritten]),
            ]),
            result: failure(
              state.registry,
              'CONSTRAINT_VIOLATION',
              `NULL value not allowed for NOT NULL column: ${column.name}`,
              BOOLEAN,
            ),
          },
        ]
      : [],
  )
  if (whens.length === 0) return source
  return { kind: 'filter', id: state.ids.next(), source, predicate: caseWhen(whens, TRUE) }
}

/**
 * The value as the column's type; text longer than the column fails unless only blanks are cut.
 * @param statement for the message
 */
export function storedAs(
  registry: FunctionRegistry,
  value: Expression,
  type: SqlType,
  statement: 'INSERT' | 'UPDATE' | 'MERGE' = 'INSERT',
): Expression {
  const { type: from } = value
  const isText = (t: SqlType) => t.kind === 'varchar' || t.kind === 'char'
  const length = type.kind === 'varchar' || type.kind === 'char' ? type.length : undefined
  if (!isText(from) || length === undefined) return coerce(value, type)
  if ((from.kind === 'varchar' || from.kind === 'char') && (from.length ?? Infinity) <= length) {
    return coerce(value, type)
  }
  const trimmed = call(registry.resolve('rtrim', [VARCHAR]), [cast(value, VARCHAR)])
  const size = call(registry.resolve('length', [VARCHAR]), [coerce(trimmed, VARCHAR)])
  return caseWhen(
    [
      {
        condition: comparison('>', size, constant(BIGINT, BigInt(length))),
        result: failure(
          registry,
          'INVALID_CAST_ARGUMENT',
          `Cannot truncate non-space characters when casting from ${typeName(from)} to ${typeName(type)} on ${statement}`,
          type,
        ),
      },
    ],
    cast(value, type),
  )
}

/** The writer and the finish over rows; the one output counts them. */
export function writer(
  state: PlannerState,
  source: PlanNode,
  columns: readonly PlanSymbol[],
  columnNames: readonly string[],
  target: WriterTarget,
): RelationPlan {
  const partial = state.symbols.newSymbol('partialrows', BIGINT)
  const node: PlanNode = {
    kind: 'tableWriter',
    id: state.ids.next(),
    source,
    target,
    columns,
    columnNames,
    rowCountSymbol: partial,
    fragmentSymbol: state.symbols.newSymbol('fragment', VARBINARY),
  }
  const rowCountSymbol = state.symbols.newSymbol('rows', BIGINT)
  return {
    node: { kind: 'tableFinish', id: state.ids.next(), source: node, target, rowCountSymbol },
    symbols: [rowCountSymbol],
  }
}
