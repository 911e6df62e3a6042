import {
  type CallNode,
  type ConnectorExpression,
  STANDARD_FUNCTIONS as F,
  type SqlType,
  typeName,
  typesEqual,
} from '../../spi/index.js'
import { type Refusal, refused, type SqlDialect, type Written } from './dialect.js'
import type { Comparability, SqlColumn } from './handles.js'
import { allOf, anyOf, binary, type SqlExpression } from './sql-tree.js'

const COMPARISONS: Readonly<
  Record<string, { readonly operator: string; readonly ordered: boolean }>
> = {
  [F.equal]: { operator: '=', ordered: false },
  [F.notEqual]: { operator: '<>', ordered: false },
  [F.lessThan]: { operator: '<', ordered: true },
  [F.lessThanOrEqual]: { operator: '<=', ordered: true },
  [F.greaterThan]: { operator: '>', ordered: true },
  [F.greaterThanOrEqual]: { operator: '>=', ordered: true },
}

/** Columns of variables. */
export type Scope = Readonly<Record<string, SqlColumn>>

export const isRefusal = (written: Refusal | object): written is Refusal =>
  (written as Partial<Refusal>).kind === 'refused'

/** Writes expressions in a database's SQL where that means the same. */
export function expressionWriter(dialect: SqlDialect, scope: Scope) {
  const write = (e: ConnectorExpression): Written => {
    switch (e.kind) {
      case 'constant':
        return e.value === null ? { kind: 'null' } : dialect.literal(e.type, e.value)
      case 'variable': {
        const column = scope[e.name]
        return column === undefined ? refused('no column of the table') : dialect.checked(column)
      }
      case 'fieldDereference':
        return refused('fields of rows are read by the engine')
      case 'call':
        return writeCall(e)
    }
  }

  const comparability = (e: ConnectorExpression): Comparability => {
    if (e.kind === 'variable') return scope[e.name]?.comparability ?? 'none'
    return e.kind === 'constant' && e.value === null ? 'order' : dialect.comparability(e.type)
  }

  /** Refuses operands that the database compares in another way than the engine. */
  const incomparable = (operands: readonly ConnectorExpression[], ordered: boolean) => {
    const first = operands[0]!
    if (dialect.comparesNaN && isFloat(first.type)) return refused('NaN equals itself there')
    for (const e of operands) {
      if (!typesEqual(e.type, first.type) && !bothText(e, first)) {
        return refused(`compares ${typeName(first.type)} with ${typeName(e.type)}`)
      }
      const able = comparability(e)
      if (able === 'order' || (able === 'equality' && !ordered)) continue
      const column = e.kind === 'variable' ? scope[e.name] : undefined
      return refused(column?.reason ?? `${typeName(e.type)} is compared in another way there`)
    }
    return undefined
  }

  const writeCall = (e: CallNode): Written => {
    const comparison = COMPARISONS[e.function]
    if (comparison !== undefined) {
      return (
        incomparable(e.args, comparison.ordered) ??
        operands(e.args, ([left, right]) => binary(comparison.operator, left!, right!))
      )
    }
    const [first, second] = e.args
    switch (e.function) {
      case F.identical:
        return (
          incomparable(e.args, false) ??
          operands(e.args, ([left, right]) => binary(dialect.identicalOperator, left!, right!))
        )
      case F.and:
        return all(e.args, ([left, ...rest]) => allOf(left!, ...rest))
      case F.or:
        return all(e.args, ([left, ...rest]) => anyOf(left!, ...rest))
      case F.not:
        return all(e.args, ([arg]) => ({ kind: 'not', arg: arg! }))
      case F.isNull:
        return operands(e.args, ([arg]) => ({ kind: 'isNull', arg: arg!, negated: false }))
      case F.in: {
        const list =
          second?.kind === 'call' && second.function === F.array ? second.args : undefined
        if (list === undefined || list.length > LIST_MAX) return refused('a list that is too long')
        return (
          incomparable([first!, ...list], false) ??
          operands([first!, ...list], ([arg, ...written]) => ({
            kind: 'in',
            arg: arg!,
            list: written,
          }))
        )
      }
      case F.like:
        return (
          incomparable(e.args.slice(0, 1), true) ??
          operands(e.args, (args) => dialect.call(e, args))
        )
      default:
        return all(e.args, (args) => dialect.call(e, args))
    }
  }

  /** A column that is compared stands for itself, so that the database can use its indexes. */
  const writeOperand = (e: ConnectorExpression): Written =>
    e.kind === 'variable' ? (scope[e.name]?.expression ?? write(e)) : write(e)

  const operands = (
    args: readonly ConnectorExpression[],
    make: (args: readonly SqlExpression[]) => Written,
  ): Written => all(args, make, writeOperand)

  const all = (
    args: readonly ConnectorExpression[],
    make: (args: readonly SqlExpression[]) => Written,
    writeOne = write,
  ): Written => {
    const written: SqlExpression[] = []
    for (const arg of args) {
      const one = writeOne(arg)
      if (isRefusal(one)) return one
      written.push(one)
    }
    return make(written)
  }

  /** What holds wherever a predicate that {@link write} refuses holds. */
  const loose = (e: ConnectorExpression): SqlExpression | undefined => {
    if (e.kind !== 'call') return undefined
    const subject = e.args[0]
    if (subject === undefined || comparability(subject) !== 'order') return undefined
    const written = operands(e.args, (args) => dialect.looseCondition(e, args) ?? refused(''))
    return isRefusal(written) ? undefined : written
  }

  return { write, loose, comparability }
}

/** Values that one IN may list. */
export const LIST_MAX = 500

export const isFloat = ({ kind }: SqlType): boolean => kind === 'double' || kind === 'real'

const bothText = (a: ConnectorExpression, b: ConnectorExpression): boolean =>
  a.type.kind === 'varchar' && b.type.kind === 'varchar'
