import { type Domain, domainsOverlap, type TupleDomain } from '../../../spi/index.js'
import type { FileColumn } from '../format.js'
import type { ParquetFile } from './footer.js'
import type { ColumnChunk, RowGroup } from './metadata.js'
import type { Leaf } from './schema.js'
import { statisticsDomain } from './statistic-values.js'

/** The primitive column that a file's column is; undefined for nested ones. */
export function leafOf(file: ParquetFile, column: FileColumn): Leaf | undefined {
  const shape = file.columns[column.index]?.shape
  return shape?.kind === 'leaf' && shape.leaf.maxRepetition === 0 ? shape.leaf : undefined
}

/** Whether a row group may have a row of the predicate, by its statistics. */
export function mayHaveRows(
  file: ParquetFile,
  rowGroup: RowGroup,
  predicate: TupleDomain<FileColumn>,
): boolean {
  if (predicate.columnDomains === null) return false
  return predicate.columnDomains.every(({ column, domain: wanted }) => {
    const leaf = leafOf(file, column)
    if (leaf === undefined) return true
    const chunk = rowGroup.chunks[leaf.index]!
    return domainsOverlap(chunkDomain(leaf, chunk), wanted)
  })
}

/** Planning, splits and each thread ask again and again. */
const domains = new WeakMap<ColumnChunk, Domain>()

function chunkDomain(leaf: Leaf, chunk: ColumnChunk): Domain {
  const known = domains.get(chunk)
  if (known !== undefined) return known
  const domain = statisticsDomain(leaf, chunk.statistics, chunk.valueCount)
  domains.set(chunk, domain)
  return domain
}
