import {
  BIGINT,
  type ColumnMetadata,
  DOUBLE,
  type SystemTable,
  VARCHAR,
  type Value,
} from '../../spi/index.js'

const COLUMN_TYPES = { text: VARCHAR, count: BIGINT, number: DOUBLE } as const
export type MetricColumns = Readonly<Record<string, keyof typeof COLUMN_TYPES>>

/** A table of the schema current: the node, then named values. Rows are read when a query asks. */
export function metricsTable<C extends MetricColumns>(
  nodeId: string,
  name: string,
  columns: C,
  rows: () => readonly { readonly [K in keyof C]: string | number }[],
): SystemTable {
  const described: ColumnMetadata[] = Object.entries(columns).map(([column, kind]) => ({
    name: column,
    type: COLUMN_TYPES[kind],
  }))
  return {
    metadata: {
      table: { schema: 'current', table: name },
      columns: [{ name: 'node', type: VARCHAR }, ...described],
    },
    *rows() {
      for (const row of rows()) {
        yield [
          nodeId,
          ...Object.entries(columns).map(([column, kind]): Value => {
            const value = row[column]!
            return kind === 'count' ? BigInt(Math.round(Number(value))) : value
          }),
        ]
      }
    },
  }
}
