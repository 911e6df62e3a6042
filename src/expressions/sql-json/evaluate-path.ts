import { MillraceError } from '../../spi/error.js'
import { isComparable, isOrderable } from '../../spi/index.js'
import {
  BIGINT,
  DOUBLE,
  INTEGER,
  isCharacter,
  isNumeric,
  type SqlType,
} from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { parseDouble } from '../../values/number-text.js'
import { castFunction } from '../cast/cast.js'
import { commonSuperType } from '../coercion.js'
import type { JsonNode } from '../json/json-node.js'
import { DEFAULT_SESSION } from '../session-context.js'
import { orderOf } from '../value/comparison.js'
import type {
  PathComparison,
  PathMethod,
  PathNode,
  PathPredicate,
  SqlJsonPath,
  Subscript,
} from './path.js'
import { callNumber, type NumberFunction } from './path-arithmetic.js'
import { type PathItem, type SqlItem, scalarOf, sqlItem, typeText } from './path-item.js'

/** What a path is evaluated over. */
export interface PathInput {
  readonly context: PathItem
  readonly variables: ReadonlyMap<string, PathItem>
}

/** What `@` and `last` mean at a place of the path. */
interface Place {
  readonly current?: PathItem
  readonly lastIndex?: number
}

const failed = (message: string): MillraceError =>
  new MillraceError('PATH_EVALUATION_ERROR', `path evaluation failed: ${message}`)
const structural = (message: string): MillraceError => failed(`structural error: ${message}`)
const wrongType = (expected: string, actual: PathItem): MillraceError =>
  failed(`invalid item type. Expected: ${expected}, actual: ${typeText(actual).toUpperCase()}`)

const OPERATORS = {
  '+': '$add',
  '-': '$subtract',
  '*': '$multiply',
  '/': '$divide',
  '%': '$modulus',
} as const satisfies Record<string, NumberFunction>

/**
 * The items a path leads to.
 * @throws MillraceError PATH_EVALUATION_ERROR
 * @source Trino io.trino.json.PathEvaluationVisitor
 */
export function evaluatePath(path: SqlJsonPath, input: PathInput): readonly PathItem[] {
  return new PathEvaluator(path.lax, input).items(path.root, {})
}

class PathEvaluator {
  readonly #lax: boolean
  readonly #input: PathInput

  constructor(lax: boolean, input: PathInput) {
    this.#lax = lax
    this.#input = input
  }

  items(node: PathNode, place: Place): readonly PathItem[] {
    switch (node.kind) {
      case 'context':
        return [this.#input.context]
      case 'current':
        if (place.current === undefined) throw failed('@ outside of a filter')
        return [place.current]
      case 'last':
        if (place.lastIndex === undefined)
          throw failed('accessing the last array index with no enclosing array')
        return [sqlItem(INTEGER, place.lastIndex)]
      case 'variable':
        return [this.#input.variables.get(node.name)!]
      case 'literal':
        return [node.value]
      case 'member':
        return this.#unwrapped(this.items(node.base, place)).flatMap((item) =>
          this.#members(item, node.key),
        )
      case 'descendant':
        return this.items(node.base, place).flatMap((item) => descendants(item, node.key))
      case 'elements':
        return this.items(node.base, place).flatMap((item) =>
          this.#elements(item, node.subscripts, place),
        )
      case 'filter':
        return this.#unwrapped(this.items(node.base, place)).filter(
          (item) => this.#holds(node.predicate, { ...place, current: item }) === true,
        )
      case 'method':
        return this.#method(node.name, this.items(node.base, place))
      case 'binary':
        return [
          arithmetic(OPERATORS[node.operator], [
            this.#operand(node.left, place),
            this.#operand(node.right, place),
          ]),
        ]
      case 'negate':
        return this.#unwrapped(this.items(node.value, place)).map((item) =>
          arithmetic('$negation', [numberOf(item)]),
        )
      case 'positive':
        return this.#unwrapped(this.items(node.value, place)).map(numberOf)
    }
  }

  #unwrapped(items: readonly PathItem[]): readonly PathItem[] {
    if (!this.#lax) return items
    return items.flatMap((item): readonly PathItem[] => (Array.isArray(item) ? item : [item]))
  }

  #members(item: PathItem, key: string | undefined): readonly PathItem[] {
    if (!(item instanceof Map)) {
      if (this.#lax) return []
      throw wrongType('OBJECT', item)
    }
    if (key === undefined) return [...item.values()]
    const value = item.get(key)
    if (value !== undefined) return [value]
    if (this.#lax) return []
    throw structural(`missing member '${key}' in JSON object`)
  }

  #elements(
    item: PathItem,
    subscripts: readonly Subscript[] | undefined,
    place: Place,
  ): readonly PathItem[] {
    if (!Array.isArray(item) && !this.#lax) throw wrongType('ARRAY', item)
    const array: readonly PathItem[] = Array.isArray(item) ? item : [item]
    if (subscripts === undefined) return array
    const inner: Place = { ...place, lastIndex: array.length - 1 }
    return subscripts.flatMap((subscript) => {
      const from = this.#index(subscript.from, inner)
      const to = subscript.to === undefined ? from : this.#index(subscript.to, inner)
      if (!this.#lax && (from < 0 || from > to || to >= array.length)) {
        throw structural(
          `invalid array subscript: [${from}, ${to}] for array of size ${array.length}`,
        )
      }
      return array.slice(Math.max(0, from), Math.max(0, to + 1))
    })
  }

  /** A subscript: one number, rounded as casts to BIGINT do. */
  #index(node: PathNode, place: Place): number {
    const [item, ...others] = this.items(node, place)
    if (item === undefined || others.length > 0) {
      throw failed('array subscript must be a singleton numeric value')
    }
    const { type, value } = numberOf(item)
    return Number(asInSql(() => castFunction(type, BIGINT, DEFAULT_SESSION)!(value)))
  }

  /** The one number an arithmetic operand is. */
  #operand(node: PathNode, place: Place): SqlItem {
    const items = this.#unwrapped(this.items(node, place))
    const [item] = items
    if (item === undefined || items.length > 1) {
      throw failed(`arithmetic operand is a sequence of ${items.length} items`)
    }
    return numberOf(item)
  }

  #method(name: PathMethod, items: readonly PathItem[]): readonly PathItem[] {
    switch (name) {
      case 'type':
        return items.map(typeText)
      case 'size':
        return items.map((item) => {
          if (Array.isArray(item)) return sqlItem(INTEGER, item.length)
          if (this.#lax) return sqlItem(INTEGER, 1)
          throw wrongType('ARRAY', item)
        })
      case 'keyvalue':
        return this.#unwrapped(items).flatMap((item, i) => {
          if (!(item instanceof Map)) throw wrongType('OBJECT', item)
          return [...item].map(
            ([key, value]): JsonNode =>
              new Map<string, JsonNode>([
                ['name', key],
                ['value', value],
                ['id', BigInt(i)],
              ]),
          )
        })
      case 'double':
        return this.#unwrapped(items).map(asDouble)
      case 'abs':
      case 'ceiling':
      case 'floor':
        return this.#unwrapped(items).map((item) => arithmetic(name, [numberOf(item)]))
    }
  }

  /** True, false, or undefined for unknown. */
  #holds(predicate: PathPredicate, place: Place): boolean | undefined {
    switch (predicate.kind) {
      case 'and':
      case 'or': {
        const deciding = predicate.kind === 'or'
        const left = this.#holds(predicate.left, place)
        if (left === deciding) return deciding
        const right = this.#holds(predicate.right, place)
        if (right === deciding) return deciding
        return left === undefined || right === undefined ? undefined : !deciding
      }
      case 'not': {
        const inner = this.#holds(predicate.predicate, place)
        return inner === undefined ? undefined : !inner
      }
      case 'isUnknown':
        return this.#holds(predicate.predicate, place) === undefined
      case 'exists': {
        const items = this.#attempt(predicate.path, place)
        return items === undefined ? undefined : items.length > 0
      }
      case 'comparison':
        return this.#anyPair(predicate.left, predicate.right, place, (a, b) =>
          compareItems(predicate.operator, a, b),
        )
      case 'startsWith':
        return this.#anyPair(predicate.value, predicate.prefix, place, (a, b) => {
          const [text, prefix] = [textOf(a), textOf(b)]
          return text === undefined || prefix === undefined ? undefined : text.startsWith(prefix)
        })
    }
  }

  /** The items of a predicate's path; undefined where it fails. */
  #attempt(node: PathNode, place: Place): readonly PathItem[] | undefined {
    try {
      return this.items(node, place)
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'PATH_EVALUATION_ERROR') return undefined
      throw error
    }
  }

  #anyPair(
    left: PathNode,
    right: PathNode,
    place: Place,
    test: (a: PathItem, b: PathItem) => boolean | undefined,
  ): boolean | undefined {
    const lefts = this.#attempt(left, place)
    const rights = this.#attempt(right, place)
    if (lefts === undefined || rights === undefined) return undefined
    let isFound = false
    let isUnknown = false
    for (const a of this.#unwrapped(lefts)) {
      for (const b of this.#unwrapped(rights)) {
        const answer = test(a, b)
        if (answer === undefined) isUnknown = true
        else if (answer) isFound = true
        if (this.#lax && isFound) return true
      }
    }
    return isUnknown ? undefined : isFound
  }
}

/** Values of the key at every depth, outer ones first. */
function descendants(item: PathItem, key: string): readonly JsonNode[] {
  if (Array.isArray(item)) return item.flatMap((element) => descendants(element, key))
  if (!(item instanceof Map)) return []
  const own = item.get(key)
  return [
    ...(own === undefined ? [] : [own]),
    ...[...item.values()].flatMap((value) => descendants(value, key)),
  ]
}

const beyondBigint = (item: bigint): MillraceError => failed(`number beyond BIGINT: ${item}`)

/** @throws MillraceError PATH_EVALUATION_ERROR for what is no number, or one beyond BIGINT */
function numberOf(item: PathItem): SqlItem {
  const scalar = scalarOf(item)
  if (scalar !== undefined && isNumeric(scalar.type)) return scalar
  if (typeof item === 'bigint') throw beyondBigint(item)
  throw wrongType('NUMBER', item)
}

const textOf = (item: PathItem): string | undefined => {
  const scalar = scalarOf(item)
  return scalar !== undefined && isCharacter(scalar.type) ? (scalar.value as string) : undefined
}

function asDouble(item: PathItem): SqlItem {
  const text = textOf(item)
  if (text !== undefined) {
    const value = parseDouble(text)
    if (value === undefined) throw failed(`no number: ${text}`)
    return sqlItem(DOUBLE, value)
  }
  const scalar = scalarOf(item)
  if (scalar === undefined || !isNumeric(scalar.type)) {
    throw typeof item === 'bigint' ? beyondBigint(item) : wrongType('NUMBER or TEXT', item)
  }
  return sqlItem(DOUBLE, castFunction(scalar.type, DOUBLE, DEFAULT_SESSION)!(scalar.value)!)
}

const arithmetic = (name: NumberFunction, args: readonly SqlItem[]): SqlItem =>
  asInSql(() => callNumber(name, args))

/** Calculates as SQL does; what fails there makes the path fail. */
function asInSql<Result>(calculate: () => Result): Result {
  try {
    return calculate()
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.type !== 'USER_ERROR') throw cause
    const message = `path evaluation failed: ${cause.message}`
    throw new MillraceError('PATH_EVALUATION_ERROR', message, { cause })
  }
}

/** Null equals null and differs from the rest; other scalars compare as their types do; undefined: unknown. */
function compareItems(operator: PathComparison, a: PathItem, b: PathItem): boolean | undefined {
  if (a === null || b === null) {
    if (operator === '==' || operator === '<=' || operator === '>=') return a === b
    return operator === '<>' ? a !== b : false
  }
  const [left, right] = [scalarOf(a), scalarOf(b)]
  if (left === undefined || right === undefined) return undefined
  const type = commonSuperType(left.type, right.type)
  if (type === undefined) return undefined
  const isEquality = operator === '==' || operator === '<>'
  if (isEquality ? !isComparable(type) : !isOrderable(type)) return undefined
  const [x, y] = [valueAs(left, type), valueAs(right, type)]
  if (Number.isNaN(x) || Number.isNaN(y)) return operator === '<>'
  const order = orderOf(type)(x, y)
  return {
    '==': order === 0,
    '<>': order !== 0,
    '<': order < 0,
    '<=': order <= 0,
    '>': order > 0,
    '>=': order >= 0,
  }[operator]
}

const valueAs = ({ type, value }: SqlItem, target: SqlType): Value =>
  castFunction(type, target, DEFAULT_SESSION)!(value)
