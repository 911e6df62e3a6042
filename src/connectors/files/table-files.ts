import { access } from 'node:fs/promises'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { MillraceError, type SqlType } from '../../spi/index.js'
import type { FilesConfig } from './config.js'
import { statusOf } from './file-calls.js'
import { fileError } from './file-errors.js'
import { openFile } from './file-reader.js'
import {
  checkRelative,
  entriesOf,
  type FoundFile,
  fileAt,
  filesBelow,
  filesMatching,
  isHidden,
  realPathInside,
} from './file-tree.js'
import type { DataFile, FormatName } from './format.js'
import { splitFileName } from './formats.js'
import { isGlob } from './glob.js'
import { PATH_SCHEMA } from './path-schema.js'
import { DESCRIPTION_FILE, readDescription, type TableDescription } from './table-description.js'

/** The schema of the files that lie in files.root itself. */
export const DEFAULT_SCHEMA = 'default'

/** The files of a table, found by its name. */
export interface TableFiles {
  readonly format: FormatName
  readonly files: readonly FoundFile[]
  /** The folder of a table that is one; such a table can be written. */
  readonly folder?: string
  /** The file of a table that is one. */
  readonly path?: string
  readonly description?: TableDescription
}

/** The folder of a schema, undefined where there is none. @throws PERMISSION_DENIED, AMBIGUOUS_NAME */
export async function schemaFolder(
  { root }: FilesConfig,
  schema: string,
): Promise<string | undefined> {
  if (schema === DEFAULT_SCHEMA || schema === PATH_SCHEMA) return root
  checkRelative(schema)
  let folder = root
  for (const segment of schema.split('/')) {
    if (segment === '' || segment === '.') return undefined
    const name = await entryNamed(folder, segment)
    if (name === undefined) return undefined
    folder = join(folder, name)
  }
  const real = await realPathInside(root, folder)
  return real === undefined || !(await isFolder(real)) ? undefined : real
}

const isFolder = async (path: string): Promise<boolean> => {
  return (await statusOf(path)).isDirectory()
}

/** The entry of a folder with a name, or else the one that differs from it in case only. */
async function entryNamed(folder: string, name: string): Promise<string | undefined> {
  const names = (await entriesOf(folder)).map((entry) => entry.name)
  if (names.includes(name)) return name
  return theOne(
    names.filter((other) => other.toLowerCase() === name.toLowerCase()),
    name,
  )
}

function theOne(candidates: readonly string[], name: string): string | undefined {
  if (candidates.length < 2) return candidates[0]
  throw new MillraceError('AMBIGUOUS_NAME', `Name stands for more than one file: ${name}`, {
    detail: candidates.join('\n'),
    hint: `Write the file's name with its ending, as in "${candidates[0]}"`,
  })
}

/**
 * The files that a table name stands for: a pattern's, a file's with or without its ending, or a folder's; undefined
 * where there is nothing of the name.
 * @throws PERMISSION_DENIED for what lies outside of the root, AMBIGUOUS_NAME, HIVE_UNSUPPORTED_FORMAT
 */
export async function findTableFiles(
  config: FilesConfig,
  schema: string,
  table: string,
  getType: (name: string) => SqlType,
  signal: AbortSignal,
): Promise<TableFiles | undefined> {
  const limit = config.pathsOutsideRoot ? undefined : config.root
  if (schema === PATH_SCHEMA) return filesOfPath(config.root, limit, table, getType, signal)
  checkRelative(table)
  const folder = await schemaFolder(config, schema)
  if (folder === undefined) return undefined
  return filesIn(config.root, folder, table, getType, signal)
}

async function filesOfPath(
  root: string,
  limit: string | undefined,
  path: string,
  getType: (name: string) => SqlType,
  signal: AbortSignal,
): Promise<TableFiles | undefined> {
  if (path.includes('\0')) throw new MillraceError('INVALID_ARGUMENTS', 'Path has a NUL character')
  if (!isGlob(path)) {
    const found = await filesAt(limit, resolve(root, path), getType, signal)
    if (found !== undefined) return found
  }
  // The part before the first segment that is a pattern is a path as it stands, which may lead upwards.
  const segments = path.split('/')
  const first = segments.findIndex(isGlob)
  if (first < 0) return undefined
  const start = segments.slice(0, first).join('/')
  const base = isAbsolute(path) ? join('/', start) : join(root, start)
  const folder = await realPathInside(limit, base)
  if (folder === undefined) return undefined
  const pattern = segments.slice(first).join('/')
  checkRelative(pattern)
  return tableOf(await filesMatching(limit, folder, pattern, signal), {})
}

async function filesIn(
  root: string,
  folder: string,
  table: string,
  getType: (name: string) => SqlType,
  signal: AbortSignal,
): Promise<TableFiles | undefined> {
  const segments = table.split('/')
  const last = segments.pop()!
  if (isGlob(table)) return tableOf(await filesMatching(root, folder, table, signal), {})
  let place = folder
  for (const segment of segments) {
    const name = segment === '' ? undefined : await entryNamed(place, segment)
    if (name === undefined) return undefined
    place = join(place, name)
  }
  if (last === '' || last === '.') return undefined
  const name = (await entryNamed(place, last)) ?? (await stemNamed(place, last))
  if (name === undefined) return undefined
  return filesAt(root, join(place, name), getType, signal)
}

/** The file of a name without its ending. */
async function stemNamed(folder: string, stem: string): Promise<string | undefined> {
  const wanted = stem.toLowerCase()
  const names = (await entriesOf(folder)).flatMap(({ name }) => {
    const split = splitFileName(name)
    return split.format !== undefined && split.stem.toLowerCase() === wanted ? [name] : []
  })
  return theOne(names, stem)
}

async function filesAt(
  limit: string | undefined,
  path: string,
  getType: (name: string) => SqlType,
  signal: AbortSignal,
): Promise<TableFiles | undefined> {
  const real = await realPathInside(limit, path)
  if (real === undefined) return undefined
  if (!(await isFolder(real))) {
    const file = await fileAt(limit, real)
    if (file === undefined) return undefined
    return tableOf([{ file, name: basename(path), folders: [] }], { path: real })
  }
  const [description, files] = await Promise.all([
    readDescription(real, getType),
    filesBelow(limit, real, signal),
  ])
  if (description === undefined) return tableOf(files, { folder: real })
  return { format: description.format, files, folder: real, description }
}

/** Only files of the format that the first one has; others beside them, such as a README, are no data. */
async function tableOf(
  found: readonly FoundFile[],
  place: Pick<TableFiles, 'folder' | 'path'>,
): Promise<TableFiles | undefined> {
  const known = found.flatMap((entry) => {
    const { format } = splitFileName(entry.name)
    return format === undefined ? [] : [{ entry, format }]
  })
  const [first] = known
  if (first === undefined) return unnamedFormat(found, place)
  const other = known.find(({ format }) => format !== first.format)
  if (other !== undefined) {
    throw fileError(
      'HIVE_PARTITION_SCHEMA_MISMATCH',
      `Files of a table have different formats, ${first.format} and ${other.format}: ${other.entry.file.path}`,
      { hint: `Name those of one format, as in "*.${first.format.toLowerCase()}"` },
    )
  }
  return { format: first.format, files: known.map(({ entry }) => entry), ...place }
}

/** Files whose names tell no format, as Hive's writers leave them: they may say it themselves. */
async function unnamedFormat(
  found: readonly FoundFile[],
  place: Pick<TableFiles, 'folder' | 'path'>,
): Promise<TableFiles | undefined> {
  const [first] = found
  if (first === undefined) return undefined
  const format = await formatByMagic(first.file)
  if (format !== undefined) return { format, files: found, ...place }
  if (place.folder !== undefined) return undefined
  throw fileError(
    'HIVE_UNSUPPORTED_FORMAT',
    `Name of the file tells no format that can be read: ${first.file.path}`,
    { hint: 'Endings are .parquet, .csv, .tsv, .jsonl, .ndjson, .json, .arrow, .feather' },
  )
}

async function formatByMagic(file: DataFile): Promise<FormatName | undefined> {
  if (file.size < 8) return undefined
  const reader = await openFile(file, new AbortController().signal)
  try {
    const head = Buffer.from(await reader.read(0, 6)).toString('latin1')
    return head.startsWith('PAR1') ? 'PARQUET' : head === 'ARROW1' ? 'ARROW' : undefined
  } finally {
    await reader.close()
  }
}

/** The tables that can be listed in a folder: files by their names, and folders of files. */
export async function listTableNames(folder: string, isRoot: boolean): Promise<readonly string[]> {
  const stems = new Map<string, string[]>()
  const tables: string[] = []
  for (const entry of await entriesOf(folder)) {
    if (isHidden(entry.name)) continue
    if (entry.isDirectory()) {
      if (await isTableFolder(join(folder, entry.name), isRoot))
        tables.push(entry.name.toLowerCase())
      continue
    }
    const { stem, format } = splitFileName(entry.name)
    if (format === undefined) continue
    const key = stem.toLowerCase()
    stems.set(key, [...(stems.get(key) ?? []), entry.name.toLowerCase()])
  }
  // Where a name without its ending would be ambiguous, the whole names are the tables.
  for (const [stem, names] of stems) tables.push(...(names.length === 1 ? [stem] : names))
  return [...new Set(tables)].sort()
}

/** A folder in files.root is a schema unless it is plainly a table: one that was created, or is partitioned. */
async function isTableFolder(folder: string, inRoot: boolean): Promise<boolean> {
  const described = await access(join(folder, DESCRIPTION_FILE)).then(
    () => true,
    () => false,
  )
  if (described) return true
  const entries = await entriesOf(folder)
  return entries.some(
    (entry) =>
      !isHidden(entry.name) &&
      (entry.isDirectory()
        ? entry.name.includes('=')
        : !inRoot && splitFileName(entry.name).format !== undefined),
  )
}
