import { stat } from 'node:fs/promises'
import { MillraceError } from '../../spi/index.js'

/** What tells a file from another that takes its name later; undefined where there is none. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev} ${ino}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new MillraceError('JDBC_ERROR', `Database file cannot be read: ${path}`, { cause: error })
  }
}

export const goneError = (path: string): MillraceError =>
  new MillraceError('JDBC_ERROR', `Database file is gone: ${path}`, {
    hint: 'It was there when the catalog was first used; put it back, or start again for a new one',
  })
