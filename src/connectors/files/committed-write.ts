import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** A folder of files that belong to the table it lies in, though not all are in their places yet: hidden from other programs. */
const COMMITTED = /^\.millrace-[0-9a-f-]+\.[0-9a-f]{8}\.\d+\.commit$/
const IN_COMMITTED = new RegExp(
  `\\${sep}\\.millrace-[0-9a-f-]+\\.[0-9a-f]{8}\\.\\d+\\.commit(?=\\${sep})`,
)

export const isCommitted = (name: string): boolean => COMMITTED.test(name)

/** Where a file of a committed folder is once it is moved; undefined for others. */
export function placeOfCommitted(path: string): string | undefined {
  return IN_COMMITTED.test(path) ? path.replace(IN_COMMITTED, '') : undefined
}

/**
 * Makes several files those of a table by one rename, so that they are so all or none, whatever happens then: readers look into
 * the folder, and who writes next moves what a process that died left in it.
 * @param directory of the files, in the table's folder; it has no others
 * @param files as they lie in it, and are to lie in the table's folder
 */
export async function commitFiles(directory: string, files: readonly string[]): Promise<void> {
  const target = dirname(directory)
  for (const folder of new Set(files.map((file) => dirname(join(target, file))))) {
    await mkdir(folder, { recursive: true })
  }
  const committed = directory.replace(/\.tmp$/, '.commit')
  await rename(directory, committed)
  const moved: string[] = []
  try {
    for (const file of files) {
      const place = join(target, file)
      await rename(join(committed, file), place)
      moved.push(place)
    }
  } catch (error) {
    await rename(committed, directory)
    await Promise.all(moved.map((place) => rm(place, { force: true })))
    throw error
  }
  await rm(committed, { recursive: true, force: true })
}

/** Ends what a process that died had begun. */
export async function finishCommit(committed: string): Promise<void> {
  const target = dirname(committed)
  const entries = await readdir(committed, { withFileTypes: true, recursive: true })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const from = join(entry.parentPath, entry.name)
    const place = join(target, from.slice(committed.length + 1))
    await mkdir(dirname(place), { recursive: true })
    await rename(from, place)
  }
  await rm(committed, { recursive: true, force: true })
}
