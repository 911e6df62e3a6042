import type { ReadCommitResult } from 'isomorphic-git'
import type { Repository } from './repository.js'

/** Rows by column name, without the column `url`. */
type Rows = AsyncGenerator<Readonly<Record<string, unknown>>>
/** @param wanted names of the columns that are read */
type TableReader = (repository: Repository, wanted: ReadonlySet<string>) => Rows

/** Every commit that a branch, a tag or HEAD leads to, once. */
async function* commits(repository: Repository): Rows {
  const { git, at } = repository
  const starts = [...(await references(repository, 'refs')).values()]
  const head = await git.resolveRef({ ...at, ref: 'HEAD' }).catch(missing)
  for await (const { oid, commit } of history(repository, [...starts, head])) {
    yield {
      object_id: oid,
      author_name: commit.author.name,
      author_email: commit.author.email,
      committer_name: commit.committer.name,
      committer_email: commit.committer.email,
      message: commit.message,
      parents: commit.parent,
      tree_id: commit.tree,
      commit_time: timeText(commit.committer),
    }
  }
}

async function* branches(repository: Repository, wanted: ReadonlySet<string>): Rows {
  const { git, at } = repository
  const merged = new Set<string>()
  if (wanted.has('is_merged')) {
    const head = await git.resolveRef({ ...at, ref: 'HEAD' }).catch(missing)
    for await (const { oid } of history(repository, [head])) merged.add(oid)
  }
  for (const folder of ['refs/heads', 'refs/remotes']) {
    for (const [name, oid] of await references(repository, folder)) {
      if (!name.endsWith('/HEAD')) yield { object_id: oid, name, is_merged: merged.has(oid) }
    }
  }
}

/** The object of an annotated tag is the tag's own. */
async function* tags(repository: Repository): Rows {
  for (const [name, oid] of await references(repository, 'refs/tags')) {
    yield { object_id: oid, name }
  }
}

/** The contents of every file that a commit has, each once. */
async function* objects(repository: Repository, wanted: ReadonlySet<string>): Rows {
  const { git, at } = repository
  const seen = new Set<string>()
  for await (const { tree_id: root } of commits(repository)) {
    const trees = [root as string]
    for (let oid = trees.pop(); oid !== undefined; oid = trees.pop()) {
      if (seen.has(oid)) continue
      seen.add(oid)
      const { tree } = await git.readTree({ ...at, oid })
      for (const entry of tree) {
        if (entry.type === 'tree') trees.push(entry.oid)
        if (entry.type !== 'blob' || seen.has(entry.oid)) continue
        seen.add(entry.oid)
        const contents = wanted.has('contents')
          ? (await git.readBlob({ ...at, oid: entry.oid })).blob
          : null
        yield { object_id: entry.oid, contents }
      }
    }
  }
}

export const TABLE_READERS = { branches, commits, objects, tags } satisfies Record<
  string,
  TableReader
>
export type GitTable = keyof typeof TABLE_READERS

/** Commits from some on, each once; what leads to no commit is passed over. Keeps the ids of all. */
async function* history(
  { git, at, shallow }: Repository,
  starts: readonly (string | undefined)[],
): AsyncGenerator<ReadCommitResult> {
  const open = new Set(starts.filter((oid) => oid !== undefined))
  const isStart = new Set(open)
  const seen = new Set<string>()
  for (const oid of open) {
    open.delete(oid)
    if (seen.has(oid)) continue
    seen.add(oid)
    let found: ReadCommitResult
    try {
      found = await git.readCommit({ ...at, oid })
    } catch (error) {
      // A tag may be of a file or a folder.
      if (isStart.has(oid) && error instanceof git.Errors.ObjectTypeError) continue
      throw error
    }
    if (found.oid !== oid) {
      if (seen.has(found.oid)) continue
      seen.add(found.oid)
    }
    yield found
    if (shallow.has(found.oid)) continue
    for (const parent of found.commit.parent) if (!seen.has(parent)) open.add(parent)
  }
}

/** Ids of references by their full names. */
async function references(
  { git, at }: Repository,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const name of await git.listRefs({ ...at, filepath: folder })) {
    const ref = `${folder}/${name}`
    const oid = await git.resolveRef({ ...at, ref }).catch(missing)
    if (oid !== undefined) found.set(ref, oid)
  }
  return found
}

/** A reference to nothing, as HEAD of a new repository. */
function missing(error: unknown): undefined {
  if (error instanceof Error && error.name === 'NotFoundError') return undefined
  throw error
}

const MAX_OFFSET_MINUTES = 840

/** The time in the committer's zone; `timezoneOffset` has the sign of JavaScript's, positive west of Greenwich. */
function timeText(who: { readonly timestamp: number; readonly timezoneOffset: number }): string {
  const minutes = Math.abs(who.timezoneOffset) > MAX_OFFSET_MINUTES ? 0 : -who.timezoneOffset
  const local = new Date((who.timestamp + minutes * 60) * 1000).toISOString()
  const two = (value: number): string => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
  return local.replace(/\.\d+Z$/, offset)
}
