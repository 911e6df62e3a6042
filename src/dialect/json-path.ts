import type { Expression } from '../planner/parser/ast/index.js'
import { notSupported, type Translation } from './translation.js'
import { filled, stringLiteral } from './tree.js'

/** A step into JSON: the key of an object, or the position in an array from 0. */
export type JsonStep = string | number

/** The steps as a path of Trino's `json_extract`. @source Trino JsonPathTokenizer */
const pathOf = (steps: readonly JsonStep[]): string =>
  steps.reduce<string>(
    (path, step) =>
      typeof step === 'number'
        ? `${path}[${step}]`
        : `${path}["${step.replaceAll(/["\\]/g, '\\$&')}"]`,
    '$',
  )

/** What is at the end of a path, as JSON. */
export function jsonField(
  base: Expression,
  steps: readonly JsonStep[],
  t: Translation,
): Expression {
  const inner = partsOf(base)
  const path = inner === undefined ? pathOf(steps) : `${inner.path}${pathOf(steps).slice(1)}`
  const args = [inner?.base ?? base, stringLiteral(path, t.location)]
  return filled('json_extract(_1, _2)', args, t.location)
}

/** What `jsonField` made. */
function partsOf(
  node: Expression,
): { readonly base: Expression; readonly path: string } | undefined {
  if (node.kind !== 'functionCall' || node.name.parts[0]?.value !== 'json_extract') return undefined
  const [base, path] = node.arguments
  return base === undefined || path?.kind !== 'stringLiteral'
    ? undefined
    : { base, path: path.value }
}

export const isJsonField = (node: Expression): boolean => partsOf(node) !== undefined

/** What is at the end of a path, as text: strings without quotes. JSON's null is the text null in MySQL, NULL elsewhere. */
export function jsonText(field: Expression, t: Translation): Expression {
  const { base, path } = partsOf(field)!
  const args = [base, stringLiteral(path, t.location)]
  const rest = 'json_format(json_extract(_1, _2))'
  const other = t.dialect.arithmetic === 'mysql' ? rest : `nullif(${rest}, 'null')`
  return filled(`coalesce(json_extract_scalar(_1, _2), ${other})`, args, t.location)
}

const MYSQL_STEP = /\.([A-Za-z_$][\w$]*)|\."([^"\\]*)"|\[(\d+)\]/y

/** `->` and `->>`, whose right side is a key, a position, or a path of MySQL. */
export function stepsOf(right: Expression, t: Translation): readonly JsonStep[] {
  if (t.dialect.arithmetic !== 'mysql') {
    if (right.kind === 'stringLiteral') return [right.value]
    if (right.kind === 'longLiteral') return [Number(right.value)]
    throw notSupported('a step into JSON that is no literal', t)
  }
  if (right.kind !== 'stringLiteral' || !right.value.startsWith('$')) {
    throw notSupported('a path into JSON that is no literal', t)
  }
  const steps: JsonStep[] = []
  let position = 1
  while (position < right.value.length) {
    MYSQL_STEP.lastIndex = position
    const step = MYSQL_STEP.exec(right.value)
    if (step === null) throw notSupported(`the path into JSON ${right.value}`, t)
    steps.push(step[3] === undefined ? (step[1] ?? step[2]!) : Number(step[3]))
    position = MYSQL_STEP.lastIndex
  }
  return steps
}
