import {
  booleanProperty,
  choiceProperty,
  integerProperty,
  type PropertyMetadata,
  stringListProperty,
  stringProperty,
} from '../../spi/index.js'
import type { PruningOptions } from './format.js'

const FORMATS = ['PARQUET', 'CSV', 'TSV', 'JSON', 'ARROW'] as const
/** Of a table of Parquet files. */
export const BLOOM_FILTER_COLUMNS = 'parquet_bloom_filter_columns'
const COMPRESSION_CODECS = ['DEFAULT', 'NONE', 'SNAPPY', 'LZ4', 'ZSTD', 'GZIP'] as const

function oneCharacter(value: string | undefined): void {
  if (value !== undefined && !/^[ -~\t]$/.test(value)) {
    throw new Error('must be one ASCII character')
  }
}

/** @source Trino HiveTableProperties */
export const TABLE_PROPERTIES: readonly PropertyMetadata[] = [
  choiceProperty('format', 'Format of the files', FORMATS, 'PARQUET'),
  stringListProperty(
    'partitioned_by',
    'Columns whose values name the folders of the files; the last columns of the table',
    [],
  ),
  stringProperty('csv_separator', 'Delimiter of CSV files', undefined, { check: oneCharacter }),
  stringProperty('csv_quote', 'What is around the fields of CSV files that need it', undefined, {
    check: oneCharacter,
  }),
  stringProperty(
    'csv_escape',
    'What is before a quote within quotes in CSV files; a further quote by default',
    undefined,
    { check: oneCharacter },
  ),
  integerProperty(
    'skip_header_line_count',
    'Lines before the first row of CSV and TSV files: 1 for the names of the columns, or 0',
    undefined,
    {
      check: (value) => {
        if (value !== undefined && value !== 0 && value !== 1) throw new Error('must be 0 or 1')
      },
    },
  ),
  stringListProperty(
    BLOOM_FILTER_COLUMNS,
    'Columns that have Bloom filters in Parquet files',
    undefined,
  ),
  stringProperty('null_format', 'What stands for NULL in CSV and TSV files; nothing by default'),
] as readonly PropertyMetadata[]

/** @source Trino ParquetReaderConfig, HiveSessionProperties */
export function pruningProperties(defaults: PruningOptions) {
  return {
    bloomFilter: booleanProperty(
      'parquet_use_bloom_filter',
      'Whether Bloom filters of Parquet files are asked for values',
      defaults.usesBloomFilters,
    ),
    columnIndex: booleanProperty(
      'parquet_use_column_index',
      'Whether page indexes of Parquet files tell which pages are read',
      defaults.usesColumnIndex,
    ),
  }
}

/** @source Trino HiveSessionProperties */
export const COMPRESSION_CODEC = choiceProperty(
  'compression_codec',
  'Compression of the files that are written; DEFAULT: what is best for the format',
  COMPRESSION_CODECS,
  'DEFAULT',
)
