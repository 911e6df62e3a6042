import { codePointCount, offsetOfCodePoint } from '../../../values/code-points.js'
import { invalidArgument } from '../../errors.js'
import type { ScalarOverload } from '../../function-definition.js'

function targetLength(length: bigint): number {
  if (length < 0n || length > 2_147_483_647n) {
    invalidArgument('Target length must be in the range [0..2147483647]')
  }
  return Number(length)
}

export function padText(text: string, length: bigint, padding: string, atStart: boolean): string {
  const target = targetLength(length)
  if (padding === '') invalidArgument('Padding string must not be empty')
  const missing = target - codePointCount(text)
  if (missing <= 0) return text.slice(0, offsetOfCodePoint(text, target))
  const repeated = padding.repeat(Math.ceil(missing / codePointCount(padding)))
  const fill = repeated.slice(0, offsetOfCodePoint(repeated, missing))
  return atStart ? fill + text : text + fill
}

function padBytes(
  bytes: Uint8Array,
  length: bigint,
  padding: Uint8Array,
  atStart: boolean,
): Uint8Array {
  const target = targetLength(length)
  if (padding.length === 0) invalidArgument('Padding bytes must not be empty')
  const missing = target - bytes.length
  if (missing <= 0) return bytes.slice(0, target)
  const result = new Uint8Array(target)
  const start = atStart ? 0 : bytes.length
  for (let i = 0; i < missing; i++) result[start + i] = padding[i % padding.length]!
  result.set(bytes, atStart ? missing : 0)
  return result
}

export const textOverloads = (atStart: boolean): readonly ScalarOverload[] => [
  {
    args: ['varchar(x)', 'bigint', 'varchar(y)'],
    returns: 'varchar',
    evaluate: (text: string, length: bigint, padding: string) =>
      padText(text, length, padding, atStart),
  },
  {
    args: ['varbinary', 'bigint', 'varbinary'],
    returns: 'varbinary',
    evaluate: (bytes: Uint8Array, length: bigint, padding: Uint8Array) =>
      padBytes(bytes, length, padding, atStart),
  },
]
