import {
  type ConnectorExpression,
  compareValues,
  STANDARD_FUNCTIONS as F,
  isComparable,
  isOrderable,
  type SqlType,
  type Value,
  valuesEqual,
  valuesIdentical,
} from '../../spi/index.js'

/** NaN is on no side of anything. */
const isUnordered = (type: SqlType, value: Value): boolean =>
  (type.kind === 'real' || type.kind === 'double') && Number.isNaN(value)

type Operator = (type: SqlType, a: Value, b: Value) => Value

const ordering =
  (holds: (order: number) => boolean): Operator =>
  (type, a, b) => {
    if (a === null || b === null) return null
    if (isUnordered(type, a) || isUnordered(type, b)) return false
    return holds(compareValues(type, a, b))
  }
const COMPARISONS: Readonly<Record<string, Operator>> = {
  [F.equal]: (type, a, b) => (a === null || b === null ? null : valuesEqual(type, a, b)),
  [F.notEqual]: (type, a, b) => {
    const equal = a === null || b === null ? null : valuesEqual(type, a, b)
    return equal === null ? null : !equal
  },
  [F.lessThan]: ordering((order) => order < 0),
  [F.lessThanOrEqual]: ordering((order) => order <= 0),
  [F.greaterThan]: ordering((order) => order > 0),
  [F.greaterThanOrEqual]: ordering((order) => order >= 0),
  [F.identical]: (type, a, b) => valuesIdentical(type, a, b),
}
const ORDERINGS: ReadonlySet<string> = new Set([
  F.lessThan,
  F.lessThanOrEqual,
  F.greaterThan,
  F.greaterThanOrEqual,
])

/** Whether {@link evaluate} knows everything in an expression. */
export function isSupported(e: ConnectorExpression): boolean {
  switch (e.kind) {
    case 'constant':
    case 'variable':
      return true
    case 'fieldDereference':
      return isSupported(e.target)
    case 'call': {
      if (!e.args.every(isSupported)) return false
      const [first] = e.args
      if (first === undefined) return false
      if (COMPARISONS[e.function] !== undefined) {
        return ORDERINGS.has(e.function) ? isOrderable(first.type) : isComparable(first.type)
      }
      return CONNECTIVES.has(e.function)
    }
  }
}
const CONNECTIVES: ReadonlySet<string> = new Set([F.and, F.or, F.not, F.isNull, F.coalesce])

/** The value of an expression for a row; logic has three values, as SQL has. */
export function evaluate(e: ConnectorExpression, variable: (name: string) => Value): Value {
  switch (e.kind) {
    case 'constant':
      return e.value
    case 'variable':
      return variable(e.name)
    case 'fieldDereference': {
      const row = evaluate(e.target, variable)
      return row === null ? null : ((row as readonly Value[])[e.field] ?? null)
    }
    case 'call':
      break
  }
  const compare = COMPARISONS[e.function]
  if (compare !== undefined) {
    const [a, b] = e.args as readonly [ConnectorExpression, ConnectorExpression]
    return compare(a.type, evaluate(a, variable), evaluate(b, variable))
  }
  switch (e.function) {
    case F.and:
      return connect(e.args, variable, false)
    case F.or:
      return connect(e.args, variable, true)
    case F.not: {
      const value = evaluate(e.args[0]!, variable)
      return value === null ? null : !value
    }
    case F.isNull:
      return evaluate(e.args[0]!, variable) === null
    case F.coalesce:
      for (const arg of e.args) {
        const value = evaluate(arg, variable)
        if (value !== null) return value
      }
      return null
    default:
      throw new Error(`internal error: no value of ${e.function}`)
  }
}

/** AND and OR: one term decides, else NULL if there is one. */
function connect(
  terms: readonly ConnectorExpression[],
  variable: (name: string) => Value,
  decisive: boolean,
): Value {
  let result: Value = !decisive
  for (const term of terms) {
    const value = evaluate(term, variable)
    if (value === decisive) return decisive
    if (value === null) result = null
  }
  return result
}

/** An expression whose variables are named after columns. */
export function renameVariables(
  e: ConnectorExpression,
  rename: (name: string) => string,
): ConnectorExpression {
  switch (e.kind) {
    case 'constant':
      return e
    case 'variable':
      return { ...e, name: rename(e.name) }
    case 'fieldDereference':
      return { ...e, target: renameVariables(e.target, rename) }
    case 'call':
      return { ...e, args: e.args.map((arg) => renameVariables(arg, rename)) }
  }
}
