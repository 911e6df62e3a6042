import fs from 'node:fs'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../../spi/index.js'
import { gitError, shownUrl } from './errors.js'
import { httpClient } from './http-client.js'

export type GitLibrary = typeof import('isomorphic-git')

/** A repository that can be read until it is closed. */
export interface Repository {
  readonly git: GitLibrary
  /** What every call of the library takes; `cache` holds packs while a scan reads them. */
  readonly at: { readonly fs: typeof fs; readonly gitdir: string; readonly cache: object }
  /** Commits whose parents the repository doesn't have. */
  readonly shallow: ReadonlySet<string>
  close(): Promise<void>
}

export interface RepositoryOptions {
  /** The folder that local repositories are below. */
  readonly localRoot: string | undefined
  readonly timeoutMillis: number
  readonly signal: AbortSignal
}

/**
 * Opens a repository by its path, as `file:` address too, or fetches a remote one into a folder of its own.
 * @throws GIT_REPOSITORY_NOT_FOUND, GIT_REMOTE_FAILED, PERMISSION_DENIED for a path that is not below the root
 */
export async function openRepository(url: string, options: RepositoryOptions): Promise<Repository> {
  const git = await loadLibrary()
  if (/^https?:\/\//i.test(url)) {
    if (URL.canParse(url)) return fetchRepository(git, url, options)
    throw gitError('GIT_REPOSITORY_NOT_FOUND', `Address is not valid: ${url}`)
  }
  const path = await localPath(url, url, options.localRoot)
  const inside = join(path, '.git')
  // A link there may lead elsewhere.
  const isBare = fs.existsSync(join(path, 'HEAD')) || !fs.existsSync(inside)
  const gitdir = isBare ? path : await localPath(inside, url, options.localRoot)
  if (fs.statSync(gitdir).isFile()) {
    throw new MillraceError('NOT_SUPPORTED', `Name the repository that the work tree is of: ${url}`)
  }
  if (!fs.existsSync(join(gitdir, 'HEAD'))) {
    throw gitError('GIT_REPOSITORY_NOT_FOUND', `Folder is no repository: ${url}`)
  }
  return repository(git, gitdir, async () => {})
}

async function loadLibrary(): Promise<GitLibrary> {
  try {
    return await import('isomorphic-git')
  } catch (error) {
    throw new MillraceError('NOT_SUPPORTED', 'The git connector needs a package: isomorphic-git', {
      hint: 'npm install isomorphic-git',
      cause: error,
    })
  }
}

async function repository(
  git: GitLibrary,
  gitdir: string,
  close: () => Promise<void>,
): Promise<Repository> {
  const shallowFile = join(gitdir, 'shallow')
  const shallow = fs.existsSync(shallowFile) ? await readFile(shallowFile, 'utf8') : ''
  return {
    git,
    at: { fs, gitdir, cache: {} },
    shallow: new Set(shallow.split('\n').filter((line) => line !== '')),
    close,
  }
}

/** The real path of a place in the repository that `url` names. */
async function localPath(place: string, url: string, root: string | undefined): Promise<string> {
  const denied = (why: string, hint: string): MillraceError =>
    new MillraceError('PERMISSION_DENIED', `${why}: ${url}`, { hint })
  if (root === undefined) {
    throw denied(
      'Local repositories are not allowed',
      'Set git.local-root to the folder that they are below',
    )
  }
  let path: string
  let realRoot: string
  try {
    realRoot = await realpath(root)
    path = await realpath(place.startsWith('file:') ? fileURLToPath(place) : place)
  } catch (error) {
    throw gitError('GIT_REPOSITORY_NOT_FOUND', `Folder does not exist: ${url}`, { cause: error })
  }
  const below = relative(realRoot, path)
  if (below === '..' || below.startsWith('../') || isAbsolute(below)) {
    throw denied('Repository is not below git.local-root', 'Name one below it')
  }
  return path
}

/** All branches and tags under the names that they have there. */
async function fetchRepository(
  git: GitLibrary,
  url: string,
  { timeoutMillis, signal }: RepositoryOptions,
): Promise<Repository> {
  const gitdir = await mkdtemp(join(tmpdir(), 'millrace-git-'))
  const close = (): Promise<void> => rm(gitdir, { recursive: true, force: true })
  const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMillis)])
  try {
    await git.init({ fs, gitdir, bare: true })
    const set = (path: string, value: string) => git.setConfig({ fs, gitdir, path, value })
    await set('remote.origin.url', shownUrl(url))
    await set('remote.origin.fetch', '+refs/heads/*:refs/heads/*')
    const { defaultBranch } = await git.fetch({
      fs,
      gitdir,
      http: httpClient(url, either),
      remote: 'origin',
      tags: true,
      singleBranch: false,
    })
    if (defaultBranch !== null) {
      const head = { ref: 'HEAD', value: defaultBranch, symbolic: true, force: true }
      await git.writeRef({ fs, gitdir, ...head })
    }
    return await repository(git, gitdir, close)
  } catch (error) {
    await close()
    if (signal.aborted) throw signal.reason
    const reason = error instanceof Error ? error.message : String(error)
    throw gitError('GIT_REMOTE_FAILED', `Fetching failed, ${reason}: ${shownUrl(url)}`, {
      cause: error,
      ...(either.aborted ? { hint: 'Raise git.fetch-timeout if the repository is large' } : {}),
    })
  }
}
