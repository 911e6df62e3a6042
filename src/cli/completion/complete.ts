import {
  isReservedKeyword,
  NON_RESERVED_KEYWORDS,
  RESERVED_KEYWORDS,
} from '../../planner/parser/keywords.js'
import { splitStatements } from '../../planner/parser/splitter.js'
import type { Completion } from '../editor/line-editor.js'
import type { Names } from './names.js'

const KEYWORDS: readonly string[] = [...RESERVED_KEYWORDS, ...NON_RESERVED_KEYWORDS].sort()
export const COMMANDS = ['help', 'quit', 'exit', 'clear', 'history'] as const

const NAME = '(?:[A-Za-z_][A-Za-z0-9_@:$]*|"(?:[^"]|"")*")'
/** A name of several parts, the last maybe not yet ended, at the end of a text. */
const NAME_AT_END = new RegExp(`((?:${NAME}\\.)*)([A-Za-z_][A-Za-z0-9_@:$]*|"(?:[^"]|"")*|)$`)
/** Tables of a statement: after FROM, JOIN, INTO, UPDATE, TABLE or a comma, with their aliases. */
const TABLES = new RegExp(
  `\\b(?:FROM|JOIN|INTO|UPDATE|TABLE|DESCRIBE|,)\\s*((?:${NAME}\\.){0,2}${NAME})(?:\\s+(?:AS\\s+)?(${NAME}))?`,
  'gi',
)
const WORD_BEFORE = /([A-Za-z_]+)[\s(,]*$/
/** Words that tables follow. */
const BEFORE_TABLES: ReadonlySet<string> = new Set([
  ...['FROM', 'JOIN', 'INTO', 'UPDATE', 'TABLE', 'DESCRIBE', 'DESC', 'VIEW', 'EXISTS', 'ANALYZE'],
])

/** What can stand at a place of a text that is being entered: keywords, functions, and names of all kinds. */
export async function complete(text: string, cursor: number, names: Names): Promise<Completion> {
  const statements = splitStatements(text)
  const statement = statements.find(({ end }) => end >= cursor)
  const start = statement?.start ?? statements.findLast(({ end }) => end < cursor)?.end ?? 0
  const before = text.slice(Math.min(start, cursor), cursor)
  const [, qualifier = '', typed = ''] = NAME_AT_END.exec(before) ?? []
  const whole = statement === undefined ? before : text.slice(statement.start, statement.end)
  const head = before.slice(0, before.length - qualifier.length - typed.length)
  const found =
    qualifier === ''
      ? await unqualified(head, typed, whole, names)
      : await qualified(partsOf(qualifier), whole, names)
  return { start: cursor - typed.length, candidates: matching(found, typed) }
}

/** Those that begin with what was typed, in order, each once. */
function matching(candidates: Iterable<string>, typed: string): string[] {
  const prefix = typed.toLowerCase()
  const found = new Set<string>()
  for (const candidate of candidates) {
    if (candidate.toLowerCase().startsWith(prefix)) found.add(candidate)
  }
  return [...found]
}

async function unqualified(
  head: string,
  typed: string,
  statement: string,
  names: Names,
): Promise<string[]> {
  // Keywords are spelled as what was typed, so that its letters stay.
  const isLower = /^[^A-Z]*$/.test(typed) && typed !== ''
  const keywords = isLower ? KEYWORDS.map((word) => word.toLowerCase()) : KEYWORDS
  const word = WORD_BEFORE.exec(head)?.[1]?.toUpperCase()
  if (head.trim() === '') return [...keywords, ...COMMANDS]
  if (word === 'USE' || word === 'CATALOG') {
    return asNames([...(await names.catalogs()), ...(await names.schemas())])
  }
  if (word === 'SESSION') return [...(await names.sessionProperties())]
  const places = asNames([
    ...(await names.tables()),
    ...(await names.schemas()),
    ...(await names.catalogs()),
  ])
  if (word !== undefined && BEFORE_TABLES.has(word)) return places
  if (/\bFROM\s+$/i.test(head)) return places
  const columns = await Promise.all(tablesOf(statement).map(({ table }) => names.columns(table)))
  const aliases = tablesOf(statement).flatMap(({ alias }) => (alias === undefined ? [] : [alias]))
  return [
    ...asNames([...columns.flat(), ...aliases]),
    ...keywords,
    ...(await names.functions()),
    ...places,
  ]
}

/** What follows a name and a dot: columns of a table or alias, tables of a schema, schemas of a catalog. */
async function qualified(
  parts: readonly string[],
  statement: string,
  names: Names,
): Promise<string[]> {
  const [first, second] = parts
  if (first === undefined || parts.length > 3) return []
  const tables = tablesOf(statement)
  const ofTables = tables.filter(
    ({ table, alias }) =>
      (parts.length === 1 && alias?.toLowerCase() === first.toLowerCase()) ||
      endsWith(table, parts),
  )
  const columns = await Promise.all(ofTables.map(({ table }) => names.columns(table)))
  if (parts.length === 3) return asNames([...columns.flat(), ...(await names.columns(parts))])
  if (second !== undefined) {
    return asNames([...columns.flat(), ...(await names.tables(first, second))])
  }
  return asNames([
    ...columns.flat(),
    ...(await names.tables(undefined, first)),
    ...(await names.schemas(first)),
  ])
}

const endsWith = (table: readonly string[], parts: readonly string[]): boolean =>
  parts.length <= table.length &&
  parts.every(
    (part, index) =>
      part.toLowerCase() === table[table.length - parts.length + index]?.toLowerCase(),
  )

interface NamedTable {
  readonly table: readonly string[]
  readonly alias: string | undefined
}

function tablesOf(statement: string): readonly NamedTable[] {
  return [...statement.matchAll(TABLES)].map(([, table = '', alias]) => ({
    table: partsOf(table),
    alias: alias === undefined || isReservedKeyword(alias) ? undefined : partsOf(alias)[0],
  }))
}

/** The parts of a dotted name, without their quotes. */
const partsOf = (name: string): string[] =>
  [...name.matchAll(new RegExp(NAME, 'g'))].map(([part]) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  )

/** Names as SQL writes them: in quotes where they need them. */
const asNames = (names: readonly string[]): string[] =>
  names.map((name) =>
    /^[a-z_][a-z0-9_]*$/.test(name) && !isReservedKeyword(name)
      ? name
      : `"${name.replaceAll('"', '""')}"`,
  )
