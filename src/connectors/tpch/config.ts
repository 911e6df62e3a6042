import { MAX_PAGE_ROWS, MillraceError } from '../../spi/index.js'

/** How columns are named: SIMPLIFIED is `orderkey`, STANDARD the specification's `o_orderkey`. */
export type ColumnNaming = 'SIMPLIFIED' | 'STANDARD'
/** What the specification's decimals are: DOUBLE, or DECIMAL(12, 2). */
export type DoubleTypeMapping = 'DOUBLE' | 'DECIMAL'

/** The properties of a tpch catalog. @source Trino TpchConfig */
export interface TpchConfig {
  readonly columnNaming: ColumnNaming
  readonly doubleTypeMapping: DoubleTypeMapping
  readonly rowsPerPageMax: number
  /** Parts that a scan is cut into; undefined: as the size of the table asks for. */
  readonly splitsPerNode: number | undefined
  readonly redirectionCatalog: string | undefined
  readonly redirectionSchema: string | undefined
  /** Whether the engine is told how rows are sorted. */
  readonly partitioningEnabled: boolean
  /** Whether predicates on keys decide which rows are generated. */
  readonly predicatePushdownEnabled: boolean
}

type Parser<T> = (text: string, property: string) => T

/** @throws CONFIGURATION_INVALID */
export function parseTpchConfig(properties: Readonly<Record<string, string>>): TpchConfig {
  const unused = new Set(Object.keys(properties))
  const read = <T>(property: string, parse: Parser<T>, defaultValue: T): T => {
    unused.delete(property)
    const text = properties[property]
    return text === undefined ? defaultValue : parse(text, property)
  }
  const config: TpchConfig = {
    columnNaming: read<ColumnNaming>(
      'tpch.column-naming',
      oneOf(['SIMPLIFIED', 'STANDARD']),
      'SIMPLIFIED',
    ),
    doubleTypeMapping: read<DoubleTypeMapping>(
      'tpch.double-type-mapping',
      oneOf(['DOUBLE', 'DECIMAL']),
      'DOUBLE',
    ),
    // Trino's default is more than a page holds here.
    rowsPerPageMax: Math.min(
      read('tpch.max-rows-per-page', positiveInteger, MAX_PAGE_ROWS),
      MAX_PAGE_ROWS,
    ),
    splitsPerNode: read<number | undefined>('tpch.splits-per-node', positiveInteger, undefined),
    redirectionCatalog: read<string | undefined>(
      'tpch.table-scan-redirection-catalog',
      (text) => text,
      undefined,
    ),
    redirectionSchema: read<string | undefined>(
      'tpch.table-scan-redirection-schema',
      (text) => text,
      undefined,
    ),
    partitioningEnabled: read('tpch.partitioning-enabled', boolean, true),
    predicatePushdownEnabled: read('tpch.predicate-pushdown-enabled', boolean, true),
  }
  for (const property of unused) {
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      property === 'tpch.produce-pages'
        ? 'Defunct property cannot be configured: tpch.produce-pages'
        : `Configuration property was not used: ${property}`,
    )
  }
  return config
}

const invalid = (property: string, text: string): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', `Invalid value of property ${property}: ${text}`)

const oneOf =
  <T extends string>(values: readonly T[]): Parser<T> =>
  (text, property) => {
    const value = values.find((candidate) => candidate === text.toUpperCase())
    if (value === undefined) {
      throw invalid(property, text)
    }
    return value
  }

const positiveInteger: Parser<number> = (text, property) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > 2_147_483_647) {
    throw invalid(property, text)
  }
  return value
}

const boolean: Parser<boolean> = (text, property) => {
  const value = text.toLowerCase()
  if (value !== 'true' && value !== 'false') {
    throw invalid(property, text)
  }
  return value === 'true'
}
