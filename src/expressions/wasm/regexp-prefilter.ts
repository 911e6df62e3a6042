import { VARCHAR } from '../../spi/index.js'
import type { Expression } from '../ir.js'
import { call, constant } from '../ir-build.js'
import type { FunctionRegistry } from '../registry.js'
import { compilePattern } from '../value/regexp.js'
import { requiredTexts } from '../value/regexp-required.js'
import { textPredicateOf } from './text-predicate.js'

/**
 * A condition that text kernels know and that holds wherever a regexp_like does: a LIKE of the texts that each match of its
 * pattern contains. It is never true where the value is NULL. Undefined where there is none.
 */
export function conditionOfRegexp(
  e: Expression,
  registry: FunctionRegistry,
): Expression | undefined {
  if (e.kind !== 'call' || e.function.name !== 'regexp_like') return undefined
  const [text, pattern] = e.args
  if (pattern?.kind !== 'constant' || typeof pattern.value !== 'string') return undefined
  if (text?.type.kind !== 'varchar' || !compiles(pattern.value)) return undefined
  const required = requiredTexts(pattern.value)
  if (required.length === 0) return undefined
  const literals = required.map((part) => part.replaceAll(/[\\%_]/g, '\\$&'))
  const args = [text, constant(VARCHAR, `%${literals.join('%')}%`), constant(VARCHAR, '\\')]
  const like = registry.resolve(
    '$like',
    args.map((arg) => arg.type),
  )
  const condition = call(like, args)
  return textPredicateOf(condition) === undefined ? undefined : condition
}

/** Of a pattern that is none, each row that has a value raises the error. */
function compiles(pattern: string): boolean {
  try {
    compilePattern(pattern)
    return true
  } catch {
    return false
  }
}
