import { typeName } from '../spi/type/type.js'
import type { Value } from '../spi/type/value.js'
import type { Expression, ExpressionKind, SymbolExpression } from './ir.js'

type Kind<K extends ExpressionKind> = Extract<Expression, { kind: K }>

const none = (): readonly Expression[] => []

const CHILDREN: { readonly [K in ExpressionKind]: (e: Kind<K>) => readonly Expression[] } = {
  constant: none,
  symbol: none,
  input: none,
  call: (e) => e.args,
  cast: (e) => [e.arg],
  comparison: (e) => [e.left, e.right],
  logical: (e) => e.terms,
  not: (e) => [e.arg],
  isNull: (e) => [e.arg],
  case: (e) => [...e.whens.flatMap((when) => [when.condition, when.result]), e.otherwise],
  coalesce: (e) => e.args,
  nullIf: (e) => [e.first, e.second],
  in: (e) => [e.value, ...e.list],
  between: (e) => [e.value, e.min, e.max],
  row: (e) => e.args,
  field: (e) => [e.base],
  lambda: (e) => [e.body],
}

type Rebuild<K extends ExpressionKind> = (e: Kind<K>, children: readonly Expression[]) => Expression

const REBUILD: { readonly [K in ExpressionKind]: Rebuild<K> } = {
  constant: (e) => e,
  symbol: (e) => e,
  input: (e) => e,
  call: (e, args) => ({ ...e, args }),
  cast: (e, [arg]) => ({ ...e, arg: arg! }),
  comparison: (e, [left, right]) => ({ ...e, left: left!, right: right! }),
  logical: (e, terms) => ({ ...e, terms }),
  not: (e, [arg]) => ({ ...e, arg: arg! }),
  isNull: (e, [arg]) => ({ ...e, arg: arg! }),
  case: (e, children) => ({
    ...e,
    whens: e.whens.map((_, i) => ({
      condition: children[2 * i]!,
      result: children[2 * i + 1]!,
    })),
    otherwise: children.at(-1)!,
  }),
  coalesce: (e, args) => ({ ...e, args }),
  nullIf: (e, [first, second]) => ({ ...e, first: first!, second: second! }),
  in: (e, [value, ...list]) => ({ ...e, value: value!, list }),
  between: (e, [value, min, max]) => ({ ...e, value: value!, min: min!, max: max! }),
  row: (e, args) => ({ ...e, args }),
  field: (e, [base]) => ({ ...e, base: base! }),
  lambda: (e, [body]) => ({ ...e, body: body! }),
}

/** The direct parts of an expression, in evaluation order. */
export const childrenOf = (expression: Expression): readonly Expression[] =>
  (CHILDREN[expression.kind] as (e: Expression) => readonly Expression[])(expression)

/** The expression with other parts of the same number; itself where all are the same objects. */
export function withChildren(expression: Expression, children: readonly Expression[]): Expression {
  const before = childrenOf(expression)
  if (before.every((child, i) => child === children[i])) return expression
  const rebuild = REBUILD[expression.kind] as Rebuild<ExpressionKind>
  return Object.freeze(rebuild(expression as never, children))
}

/** Calls `visit` for the expression and everything in it, parents first; a result of false skips the parts. */
export function walk(expression: Expression, visit: (e: Expression) => unknown): void {
  if (visit(expression) === false) return
  for (const child of childrenOf(expression)) walk(child, visit)
}

/** Rewrites bottom-up: `rewrite` sees each expression with its parts already rewritten. */
export function transform(
  expression: Expression,
  rewrite: (e: Expression) => Expression,
): Expression {
  const children = childrenOf(expression).map((child) => transform(child, rewrite))
  return rewrite(withChildren(expression, children))
}

/** Rewrites top-down: where `rewrite` gives a replacement it is taken as it is, else the parts are rewritten. */
export function transformTopDown(
  expression: Expression,
  rewrite: (e: Expression) => Expression | undefined,
): Expression {
  const replacement = rewrite(expression)
  if (replacement !== undefined) return replacement
  return withChildren(
    expression,
    childrenOf(expression).map((child) => transformTopDown(child, rewrite)),
  )
}

/** The symbols an expression reads from outside: parameters of its own lambdas are not among them. */
export function collectSymbols(expression: Expression): Map<string, SymbolExpression> {
  const found = new Map<string, SymbolExpression>()
  addSymbols(expression, new Set(), found)
  return found
}

function addSymbols(
  expression: Expression,
  hidden: ReadonlySet<string>,
  found: Map<string, SymbolExpression>,
): void {
  if (expression.kind === 'symbol') {
    if (!hidden.has(expression.name)) found.set(expression.name, expression)
    return
  }
  const inner =
    expression.kind === 'lambda'
      ? new Set([...hidden, ...expression.parameters.map((parameter) => parameter.name)])
      : hidden
  for (const child of childrenOf(expression)) addSymbols(child, inner, found)
}

/** Replaces free symbols; parameters of lambdas hide outer symbols of their name. */
export function replaceSymbols(
  expression: Expression,
  replacement: (symbol: SymbolExpression) => Expression,
): Expression {
  return transformTopDown(expression, (e) => {
    if (e.kind === 'symbol') return replacement(e)
    if (e.kind !== 'lambda') return undefined
    const names = new Set(e.parameters.map((parameter) => parameter.name))
    const body = replaceSymbols(e.body, (inner) =>
      names.has(inner.name) ? inner : replacement(inner),
    )
    return withChildren(e, [body])
  })
}

/** The channels of the input page an expression reads, ascending. */
export function collectChannels(expression: Expression): readonly number[] {
  const channels = new Set<number>()
  walk(expression, (e) => {
    if (e.kind === 'input') channels.add(e.channel)
  })
  return [...channels].sort((a, b) => a - b)
}

/** True where every evaluation of the expression over the same inputs gives the same value. */
export function isDeterministic(expression: Expression): boolean {
  if (expression.kind === 'call' && !expression.function.deterministic) return false
  return childrenOf(expression).every(isDeterministic)
}

/** A text that two expressions share exactly when they are equal. */
export const expressionKey = (expression: Expression): string => key(expression, undefined)

export interface LiteralFree {
  /** Equal for expressions that differ in their constants only; what kernels are cached by. */
  readonly key: string
  /** The constants taken out, in order of appearance. */
  readonly literals: readonly Kind<'constant'>[]
}

/** Takes the constants out of an expression. NULL constants stay, since they change the code. */
export function literalFree(expression: Expression): LiteralFree {
  const literals: Kind<'constant'>[] = []
  return { key: key(expression, literals), literals }
}

function key(e: Expression, literals: Kind<'constant'>[] | undefined): string {
  const head = keyHead(e, literals)
  const children = childrenOf(e)
  if (children.length === 0) return head
  return `${head}(${children.map((child) => key(child, literals)).join(',')})`
}

function keyHead(e: Expression, literals: Kind<'constant'>[] | undefined): string {
  switch (e.kind) {
    case 'constant':
      if (literals !== undefined && e.value !== null) {
        literals.push(e)
        return `?:${typeName(e.type)}`
      }
      return `${valueKey(e.value)}:${typeName(e.type)}`
    case 'symbol':
      return `$${JSON.stringify(e.name)}:${typeName(e.type)}`
    case 'input':
      return `#${e.channel}:${typeName(e.type)}`
    case 'call':
      return `${e.function.id}:${typeName(e.type)}`
    case 'cast':
      return `${e.safe ? 'try_cast' : 'cast'}:${typeName(e.type)}`
    case 'comparison':
    case 'logical':
      return e.operator
    case 'nullIf':
      return `nullIf:${typeName(e.comparedAs)}`
    case 'row':
      return `row:${typeName(e.type)}`
    case 'field':
      return `field:${e.index}`
    case 'lambda':
      return `lambda:${e.parameters.map((p) => `${JSON.stringify(p.name)} ${typeName(p.type)}`).join(';')}`
    case 'not':
    case 'isNull':
    case 'case':
    case 'coalesce':
    case 'in':
    case 'between':
      return e.kind
  }
}

/** A text that equal carriers share; -0 and 0 differ, NaN equals itself. */
export function valueKey(value: Value): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'boolean':
      return String(value)
  }
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if ('offsetMinutes' in value) return `t${value.picos}@${value.offsetMinutes}`
  if ('zone' in value) return `z${value.picos}@${JSON.stringify(value.zone)}`
  if ('keys' in value && 'values' in value && Array.isArray(value.keys)) {
    return `{${valueKey(value.keys)}:${valueKey(value.values as readonly Value[])}}`
  }
  return `[${(value as readonly Value[]).map(valueKey).join(',')}]`
}
