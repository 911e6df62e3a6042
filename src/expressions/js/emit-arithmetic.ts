import type { SqlType } from '../../spi/type/type.js'
import type { CallExpression } from '../ir.js'

/** Statements that assign a result. */
export type Assignment = (result: string) => readonly string[]

const SIGNS: Readonly<Record<string, string>> = {
  $add: '+',
  $subtract: '-',
  $multiply: '*',
  $divide: '/',
}

const LIMITS: Partial<Record<SqlType['kind'], string>> = {
  tinyint: '127',
  smallint: '32767',
  integer: '2147483647',
}

/**
 * Arithmetic written out, where JavaScript's operators give SQL's answer. What leaves the type goes to the evaluator
 * `run`, which raises the error. Undefined for calls that are evaluated by their function.
 */
export function emitArithmetic(
  call: CallExpression,
  args: readonly string[],
  run: string,
): Assignment | undefined {
  const sign = SIGNS[call.function.name]
  const { kind } = call.type
  const [left, right] = args
  if (sign === undefined || !call.args.every((arg) => arg.type.kind === kind)) return undefined
  const text = `${left} ${sign} ${right}`
  if (kind === 'double') return (result) => [`${result} = ${text};`]
  if (kind === 'real') return (result) => [`${result} = Math.fround(${text});`]
  if (sign === '/') return undefined
  const limit = LIMITS[kind]
  if (limit !== undefined) {
    return (result) => [
      `${result} = ${text} + 0;`,
      `if (${result} > ${limit} || ${result} < -${limit} - 1) ${run}(${left}, ${right});`,
    ]
  }
  if (kind === 'bigint') {
    return (result) => [
      `${result} = ${text};`,
      `if (BigInt.asIntN(64, ${result}) !== ${result}) ${run}(${left}, ${right});`,
    ]
  }
  return undefined
}
