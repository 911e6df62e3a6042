import { readdir } from 'node:fs/promises'

/** How many files, sockets and pipes the process has open; undefined where the system does not tell. */
export async function openFileCount(): Promise<number | undefined> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
