import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * Puts a text between `<!-- bench:NAME:begin -->` and `<!-- bench:NAME:end -->` of a file.
 * @returns whether the file has these markers
 */
export function fillMarkers(file, name, text) {
  if (!existsSync(file)) return false
  const before = readFileSync(file, 'utf8')
  const begin = `<!-- bench:${name}:begin -->`
  const end = `<!-- bench:${name}:end -->`
  const from = before.indexOf(begin)
  const to = before.indexOf(end)
  if (from < 0 || to < from) return false
  writeFileSync(file, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`)
  return true
}
