import type { Expression, ExpressionKind } from '../../../expressions/ir.js'
import type { SqlType, Value } from '../../../spi/index.js'
import { typeName } from '../../../spi/index.js'

type ExpressionOf<K extends ExpressionKind> = Extract<Expression, { kind: K }>
type Children = { readonly [K in ExpressionKind]: (e: ExpressionOf<K>) => readonly Expression[] }

const none = (): readonly Expression[] => []
const CHILDREN: Children = {
  constant: none,
  symbol: none,
  input: none,
  call: (e) => e.args,
  cast: (e) => [e.arg],
  comparison: (e) => [e.left, e.right],
  logical: (e) => e.terms,
  not: (e) => [e.arg],
  isNull: (e) => [e.arg],
  case: (e) => [...e.whens.flatMap((w) => [w.condition, w.result]), e.otherwise],
  coalesce: (e) => e.args,
  nullIf: (e) => [e.first, e.second],
  in: (e) => [e.value, ...e.list],
  between: (e) => [e.value, e.min, e.max],
  row: (e) => e.args,
  field: (e) => [e.base],
  lambda: (e) => [e.body],
}

/** The direct operands of an expression, in order; a lambda's is its body. */
export const childrenOf = (e: Expression): readonly Expression[] =>
  (CHILDREN[e.kind] as (e: Expression) => readonly Expression[])(e)

/** The same expression over other operands; the expression itself where they are identical. */
export function withChildren(e: Expression, children: readonly Expression[]): Expression {
  const old = childrenOf(e)
  if (old.every((child, i) => child === children[i])) return e
  const [first, second, third] = children as [Expression, Expression, Expression]
  switch (e.kind) {
    case 'constant':
    case 'symbol':
    case 'input':
      return e
    case 'call':
    case 'coalesce':
    case 'row':
      return { ...e, args: children }
    case 'cast':
    case 'not':
    case 'isNull':
      return { ...e, arg: first }
    case 'comparison':
      return { ...e, left: first, right: second }
    case 'logical':
      return { ...e, terms: children }
    case 'case':
      return {
        ...e,
        whens: e.whens.map((_, i) => ({
          condition: children[2 * i] as Expression,
          result: children[2 * i + 1] as Expression,
        })),
        otherwise: children[children.length - 1] as Expression,
      }
    case 'nullIf':
      return { ...e, first, second }
    case 'in':
      return { ...e, value: first, list: children.slice(1) }
    case 'between':
      return { ...e, value: first, min: second, max: third }
    case 'field':
      return { ...e, base: first }
    case 'lambda':
      return { ...e, body: first }
  }
}

/** Rewrites bottom-up: operands first, then `rewrite` on the expression over the rewritten operands. */
export function rewriteUp(e: Expression, rewrite: (e: Expression) => Expression): Expression {
  const old = childrenOf(e)
  if (old.length === 0) return rewrite(e)
  return rewrite(
    withChildren(
      e,
      old.map((child) => rewriteUp(child, rewrite)),
    ),
  )
}

const symbolsCache = new WeakMap<Expression, ReadonlySet<string>>()
const EMPTY: ReadonlySet<string> = new Set()

/** Names of the symbols that an expression reads; parameters of its lambdas are not among them. */
export function symbolsOf(e: Expression): ReadonlySet<string> {
  if (e.kind === 'constant' || e.kind === 'input') return EMPTY
  if (e.kind === 'symbol') return new Set([e.name])
  const cached = symbolsCache.get(e)
  if (cached !== undefined) return cached
  const names = new Set<string>()
  for (const child of childrenOf(e)) for (const name of symbolsOf(child)) names.add(name)
  if (e.kind === 'lambda') for (const parameter of e.parameters) names.delete(parameter.name)
  symbolsCache.set(e, names)
  return names
}

/** Replaces symbols by expressions; parameters of lambdas shadow. Symbols without a replacement stay. */
export function substitute(
  e: Expression,
  replacement: (name: string, type: SqlType) => Expression | undefined,
): Expression {
  if (e.kind === 'symbol') return replacement(e.name, e.type) ?? e
  const old = childrenOf(e)
  if (old.length === 0) return e
  const inner =
    e.kind === 'lambda'
      ? (name: string, type: SqlType) =>
          e.parameters.some((p) => p.name === name) ? undefined : replacement(name, type)
      : replacement
  return withChildren(
    e,
    old.map((child) => substitute(child, inner)),
  )
}

const keyCache = new WeakMap<Expression, string>()

/** A text that is equal for structurally equal expressions and only for them (types included). */
export function expressionKey(e: Expression): string {
  const cached = keyCache.get(e)
  if (cached !== undefined) return cached
  const key = `${headKey(e)}(${childrenOf(e).map(expressionKey).join(',')})`
  keyCache.set(e, key)
  return key
}

function headKey(e: Expression): string {
  switch (e.kind) {
    case 'constant':
      return `${valueKey(e.value)}:${typeName(e.type)}`
    case 'symbol':
      return `@${e.name}`
    case 'input':
      return `#${e.channel}`
    case 'call':
      return `${e.function.id}:${typeName(e.type)}`
    case 'cast':
      return `${e.safe ? 'try_cast' : 'cast'}:${typeName(e.type)}`
    case 'comparison':
    case 'logical':
      return e.operator
    case 'nullIf':
      return `nullif:${typeName(e.comparedAs)}`
    case 'field':
      return `field${e.index}`
    case 'row':
      return `row:${typeName(e.type)}`
    case 'lambda':
      return `lambda:${e.parameters.map((p) => `${p.name} ${typeName(p.type)}`).join(',')}`
    case 'not':
    case 'isNull':
    case 'case':
    case 'coalesce':
    case 'in':
    case 'between':
      return e.kind
  }
}

/** A text that is equal for equal carriers of one type and only for them; -0 and 0 differ. */
export function valueKey(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`
  if (Array.isArray(value)) return `[${value.map(valueKey).join(',')}]`
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))
}

/** Tells whether two expressions are the same text of IR. */
export const sameExpression = (a: Expression, b: Expression): boolean =>
  a === b || (a.kind === b.kind && expressionKey(a) === expressionKey(b))

const deterministicCache = new WeakMap<Expression, boolean>()

/** Tells whether equal inputs always give an equal value. */
export function isDeterministic(e: Expression): boolean {
  const cached = deterministicCache.get(e)
  if (cached !== undefined) return cached
  const answer =
    (e.kind !== 'call' || e.function.deterministic) && childrenOf(e).every(isDeterministic)
  deterministicCache.set(e, answer)
  return answer
}
