import type { MapValue } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

function splitLimited(text: string, delimiter: string, limit: bigint): string[] {
  if (limit <= 0n) invalidArgument('Limit must be positive')
  if (limit > 2_147_483_647n) invalidArgument('Limit is too large')
  if (delimiter === '') invalidArgument('The delimiter may not be the empty string')
  const parts: string[] = []
  let from = 0
  while (parts.length < Number(limit) - 1) {
    const at = text.indexOf(delimiter, from)
    if (at < 0) break
    parts.push(text.slice(from, at))
    from = at + delimiter.length
  }
  parts.push(text.slice(from))
  return parts
}

export const split = scalarFunction({
  name: 'split',
  description: 'The parts of a string between delimiters, at most so many',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'array(varchar(x))',
      evaluate: (text: string, delimiter: string) => splitLimited(text, delimiter, 2_147_483_647n),
    },
    {
      args: ['varchar(x)', 'varchar(y)', 'bigint'],
      returns: 'array(varchar(x))',
      evaluate: splitLimited,
    },
  ],
})

export const splitPart = scalarFunction({
  name: 'split_part',
  description: 'The part of a string between delimiters at a position from 1; NULL past the last',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)', 'bigint'],
      returns: 'varchar(x)',
      evaluate: (text: string, delimiter: string, index: bigint) => {
        if (index <= 0n) return invalidArgument('Index must be greater than zero')
        if (delimiter === '') {
          const characters = [...text]
          if (index > BigInt(characters.length)) return index === 1n ? text : null
          return characters[Number(index) - 1]!
        }
        const parts = text.split(delimiter)
        return parts[Number(index > 2_147_483_647n ? 2_147_483_647n : index) - 1] ?? null
      },
    },
  ],
})

/** Key and value of every entry, in order. */
function* entriesOf(
  text: string,
  entryDelimiter: string,
  keyValueDelimiter: string,
): Generator<readonly [string, string]> {
  if (entryDelimiter === '') invalidArgument('entryDelimiter is empty')
  if (keyValueDelimiter === '') invalidArgument('keyValueDelimiter is empty')
  if (entryDelimiter === keyValueDelimiter) {
    invalidArgument('entryDelimiter and keyValueDelimiter must not be the same')
  }
  const entries = text.split(entryDelimiter)
  if (entries.at(-1) === '') entries.pop()
  for (const entry of entries) {
    const at = entry.indexOf(keyValueDelimiter)
    if (at < 0) {
      invalidArgument(
        `Key-value delimiter must appear exactly once in each entry. Bad input: '${entry}'`,
      )
    }
    const value = entry.slice(at + keyValueDelimiter.length)
    if (value.includes(keyValueDelimiter)) {
      invalidArgument(
        `Key-value delimiter must appear exactly once in each entry. Bad input: '${entry}'`,
      )
    }
    yield [entry.slice(0, at), value]
  }
}

export const splitToMap = scalarFunction({
  name: 'split_to_map',
  description: 'The map that a string of entries writes',
  overloads: [
    {
      args: ['varchar', 'varchar', 'varchar'],
      returns: 'map(varchar,varchar)',
      evaluate: (text: string, entryDelimiter: string, keyValueDelimiter: string) => {
        const map = new Map<string, string>()
        for (const [key, value] of entriesOf(text, entryDelimiter, keyValueDelimiter)) {
          if (map.has(key)) {
            invalidArgument(`Duplicate keys (${key}) are not allowed`)
          }
          map.set(key, value)
        }
        return { keys: [...map.keys()], values: [...map.values()] }
      },
    },
  ],
})

export const splitToMultimap = scalarFunction({
  name: 'split_to_multimap',
  description: 'The map from keys to arrays of values that a string of entries writes',
  overloads: [
    {
      args: ['varchar', 'varchar', 'varchar'],
      returns: 'map(varchar,array(varchar))',
      evaluate: (text: string, entryDelimiter: string, keyValueDelimiter: string): MapValue => {
        const map = new Map<string, string[]>()
        for (const [key, value] of entriesOf(text, entryDelimiter, keyValueDelimiter)) {
          const values = map.get(key)
          if (values === undefined) map.set(key, [value])
          else values.push(value)
        }
        return { keys: [...map.keys()], values: [...map.values()] }
      },
    },
  ],
})
