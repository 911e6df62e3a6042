/** What a write writes into; handles are the connector's. */
export type WriterTarget =
  | {
      /** The writer's columns are the table's, then the operation, the case number and the row id. */
      readonly kind: 'merge'
      readonly operation: 'DELETE' | 'UPDATE' | 'MERGE'
      /** The connector changes the rows of this handle by itself; the writer gets none. */
      readonly pushed?: { readonly handle: unknown }
      readonly catalog: string
      readonly handle: unknown
      readonly name: string
    }
  | {
      readonly kind: 'insert'
      readonly catalog: string
      readonly handle: unknown
      readonly name: string
    }
  /** ANALYZE: the rows are the statistics. */
  | {
      readonly kind: 'statistics'
      readonly catalog: string
      readonly handle: unknown
      readonly name: string
    }
  | {
      readonly kind: 'create'
      readonly catalog: string
      readonly handle: unknown
      readonly name: string
    }
