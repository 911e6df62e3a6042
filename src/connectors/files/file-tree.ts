import type { Dirent } from 'node:fs'
import { basename, isAbsolute, join, relative, sep } from 'node:path'
import { MillraceError } from '../../spi/index.js'
import { isCommitted, placeOfCommitted } from './committed-write.js'
import { entriesIn, exactStatusOf, realPathOf, statusOf } from './file-calls.js'
import { fileError, systemReason } from './file-errors.js'
import type { DataFile } from './format.js'
import { isGlob, segmentMatcher } from './glob.js'

/** Files looked at side by side. */
const PARALLEL_STATS = 32
/** Times a folder is listed anew because it was changed meanwhile. */
const LISTINGS_MAX = 10
/** Folders in folders, further than which nobody means to go: loops of mounts. */
const DEPTH_MAX = 64

/** Whether a path, with symbolic links resolved, is a folder or lies in it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

const outside = (path: string): MillraceError =>
  new MillraceError('PERMISSION_DENIED', `Path leads out of files.root: ${path}`)

/** Names that are no tables and no data: hidden ones, and those by which writers mark what isn't. @source Hive */
export const isHidden = (name: string): boolean => name.startsWith('.') || name.startsWith('_')

/** Refuses what would lead out of a folder by its text alone. @throws PERMISSION_DENIED */
export function checkRelative(path: string): void {
  if (isAbsolute(path) || path.includes('\0') || path.split(/[/\\]/).includes('..')) {
    throw outside(path)
  }
}

/** The real path, which must lie in a folder; undefined where there is nothing. @throws PERMISSION_DENIED */
export async function realPathInside(
  folder: string | undefined,
  path: string,
): Promise<string | undefined> {
  let real: string
  try {
    real = await realPathOf(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw fileError('HIVE_FILESYSTEM_ERROR', `Path cannot be used, ${systemReason(error)}: ${path}`)
  }
  if (folder !== undefined && !isInside(folder, real)) throw outside(path)
  return real
}

export const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** What is in a folder, sorted by name; nothing where there is none. @throws HIVE_FILESYSTEM_ERROR */
export async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    const entries = await entriesIn(folder)
    return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  } catch (error) {
    if (isMissing(error)) return []
    throw fileError(
      'HIVE_FILESYSTEM_ERROR',
      `Folder cannot be read, ${systemReason(error)}: ${folder}`,
      { cause: error },
    )
  }
}

/** A file of a table: where it is, and the folders between. */
export interface FoundFile {
  readonly file: DataFile
  /** As it is in its folder, which is not what a symbolic link leads to. */
  readonly name: string
  /** The names of the folders between the table's place and the file. */
  readonly folders: readonly string[]
}

/**
 * All files below a folder, in the order of their names, without hidden ones. Of files that a statement adds together there are
 * all or none.
 * @param root what symbolic links may not lead out of; undefined: anywhere
 * @throws PERMISSION_DENIED, HIVE_FILESYSTEM_ERROR
 */
export async function filesBelow(
  root: string | undefined,
  folder: string,
  signal: AbortSignal,
): Promise<readonly FoundFile[]> {
  for (let listing = 1; ; listing++) {
    const before = await writesIn(folder)
    const found = await pathsBelow(folder, before.committed, signal)
    const after = await writesIn(folder)
    if (before.state === after.state || listing === LISTINGS_MAX) {
      return dataFiles(root, found, signal)
    }
  }
}

/** What tells that a write to a folder began or ended. */
async function writesIn(
  folder: string,
): Promise<{ readonly committed: readonly string[]; readonly state: string }> {
  const names = (await entriesOf(folder)).map(({ name }) => name)
  const ofWrites = names.filter((name) => name.startsWith('.millrace-'))
  const status = await exactStatusOf(folder).catch((error) => {
    if (isMissing(error)) return undefined
    throw fileError(
      'HIVE_FILESYSTEM_ERROR',
      `Folder cannot be read, ${systemReason(error)}: ${folder}`,
    )
  })
  return { committed: names.filter(isCommitted), state: [status?.mtimeNs, ...ofWrites].join('/') }
}

interface FoundPath {
  readonly path: string
  readonly folders: readonly string[]
}

/** @param committed folders whose files count as those of the folder; they are looked at first, since files move out of them */
async function pathsBelow(
  folder: string,
  committed: readonly string[],
  signal: AbortSignal,
): Promise<readonly FoundPath[]> {
  const found = new Map<string, FoundPath>()
  const visit = async (path: string, folders: readonly string[]): Promise<void> => {
    signal.throwIfAborted()
    if (folders.length > DEPTH_MAX) {
      throw fileError('HIVE_FILESYSTEM_ERROR', `Folders are nested too deep: ${path}`)
    }
    for (const entry of await entriesOf(path)) {
      if (isHidden(entry.name)) continue
      const inner = join(path, entry.name)
      if (await leadsToFolder(entry, inner)) await visit(inner, [...folders, entry.name])
      else found.set([...folders, entry.name].join('/'), { path: inner, folders })
    }
  }
  for (const name of committed) await visit(join(folder, name), [])
  await visit(folder, [])
  if (committed.length === 0) return [...found.values()]
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

async function leadsToFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  try {
    return (await statusOf(path)).isDirectory()
  } catch (error) {
    if (isMissing(error)) return false
    throw fileError('HIVE_FILESYSTEM_ERROR', `Path cannot be used, ${systemReason(error)}: ${path}`)
  }
}

/**
 * The files that a pattern of segments between `/` matches below a folder: `*.csv`, `2024/*.parquet`; a segment of
 * two stars stands for any folders. Hidden ones only where the pattern names them.
 */
export async function filesMatching(
  root: string | undefined,
  folder: string,
  pattern: string,
  signal: AbortSignal,
): Promise<readonly FoundFile[]> {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.')
  const found = new Map<string, { path: string; folders: readonly string[] }>()
  const visit = async (path: string, at: number, folders: readonly string[]): Promise<void> => {
    signal.throwIfAborted()
    if (folders.length > DEPTH_MAX) return
    const segment = segments[at]!
    const isLast = at === segments.length - 1
    if (segment === '**') {
      if (!isLast) await visit(path, at + 1, folders)
      for (const entry of await entriesOf(path)) {
        if (isHidden(entry.name)) continue
        const inner = join(path, entry.name)
        if (entry.isDirectory()) await visit(inner, at, [...folders, entry.name])
        else if (isLast) found.set(inner, { path: inner, folders })
      }
      return
    }
    const matches = isGlob(segment) ? segmentMatcher(segment) : sameName(segment)
    for (const entry of await entriesOf(path)) {
      if (!matches(entry.name)) continue
      const inner = join(path, entry.name)
      const isFolder = await leadsToFolder(entry, inner)
      if (isLast && !isFolder) found.set(inner, { path: inner, folders })
      else if (!isLast && isFolder) await visit(inner, at + 1, [...folders, entry.name])
    }
  }
  if (segments.length > 0) await visit(folder, 0, [])
  return dataFiles(root, [...found.values()], signal)
}

const sameName = (name: string): ((other: string) => boolean) => {
  const lower = name.toLowerCase()
  return (other) => other.toLowerCase() === lower
}

/** One file, wherever it is; undefined where there is none. */
export async function fileAt(
  root: string | undefined,
  path: string,
): Promise<DataFile | undefined> {
  const real = await realPathInside(root, path)
  if (real === undefined) return undefined
  try {
    const { size, mtimeMs } = await statusOf(real)
    return { path: real, size, modifiedMillis: mtimeMs }
  } catch (error) {
    // Moved since, as by the end of a write.
    if (isMissing(error)) return undefined
    throw fileError('HIVE_FILESYSTEM_ERROR', `Path cannot be used, ${systemReason(error)}: ${real}`)
  }
}

/** A file, which may have been moved from where a write had it to its place. */
async function presentFile(root: string | undefined, path: string): Promise<DataFile | undefined> {
  const file = await fileAt(root, path)
  const place = file === undefined ? placeOfCommitted(path) : undefined
  return place === undefined ? file : fileAt(root, place)
}

async function dataFiles(
  root: string | undefined,
  found: readonly { readonly path: string; readonly folders: readonly string[] }[],
  signal: AbortSignal,
): Promise<readonly FoundFile[]> {
  const files: FoundFile[] = []
  for (let start = 0; start < found.length; start += PARALLEL_STATS) {
    signal.throwIfAborted()
    const batch = found.slice(start, start + PARALLEL_STATS)
    const stats = await Promise.all(batch.map(({ path }) => presentFile(root, path)))
    for (const [i, file] of stats.entries()) {
      // A file that went away since is no file of the table.
      if (file === undefined) continue
      const { path, folders } = batch[i]!
      files.push({ file, name: basename(path), folders })
    }
  }
  return files
}
