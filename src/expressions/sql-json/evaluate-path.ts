import { MillraceError } from '../../spi/error.js'
import type { JsonNode } from '../json/json-node.js'
import { compareStrings } from '../value/comparison.js'
import { parseDouble } from '../value/number-text.js'
import type {
  PathComparison,
  PathMethod,
  PathNode,
  PathPredicate,
  SqlJsonPath,
  Subscript,
} from './path.js'

/** What a path is evaluated over. */
export interface PathInput {
  readonly context: JsonNode
  readonly variables: ReadonlyMap<string, JsonNode>
}

/** What `@` and `last` mean at a place of the path. */
interface Place {
  readonly current?: JsonNode
  readonly lastIndex?: number
}

const failed = (message: string): MillraceError =>
  new MillraceError('PATH_EVALUATION_ERROR', `path evaluation failed: ${message}`)
const structural = (message: string): MillraceError => failed(`structural error: ${message}`)
const wrongType = (expected: string, actual: JsonNode): MillraceError =>
  failed(`invalid item type. Expected: ${expected}, actual: ${typeText(actual).toUpperCase()}`)

const typeText = (node: JsonNode): string => {
  if (node === null) return 'null'
  if (Array.isArray(node)) return 'array'
  if (node instanceof Map) return 'object'
  return typeof node === 'bigint' ? 'number' : typeof node
}

const isNumber = (node: JsonNode): node is number | bigint =>
  typeof node === 'number' || typeof node === 'bigint'

/**
 * The items a path leads to.
 * @throws MillraceError PATH_EVALUATION_ERROR
 * @source Trino io.trino.json.PathEvaluationVisitor
 */
export function evaluatePath(path: SqlJsonPath, input: PathInput): readonly JsonNode[] {
  return new PathEvaluator(path.lax, input).items(path.root, {})
}

class PathEvaluator {
  readonly #lax: boolean
  readonly #input: PathInput

  constructor(lax: boolean, input: PathInput) {
    this.#lax = lax
    this.#input = input
  }

  items(node: PathNode, place: Place): readonly JsonNode[] {
    switch (node.kind) {
      case 'context':
        return [this.#input.context]
      case 'current':
        if (place.current === undefined) throw failed('@ outside of a filter')
        return [place.current]
      case 'last':
        if (place.lastIndex === undefined)
          throw failed('accessing the last array index with no enclosing array')
        return [BigInt(place.lastIndex)]
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
          arithmetic(
            node.operator,
            this.#operand(node.left, place),
            this.#operand(node.right, place),
          ),
        ]
      case 'negate':
        return this.#unwrapped(this.items(node.value, place)).map((item) => {
          if (isNumber(item)) return -item
          throw wrongType('NUMBER', item)
        })
    }
  }

  #unwrapped(items: readonly JsonNode[]): readonly JsonNode[] {
    return this.#lax ? items.flatMap((item) => (Array.isArray(item) ? item : [item])) : items
  }

  #members(item: JsonNode, key: string | undefined): readonly JsonNode[] {
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
    item: JsonNode,
    subscripts: readonly Subscript[] | undefined,
    place: Place,
  ): readonly JsonNode[] {
    if (!Array.isArray(item) && !this.#lax) throw wrongType('ARRAY', item)
    const array = Array.isArray(item) ? item : [item]
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

  #index(node: PathNode, place: Place): number {
    return Math.trunc(Number(this.#operand(node, place)))
  }

  /** The one number an arithmetic operand is. */
  #operand(node: PathNode, place: Place): number | bigint {
    const items = this.#unwrapped(this.items(node, place))
    const [item] = items
    if (item === undefined || items.length > 1) {
      throw failed(`arithmetic operand is a sequence of ${items.length} items`)
    }
    if (!isNumber(item)) throw wrongType('NUMBER', item)
    return item
  }

  #method(name: PathMethod, items: readonly JsonNode[]): readonly JsonNode[] {
    switch (name) {
      case 'type':
        return items.map(typeText)
      case 'size':
        return items.map((item) => {
          if (Array.isArray(item)) return BigInt(item.length)
          if (this.#lax) return 1n
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
        return this.#unwrapped(items).map((item) => {
          const value =
            typeof item === 'string' ? parseDouble(item) : isNumber(item) ? Number(item) : undefined
          if (value !== undefined) return value
          throw wrongType('NUMBER or TEXT', item)
        })
      case 'abs':
      case 'ceiling':
      case 'floor':
        return this.#unwrapped(items).map((item) => {
          if (!isNumber(item)) throw wrongType('NUMBER', item)
          if (typeof item === 'bigint') return name === 'abs' && item < 0n ? -item : item
          return { abs: Math.abs, ceiling: Math.ceil, floor: Math.floor }[name](item)
        })
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
        return this.#anyPair(predicate.value, predicate.prefix, place, (a, b) =>
          typeof a === 'string' && typeof b === 'string' ? a.startsWith(b) : undefined,
        )
    }
  }

  /** The items of a predicate's path; undefined where it fails. */
  #attempt(node: PathNode, place: Place): readonly JsonNode[] | undefined {
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
    test: (a: JsonNode, b: JsonNode) => boolean | undefined,
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
function descendants(item: JsonNode, key: string): readonly JsonNode[] {
  if (Array.isArray(item)) return item.flatMap((element) => descendants(element, key))
  if (!(item instanceof Map)) return []
  const own = item.get(key)
  return [
    ...(own === undefined ? [] : [own]),
    ...[...item.values()].flatMap((value) => descendants(value, key)),
  ]
}

function arithmetic(
  operator: '+' | '-' | '*' | '/' | '%',
  left: number | bigint,
  right: number | bigint,
): JsonNode {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    if (right === 0n && (operator === '/' || operator === '%')) throw failed('division by zero')
    return {
      '+': () => left + right,
      '-': () => left - right,
      '*': () => left * right,
      '/': () => left / right,
      '%': () => left % right,
    }[operator]()
  }
  const [a, b] = [Number(left), Number(right)]
  if (b === 0 && (operator === '/' || operator === '%')) throw failed('division by zero')
  return { '+': a + b, '-': a - b, '*': a * b, '/': a / b, '%': a % b }[operator]
}

/** Null equals null and differs from the rest; other items compare within their type; undefined: unknown. */
function compareItems(operator: PathComparison, a: JsonNode, b: JsonNode): boolean | undefined {
  if (a === null || b === null) {
    if (operator === '==' || operator === '<=' || operator === '>=') return a === b
    return operator === '<>' ? a !== b : false
  }
  const order = orderOfItems(a, b)
  if (order === undefined) return undefined
  return {
    '==': order === 0,
    '<>': order !== 0,
    '<': order < 0,
    '<=': order <= 0,
    '>': order > 0,
    '>=': order >= 0,
  }[operator]
}

function orderOfItems(a: JsonNode, b: JsonNode): number | undefined {
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  return undefined
}
