import { invalidArgument } from '../../errors.js'

/** Key and value of every entry, in order. */
export function* entriesOf(
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
