/** One record of a .slt file. */
export type SqlRecord =
  | { readonly kind: 'ok'; readonly line: number; readonly sql: string }
  | {
      readonly kind: 'error'
      readonly line: number
      readonly sql: string
      readonly code: string
      readonly place: string | undefined
    }
  | {
      readonly kind: 'query'
      readonly line: number
      readonly sql: string
      /** A letter a column: see {@link typeLetter}. */
      readonly types: string
      readonly sorted: boolean
      readonly rows: readonly string[]
    }

/**
 * Reads a script of SQL tests, in the form of sqllogictest: records are separated by blank lines; `#` begins a comment.
 *
 *     statement ok                      query IT rowsort
 *     CREATE TABLE t (a integer)        SELECT a, b FROM t
 *                                       ----
 *     statement error TYPE_MISMATCH 1:8 1 | x
 *     SELECT 1 + 'a'                    NULL | (empty)
 *
 * A query names the types of its columns and whether rows come in any order; cells are separated by ` | `.
 */
export function parseScript(text: string, file: string): SqlRecord[] {
  const records: SqlRecord[] = []
  const lines = text.split('\n')
  let at = 0
  while (at < lines.length) {
    const header = lines[at]!.trim()
    if (header === '' || header.startsWith('#')) {
      at++
      continue
    }
    const line = at + 1
    const body: string[] = []
    for (at++; at < lines.length && lines[at]!.trim() !== ''; at++) body.push(lines[at]!)
    records.push(parseRecord(header, body, line, `${file}:${line}`))
  }
  return records
}

function parseRecord(
  header: string,
  body: readonly string[],
  line: number,
  place: string,
): SqlRecord {
  const [kind, ...words] = header.split(/\s+/)
  const rule = body.indexOf('----')
  const sql = body.slice(0, rule < 0 ? body.length : rule).join('\n')
  if (sql.trim() === '') throw new Error(`${place}: a record without statement`)
  if (kind === 'statement' && words[0] === 'ok') return { kind: 'ok', line, sql }
  if (kind === 'statement' && words[0] === 'error' && words[1] !== undefined) {
    return { kind: 'error', line, sql, code: words[1], place: words[2] }
  }
  if (kind === 'query' && words[0] !== undefined && rule >= 0) {
    const order = words[1] ?? 'nosort'
    if (order !== 'rowsort' && order !== 'nosort') throw new Error(`${place}: ${order}`)
    return {
      kind: 'query',
      line,
      sql,
      types: words[0],
      sorted: order === 'rowsort',
      rows: body.slice(rule + 1),
    }
  }
  throw new Error(`${place}: not a record: ${header}`)
}

/** I: integers; N: DECIMAL; R: REAL and DOUBLE; B: BOOLEAN; T: VARCHAR and CHAR; D: dates and times; X: everything else. */
export function typeLetter(kind: string): string {
  if (['tinyint', 'smallint', 'integer', 'bigint'].includes(kind)) return 'I'
  if (kind === 'decimal') return 'N'
  if (kind === 'real' || kind === 'double') return 'R'
  if (kind === 'boolean') return 'B'
  if (kind === 'varchar' || kind === 'char') return 'T'
  if (/^(date|time|timestamp|interval)/.test(kind)) return 'D'
  return 'X'
}

/** A cell as scripts write it. */
export function cellText(value: unknown): string {
  if (value === null) return 'NULL'
  if (value === '') return '(empty)'
  if (Object.is(value, -0)) return '-0'
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`
  if (Array.isArray(value)) return `[${value.map(cellText).join(', ')}]`
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${cellText(key)}=${cellText(item)}`).join(', ')}}`
  }
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}=${cellText(item)}`)
      .join(', ')}}`
  }
  return String(value)
}
