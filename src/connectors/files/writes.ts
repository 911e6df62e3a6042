import { createHash } from 'node:crypto'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { MillraceError, typeName } from '../../spi/index.js'
import { commitFiles, finishCommit, isCommitted } from './committed-write.js'
import { fileError, SHARED_FOLDER, systemReason } from './file-errors.js'
import { entriesOf, isMissing } from './file-tree.js'
import type { WrittenFile } from './page-sink.js'
import { DESCRIPTION_FILE, printDescription, type TableDescription } from './table-description.js'

/**
 * A write under way: sinks write to `sinkDirectory`, what counts of that goes to `directory`, which nobody reads, and from there to
 * `target` all at once.
 */
interface Write {
  readonly id: string
  readonly transaction: number
  readonly directory: string
  /** Below `directory`. */
  readonly sinkDirectory: string
  readonly target: string
  readonly create?: { readonly description: TableDescription; readonly replace: boolean }
}

const PARALLEL_STATS = 32
/** Neither a partition nor a file has this name. */
const SINKS = 'sinks'
/** A sink that is still at work may make a file while its folder is removed. */
const SINKS_REMOVALS = 3
const HOST = createHash('sha1').update(hostname()).digest('hex').slice(0, 8)

/** Names of directories of writes: hidden, and they tell whose they are. */
const OF_WRITE = /^\.millrace-[0-9a-f-]+\.([0-9a-f]{8})\.(\d+)\.(?:tmp|commit)$/

/** The writes of one catalog. Nothing of a write can be seen before it is published; what fails leaves nothing. */
export class FilesWrites {
  readonly #writes = new Map<string, Write>()

  /** @throws HIVE_WRITER_OPEN_ERROR */
  async beginCreate(
    transaction: number,
    target: string,
    description: TableDescription,
    replace: boolean,
  ): Promise<Write> {
    if (!replace) await checkAbsent(target)
    return this.#begin(transaction, dirname(target), target, { description, replace })
  }

  async beginInsert(transaction: number, folder: string): Promise<Write> {
    return this.#begin(transaction, folder, folder, undefined)
  }

  async #begin(
    transaction: number,
    parent: string,
    target: string,
    create: Write['create'],
  ): Promise<Write> {
    await removeLeftovers(parent)
    const id = crypto.randomUUID()
    const directory = join(parent, `.millrace-${id}.${HOST}.${process.pid}.tmp`)
    const sinkDirectory = join(directory, SINKS)
    const write: Write = {
      id,
      transaction,
      directory,
      sinkDirectory,
      target,
      ...(create === undefined ? {} : { create }),
    }
    this.#writes.set(id, write)
    await changing(directory, 'HIVE_WRITER_OPEN_ERROR', () =>
      mkdir(sinkDirectory, { recursive: true }),
    )
    return write
  }

  /** Makes the files visible of the sinks that told these fragments, and removes all others. @throws TABLE_ALREADY_EXISTS, HIVE_WRITER_CLOSE_ERROR, HIVE_FILESYSTEM_ERROR */
  async publish(writeId: string, fragments: readonly Uint8Array[]): Promise<void> {
    const write = this.#writes.get(writeId)
    if (write === undefined) throw new Error('a write that has begun and not ended')
    const files = fragments.map(
      (fragment) => JSON.parse(new TextDecoder().decode(fragment)) as WrittenFile,
    )
    await checkWritten(write, files)
    await takeOver(write, files)
    if (write.create === undefined) await moveIn(write, files)
    else await putInPlace(write, write.create)
    this.#writes.delete(writeId)
    await rm(write.directory, { recursive: true, force: true })
  }

  /** Removes what the transaction's writes left. */
  async end(transaction: number): Promise<void> {
    for (const write of [...this.#writes.values()]) {
      if (write.transaction !== transaction) continue
      this.#writes.delete(write.id)
      await rm(write.directory, { recursive: true, force: true })
    }
  }
}

/** Sinks of other nodes may have written to another disk, or one whose files come late. @throws HIVE_WRITER_CLOSE_ERROR */
async function checkWritten(
  { sinkDirectory }: Write,
  files: readonly WrittenFile[],
): Promise<void> {
  for (let first = 0; first < files.length; first += PARALLEL_STATS) {
    const some = files.slice(first, first + PARALLEL_STATS)
    await Promise.all(
      some.map(async ({ path, byteLength }) => {
        const place = join(sinkDirectory, path)
        const { size } = await changing(place, 'HIVE_WRITER_CLOSE_ERROR', () => stat(place))
        if (size === byteLength) return
        throw fileError(
          'HIVE_WRITER_CLOSE_ERROR',
          `File has ${size} bytes of ${byteLength} that were written: ${place}`,
          { hint: SHARED_FOLDER },
        )
      }),
    )
  }
}

/**
 * Leaves behind what sinks wrote that do not count: attempts of tasks that failed, or that another outran. One that is cut off from
 * the coordinator may write on; it finds its directory gone.
 */
async function takeOver(
  { directory, sinkDirectory }: Write,
  files: readonly WrittenFile[],
): Promise<void> {
  for (const folder of new Set(files.map(({ path }) => dirname(join(directory, path))))) {
    await mkdir(folder, { recursive: true })
  }
  for (const { path } of files) {
    const place = join(directory, path)
    await changing(place, 'HIVE_WRITER_CLOSE_ERROR', () => rename(join(sinkDirectory, path), place))
  }
  await rm(sinkDirectory, { recursive: true, force: true, maxRetries: SINKS_REMOVALS })
}

async function putInPlace(
  { directory, target }: Write,
  { description, replace }: NonNullable<Write['create']>,
): Promise<void> {
  const path = join(directory, DESCRIPTION_FILE)
  await changing(path, 'HIVE_WRITER_CLOSE_ERROR', () =>
    writeFile(path, printDescription(description, typeName), { flush: true }),
  )
  if (!replace) await checkAbsent(target)
  const old = `${directory}.old`
  const wasThere = replace && (await moved(target, old))
  try {
    await changing(target, 'HIVE_FILESYSTEM_ERROR', () => rename(directory, target))
  } catch (error) {
    if (wasThere) await rename(old, target)
    throw error
  }
  if (wasThere) await rm(old, { recursive: true, force: true })
}

/** Moves a file or folder; false where there is none. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw fileError('HIVE_FILESYSTEM_ERROR', `Cannot be moved, ${systemReason(error)}: ${from}`)
  }
}

/** Moves files beside those of a table, all or none. */
async function moveIn({ directory, target }: Write, files: readonly WrittenFile[]): Promise<void> {
  await changing(target, 'HIVE_FILESYSTEM_ERROR', () =>
    commitFiles(
      directory,
      files.map(({ path }) => path),
    ),
  )
}

async function checkAbsent(target: string): Promise<void> {
  const there = await stat(target).then(
    () => true,
    (error) => {
      if (isMissing(error)) return false
      throw fileError('HIVE_FILESYSTEM_ERROR', `Cannot be used, ${systemReason(error)}: ${target}`)
    },
  )
  if (there) {
    throw new MillraceError('TABLE_ALREADY_EXISTS', `Table already exists: ${basename(target)}`)
  }
}

async function changing<T>(
  path: string,
  code: 'HIVE_WRITER_OPEN_ERROR' | 'HIVE_WRITER_CLOSE_ERROR' | 'HIVE_FILESYSTEM_ERROR',
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change()
  } catch (error) {
    throw fileError(code, `Cannot be written, ${systemReason(error)}: ${path}`, {
      cause: error,
      ...(isMissing(error) ? { hint: SHARED_FOLDER } : {}),
    })
  }
}

/** Removes the directories of writes whose process died on this machine; what was committed is put in its place. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const { name } of await entriesOf(folder)) {
    const match = OF_WRITE.exec(name.replace(/\.old$/, ''))
    if (match === null || match[1] !== HOST || isAlive(Number(match[2]))) continue
    const directory = join(folder, name)
    if (isCommitted(name)) {
      await changing(directory, 'HIVE_FILESYSTEM_ERROR', () => finishCommit(directory))
    } else await rm(directory, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
