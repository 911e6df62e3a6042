import { type DynamicFilter, type TupleDomain, typesEqual } from '../../spi/index.js'
import type { FileColumn } from './format.js'
import type { FilesColumnHandle } from './handles.js'

/** What of a table's predicate a file can be asked: that on its own columns, where they have the table's type. */
export function filePredicate(
  predicate: TupleDomain<FilesColumnHandle>,
  byName: ReadonlyMap<string, FileColumn>,
): TupleDomain<FileColumn> {
  if (predicate.columnDomains === null) return { columnDomains: null }
  return {
    columnDomains: predicate.columnDomains.flatMap(({ column, domain }) => {
      const own = column.kind === 'data' ? byName.get(column.name) : undefined
      return own === undefined || !typesEqual(own.type, column.type)
        ? []
        : [{ column: own, domain }]
    }),
  }
}

/** The same of a filter that grows narrower. */
export function fileDynamicFilter(
  filter: DynamicFilter<FilesColumnHandle>,
  byName: ReadonlyMap<string, FileColumn>,
): DynamicFilter<FileColumn> {
  let last: TupleDomain<FilesColumnHandle> | undefined
  let translated: TupleDomain<FileColumn> = { columnDomains: [] }
  return {
    columnsCovered: filter.columnsCovered.flatMap((column) => byName.get(column.name) ?? []),
    isBlocked: () => filter.isBlocked(),
    isComplete: () => filter.isComplete(),
    isAwaitable: () => filter.isAwaitable(),
    getCurrentPredicate() {
      const current = filter.getCurrentPredicate()
      if (current !== last) {
        last = current
        translated = filePredicate(current, byName)
      }
      return translated
    },
  }
}
