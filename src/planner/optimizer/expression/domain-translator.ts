import type { ComparisonExpression, Expression } from '../../../expressions/ir.js'
import type { Domain, Range, SqlType, Value, ValueSet } from '../../../spi/index.js'
import {
  allValues,
  BOOLEAN,
  complementValueSet,
  domain,
  intersectDomains,
  isAllDomain,
  isAllValues,
  isNoneDomain,
  isNoValues,
  multipleValuesDomain,
  noneDomain,
  notNull,
  onlyNull,
  rangeGreaterThan,
  rangeGreaterThanOrEqual,
  rangeLessThan,
  rangeLessThanOrEqual,
  singleValueDomain,
  uniteDomains,
  valueSetOfRanges,
} from '../../../spi/index.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import {
  and,
  comparison,
  conjunctsOf,
  constant,
  FALSE,
  isNullTest,
  not,
  or,
  symbolOf,
  TRUE,
} from './predicates.js'

/** What a condition says about one symbol: it is true exactly (or, not exact: at most) for values of the domain. */
export interface SymbolDomain {
  readonly symbol: PlanSymbol
  readonly domain: Domain
  readonly exact: boolean
}

/**
 * Translates a condition on one symbol and constants into the values for which it is true. Undefined for others.
 * @source Trino DomainTranslator.Visitor
 */
export function domainOf(e: Expression): SymbolDomain | undefined {
  switch (e.kind) {
    case 'symbol':
      return e.type.kind === 'boolean' ? exactly(e, singleValueDomain(BOOLEAN, true)) : undefined
    case 'comparison':
      return ofComparison(e)
    case 'between': {
      const low = ofComparison(comparison('>=', e.value, e.min))
      const high = ofComparison(comparison('<=', e.value, e.max))
      return low && high && combined([low, high], intersectDomains)
    }
    case 'in':
      return ofIn(e.value, e.list)
    case 'isNull':
      return exactly(e.arg, onlyNull(e.arg.type))
    case 'not':
      return ofNot(e.arg)
    case 'logical':
      return combined(e.terms.map(domainOf), e.operator === 'and' ? intersectDomains : uniteDomains)
    case 'call':
      return e.function.name === '$like' ? ofLike(e.args) : undefined
    default:
      return undefined
  }
}

function exactly(e: Expression, values: Domain): SymbolDomain | undefined {
  if (e.kind !== 'symbol') return undefined
  return { symbol: { name: e.name, type: e.type }, domain: values, exact: true }
}

function combined(
  parts: readonly (SymbolDomain | undefined)[],
  combine: (a: Domain, b: Domain) => Domain,
): SymbolDomain | undefined {
  const [first] = parts
  if (first === undefined) return undefined
  const domains: Domain[] = []
  for (const part of parts) {
    if (part === undefined || part.symbol.name !== first.symbol.name) return undefined
    domains.push(part.domain)
  }
  return {
    symbol: first.symbol,
    domain: combinePairwise(domains, combine),
    exact: parts.every((part) => part?.exact === true),
  }
}

/** Neighbours first, then their results: thousands of ranges take n log n steps, where one after another they take n². */
function combinePairwise(
  domains: readonly Domain[],
  combine: (a: Domain, b: Domain) => Domain,
): Domain {
  let level = domains
  while (level.length > 1) {
    const next: Domain[] = []
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1]
      next.push(right === undefined ? level[i]! : combine(level[i]!, right))
    }
    level = next
  }
  return level[0]!
}

function ofComparison({ operator, left, right }: ComparisonExpression): SymbolDomain | undefined {
  if (left.kind !== 'symbol' || right.kind !== 'constant') return undefined
  const { type } = left
  const { value } = right
  if (value === null) {
    return exactly(left, operator === 'identical' ? onlyNull(type) : noneDomain(type))
  }
  const all = allValues(type)
  if (all.kind === 'allOrNone' || holdsNaN(value)) return undefined
  if (operator === '=' || operator === 'identical') {
    return exactly(left, singleValueDomain(type, value))
  }
  if (operator === '<>') {
    const equal = singleValueDomain(type, value)
    return exactly(left, domain(complementValueSet(equal.values), false))
  }
  if (all.kind !== 'ranges') return undefined
  const ranges: Readonly<Record<typeof operator, () => Range>> = {
    '<': () => rangeLessThan(value),
    '<=': () => rangeLessThanOrEqual(value),
    '>': () => rangeGreaterThan(type, value),
    '>=': () => rangeGreaterThanOrEqual(type, value),
  }
  return exactly(left, domain(valueSetOfRanges(type, [ranges[operator]()]), false))
}

const holdsNaN = (value: Value): boolean =>
  Number.isNaN(value) || (Array.isArray(value) && value.some(holdsNaN))

function ofIn(value: Expression, list: readonly Expression[]): SymbolDomain | undefined {
  if (value.kind !== 'symbol' || allValues(value.type).kind === 'allOrNone') return undefined
  const values: Value[] = []
  for (const item of list) {
    if (item.kind !== 'constant' || holdsNaN(item.value)) return undefined
    // A NULL in the list makes the condition null where it isn't true: rows drop either way.
    if (item.value !== null) values.push(item.value)
  }
  return exactly(value, multipleValuesDomain(value.type, values))
}

function ofNot(arg: Expression): SymbolDomain | undefined {
  if (arg.kind === 'isNull') return exactly(arg.arg, notNull(arg.arg.type))
  if (arg.kind === 'symbol' && arg.type.kind === 'boolean') {
    return exactly(arg, singleValueDomain(BOOLEAN, false))
  }
  const hasNull =
    arg.kind === 'in' && arg.list.some((e) => e.kind === 'constant' && e.value === null)
  if (hasNull || (arg.kind !== 'in' && arg.kind !== 'between')) return undefined
  const inner = domainOf(arg)
  if (inner === undefined || !inner.exact) return undefined
  return { ...inner, domain: domain(complementValueSet(inner.domain.values), false) }
}

/** `x LIKE 'abc%'` holds only from 'abc' up to 'abd'. @source Trino DomainTranslator.tryVisitLikePredicate */
function ofLike(args: readonly Expression[]): SymbolDomain | undefined {
  const [value, pattern] = args
  if (args.length !== 2 || value?.kind !== 'symbol' || value.type.kind !== 'varchar')
    return undefined
  if (pattern?.kind !== 'constant' || typeof pattern.value !== 'string') return undefined
  const end = pattern.value.search(/[%_]/)
  if (end < 0) return exactly(value, singleValueDomain(value.type, pattern.value))
  const prefix = pattern.value.slice(0, end)
  // Only of ASCII: the next character of others may not be encodable.
  const last = prefix.charCodeAt(prefix.length - 1)
  if (prefix === '' || last >= 0x7f) return undefined
  const high = prefix.slice(0, -1) + String.fromCharCode(last + 1)
  const range: Range = { low: prefix, lowInclusive: true, high, highInclusive: false }
  return {
    symbol: { name: value.name, type: value.type },
    domain: domain(valueSetOfRanges(value.type, [range]), false),
    exact: false,
  }
}

/** A condition that is true exactly for the values of a domain. @source Trino DomainTranslator.toPredicate */
export function toPredicate(symbol: PlanSymbol, d: Domain): Expression {
  const e = symbolOf(symbol)
  if (isAllDomain(d)) return TRUE
  if (isNoneDomain(d)) return FALSE
  if (isNoValues(d.values)) return isNullTest(e)
  if (isAllValues(d.values)) return not(isNullTest(e))
  const values = valuesPredicate(e, d.values)
  return d.nullAllowed ? or([values, isNullTest(e)]) : values
}

function valuesPredicate(e: Expression, set: ValueSet): Expression {
  const item = (value: Value) => constant(value, set.type)
  switch (set.kind) {
    case 'allOrNone':
      return set.all ? TRUE : FALSE
    case 'values': {
      const list = { kind: 'in', type: BOOLEAN, value: e, list: set.values.map(item) } as const
      return set.inclusive ? list : not(list)
    }
    case 'ranges': {
      const isSingle = (r: Range) => r.low !== undefined && r.lowInclusive && r.low === r.high
      const singles = set.ranges.filter(isSingle).map((r) => item(r.low as Value))
      const others = set.ranges
        .filter((r) => !isSingle(r))
        .map((r) => rangePredicate(e, r, set.type))
      const list: Expression[] =
        singles.length === 0
          ? []
          : singles.length === 1
            ? [comparison('=', e, singles[0] as Expression)]
            : [{ kind: 'in', type: BOOLEAN, value: e, list: singles }]
      return or([...list, ...others])
    }
  }
}

function rangePredicate(e: Expression, range: Range, type: SqlType): Expression {
  const isFloat = type.kind === 'double' || type.kind === 'real'
  if (isFloat && range.low !== undefined && range.high === undefined) {
    // NaN, the last value of the order, is in the range, but greater than nothing for SQL.
    return not(comparison(range.lowInclusive ? '<' : '<=', e, constant(range.low, type)))
  }
  const terms: Expression[] = []
  if (range.low !== undefined) {
    terms.push(comparison(range.lowInclusive ? '>=' : '>', e, constant(range.low, type)))
  }
  if (range.high !== undefined) {
    terms.push(comparison(range.highInclusive ? '<=' : '<', e, constant(range.high, type)))
  }
  return and(terms)
}

/** Intersects the domains that conjuncts say about each symbol, remembering which conjuncts they came from. */
export interface ExtractedDomains {
  readonly bySymbol: ReadonlyMap<
    string,
    { readonly symbol: PlanSymbol; readonly domain: Domain; readonly exact: readonly Expression[] }
  >
  /** Conjuncts that the domains don't express, or not exactly. */
  readonly rest: readonly Expression[]
}

export function extractDomains(predicate: readonly Expression[]): ExtractedDomains {
  const found = new Map<string, { symbol: PlanSymbol; domains: Domain[]; exact: Expression[] }>()
  const rest: Expression[] = []
  for (const e of predicate.flatMap((p) => conjunctsOf(p))) {
    const part = domainOf(e)
    if (part === undefined || !part.exact) rest.push(e)
    if (part === undefined) continue
    let known = found.get(part.symbol.name)
    if (known === undefined) {
      found.set(part.symbol.name, (known = { symbol: part.symbol, domains: [], exact: [] }))
    }
    known.domains.push(part.domain)
    if (part.exact) known.exact.push(e)
  }
  const bySymbol = new Map(
    [...found].map(([name, { symbol, domains, exact }]) => [
      name,
      { symbol, domain: combinePairwise(domains, intersectDomains), exact },
    ]),
  )
  return { bySymbol, rest }
}
