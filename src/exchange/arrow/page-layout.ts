import type { SqlType, Storage } from '../../spi/index.js'

/** How the buffers of one column, or one of its parts, lie in a batch. */
export type Layout =
  | { readonly storage: Storage; readonly parts: readonly Layout[] }
  | {
      readonly storage: 'codes'
      /** Bytes a code. */
      readonly width: 1 | 2 | 4
      readonly dictionary: number
      /** Whether the dictionary was sent before and grows, or comes with each page. */
      readonly isShared: boolean
      readonly parts: readonly Layout[]
    }

export interface ColumnLayout {
  /** The column's only value lies in the batch of one row that follows. */
  readonly isConstant: boolean
  readonly layout: Layout
}

/** What pages of one physical form have in common. */
export interface PageLayout {
  readonly types: readonly SqlType[]
  readonly columns: readonly ColumnLayout[]
  /** Whether a last column has the changes of the page's rows. */
  readonly hasChanges: boolean
}

/** A short text that is the same for the same layout. */
export const layoutKey = (columns: readonly ColumnLayout[], hasChanges: boolean): string =>
  columns.map((column) => (column.isConstant ? '=' : '') + keyOf(column.layout)).join(',') +
  (hasChanges ? '*' : '')

function keyOf(layout: Layout): string {
  const own =
    layout.storage === 'codes'
      ? `c${layout.width}${layout.isShared ? 's' : 'l'}${layout.dictionary}`
      : layout.storage
  return layout.parts.length === 0 ? own : `${own}(${layout.parts.map(keyOf).join(' ')})`
}
