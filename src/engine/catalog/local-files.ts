import { PATH_SCHEMA } from '../../connectors/files/path-schema.js'
import type { ResolvedTable } from '../../planner/metadata.js'
import { codedError, MillraceError } from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'
import { resolveTable } from './metadata.js'

/** The catalog of files by any path, in engines that have it; statements cannot name its tables otherwise. */
export const LOCAL_FILES_CATALOG = '$files'

/** The catalog's properties: relative paths begin in the working folder. Undefined where there is none any more. */
export function localFilesProperties(): Readonly<Record<string, string>> | undefined {
  let root: string
  try {
    root = process.cwd()
  } catch {
    // The folder was removed while the process was in it.
    return undefined
  }
  return {
    'connector.name': 'files',
    'files.root': root,
    'files.paths-outside-root': 'true',
    'files.read-only': 'true',
  }
}

/**
 * The table that `FROM 'path'` means: any file in an engine with local files, elsewhere one that lies in the root of a
 * files catalog, the first by name that has it.
 * @throws NOT_SUPPORTED where there is no such catalog, PERMISSION_DENIED for a path outside of all of them
 */
export async function resolveFiles(
  context: QueryContext,
  path: string,
): Promise<ResolvedTable | undefined> {
  const nameIn = (catalog: string) => ({ catalog, schema: PATH_SCHEMA, name: path })
  if (context.catalogs.find(LOCAL_FILES_CATALOG) !== undefined) {
    return resolveTable(context, nameIn(LOCAL_FILES_CATALOG))
  }
  const catalogs = context.catalogs.list().filter(({ connectorName }) => connectorName === 'files')
  if (catalogs.length === 0) {
    throw new MillraceError('NOT_SUPPORTED', `Files can't be read by their path here: ${path}`, {
      hint: 'A server reads files in the root of a catalog whose connector.name is files',
    })
  }
  let denied: MillraceError | undefined
  for (const { name } of catalogs) {
    try {
      const table = await resolveTable(context, nameIn(name))
      if (table !== undefined) return table
    } catch (error) {
      const coded = codedError(error)
      if (coded?.code !== 'PERMISSION_DENIED') throw error
      denied ??= coded
    }
  }
  if (denied !== undefined) throw denied
  return undefined
}
