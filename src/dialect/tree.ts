import type {
  Expression,
  FunctionCall,
  Identifier,
  LongLiteral,
  NodeLocation,
  OrderBy,
  QualifiedName,
  Window,
} from '../planner/parser/ast/index.js'
import { isReservedKeyword } from '../planner/parser/keywords.js'
import { parseExpression } from '../planner/parser/parser.js'
import { referenced } from './encode.js'
import { stringValue, type Translation } from './translation.js'

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** A name as a statement's writer meant it: in the dialect's case, quoted where Trino needs it. */
export function identifier(text: string, t: Translation): Identifier {
  const piece = referenced(text, t.encoded.pieces)
  const isQuoted = piece !== undefined
  const written = stringValue(text, t)
  const { names } = t.dialect
  const value =
    isQuoted || names === 'kept'
      ? written
      : names === 'lower'
        ? written.toLowerCase()
        : written.toUpperCase()
  const delimited = isQuoted || !PLAIN_NAME.test(value) || isReservedKeyword(value)
  return { kind: 'identifier', value, delimited, location: t.location }
}

export const plainIdentifier = (value: string, location: NodeLocation): Identifier => ({
  kind: 'identifier',
  value,
  delimited: !PLAIN_NAME.test(value) || isReservedKeyword(value),
  location,
})

export const qualifiedName = (
  parts: readonly Identifier[],
  location: NodeLocation,
): QualifiedName => ({ kind: 'qualifiedName', parts, location })

export const stringLiteral = (value: string, location: NodeLocation): Expression => ({
  kind: 'stringLiteral',
  value,
  location,
})

export const longLiteral = (value: number | string, location: NodeLocation): LongLiteral => ({
  kind: 'longLiteral',
  text: String(value),
  value: String(value),
  location,
})

export function call(
  name: string,
  args: readonly Expression[],
  location: NodeLocation,
): FunctionCall {
  return {
    kind: 'functionCall',
    name: qualifiedName([plainIdentifier(name, location)], location),
    arguments: args,
    distinct: false,
    location,
  }
}

/** What belongs to the aggregation of a template. */
export interface AggregateClauses {
  readonly distinct: boolean
  readonly orderBy?: OrderBy
  readonly filter?: Expression
  readonly window?: Window
  readonly nullTreatment?: 'IGNORE' | 'RESPECT'
}

const parsed = new Map<string, Expression>()
const AGGREGATES =
  /^(?:any_value|approx_distinct|arbitrary|array_agg|avg|bool_and|bool_or|count|count_if|corr|covar_pop|covar_samp|cume_dist|dense_rank|every|first_value|lag|last_value|lead|map_agg|max|max_by|min|min_by|nth_value|ntile|percent_rank|rank|regr_intercept|regr_slope|row_number|stddev|stddev_pop|stddev_samp|sum|var_pop|var_samp|variance|approx_percentile|bitwise_and_agg|bitwise_or_agg|bitwise_xor_agg)$/

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/**
 * An expression written as Trino's text, with `_1`, `_2` … for values and `_c1` … for conditions. What clauses there are go to the
 * aggregation in it. Templates are of this program: their number is small, so that each is parsed once.
 */
export function fill(
  template: string,
  argument: (index: number, isCondition: boolean) => Expression,
  location: NodeLocation,
  clauses?: AggregateClauses,
): Expression {
  let tree = parsed.get(template)
  if (tree === undefined) parsed.set(template, (tree = parseExpression(template)))
  const substitute = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(substitute)
    if (!isPlain(value)) return value
    if (value.kind === 'identifier' && typeof value.value === 'string') {
      const hole = /^_(c?)(\d+)$/.exec(value.value)
      if (hole !== null) return argument(Number(hole[2]) - 1, hole[1] === 'c')
    }
    const copy: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value)) {
      copy[key] = key === 'location' ? location : substitute(item)
    }
    return copy.kind === 'functionCall' && clauses !== undefined
      ? withClauses(copy as FunctionCall & Record<string, unknown>, clauses, location)
      : copy
  }
  return substitute(tree) as Expression
}

function withClauses(
  node: FunctionCall,
  { distinct, filter, orderBy, window, nullTreatment }: AggregateClauses,
  location: NodeLocation,
): FunctionCall {
  if (!AGGREGATES.test(node.name.parts[0]!.value)) return node
  const filters = [node.filter, filter].filter((condition) => condition !== undefined)
  const [one, two] = filters
  const condition: Expression | undefined =
    two === undefined
      ? one
      : { kind: 'logicalExpression', operator: 'AND', terms: [one!, two], location }
  return {
    ...node,
    distinct: node.distinct || distinct,
    ...(condition === undefined ? {} : { filter: condition }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(window === undefined ? {} : { window }),
    ...(nullTreatment === undefined ? {} : { nullTreatment }),
  }
}

/** A template over expressions that are there already. */
export const filled = (
  template: string,
  args: readonly Expression[],
  location: NodeLocation,
): Expression => fill(template, (index) => args[index]!, location)
