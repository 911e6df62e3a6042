import type { Domain, TupleDomain, Value } from '../../spi/index.js'
import { domainIncludes } from '../../spi/index.js'
import type { DataFile } from './format.js'
import type { FilesColumnHandle } from './handles.js'
import { partitionFolder, partitionValue } from './partitions.js'

/** A file with its place among the partitions. */
export interface PlacedFile {
  readonly file: DataFile
  readonly partition: readonly (string | null)[]
}

/** The value that a column which is not in the file has in all of its rows. */
export function fileValue(
  column: FilesColumnHandle,
  { file, partition }: PlacedFile,
  partitionColumns: readonly FilesColumnHandle[],
): Value {
  if (column.kind === 'partition') {
    const index = partitionColumns.findIndex(({ name }) => name === column.name)
    return partitionValue(partition[index] ?? null, column, file.path)
  }
  switch (column.name) {
    case '$path':
      return file.path
    case '$file_size':
      return BigInt(file.size)
    case '$file_modified_time':
      return {
        picos: BigInt(Math.floor(file.modifiedMillis)) * 1_000_000_000n,
        zone: 'UTC',
      }
    default:
      return partitionColumns.map(({ name }, i) => partitionFolder(name, partition[i]!)).join('/')
  }
}

/** Whether rows of a file may pass what a predicate says of the columns that are not in the file. */
export function mayPass(
  predicate: TupleDomain<FilesColumnHandle>,
  placed: PlacedFile,
  partitionColumns: readonly FilesColumnHandle[],
): boolean {
  if (predicate.columnDomains === null) return false
  return predicate.columnDomains.every(
    ({ column, domain }: { column: FilesColumnHandle; domain: Domain }) =>
      column.kind === 'data' || domainIncludes(domain, fileValue(column, placed, partitionColumns)),
  )
}
