import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  booleanConfig,
  choiceConfig,
  dataSizeConfig,
  integerConfig,
  MillraceError,
  parseConfig,
  stringConfig,
} from '../../spi/index.js'
import { systemReason } from './file-errors.js'
import type { PruningOptions } from './format.js'

/** The properties of a files catalog. */
export const FILES_PROPERTIES = {
  'files.root': stringConfig({
    description: 'The folder whose files are tables; directories in it are schemas',
    required: true,
  }),
  'files.paths-outside-root': booleanConfig({
    description:
      'Whether files outside of the folder can be read by their path; never for a server',
    default: 'false',
  }),
  'files.read-only': booleanConfig({
    description: 'Whether statements that write are refused',
    default: 'false',
  }),
  'files.distributed-writes': booleanConfig({
    description:
      'Whether the nodes of a cluster write the rows that they make: the folder must be the same on all',
    default: 'true',
  }),
  'files.max-split-size': dataSizeConfig({
    description: 'Size that the parts of a file have about, where its format can be cut',
    default: '32MB',
    min: '64kB',
  }),
  'files.inspected-files': integerConfig({
    description: 'Files of a table whose columns are looked at when a query is planned, at most',
    default: '100',
    min: '1',
  }),
  'files.max-partitions-per-writer': integerConfig({
    description: 'Partitions that one writer may have open',
    default: '100',
    min: '1',
  }),
  'parquet.use-bloom-filter': booleanConfig({
    description: 'Whether Bloom filters of Parquet files are asked for values',
    default: 'true',
  }),
  'parquet.use-column-index': booleanConfig({
    description: 'Whether page indexes of Parquet files tell which pages are read',
    default: 'true',
  }),
  'files.csv.header': choiceConfig(['auto', 'true', 'false'], {
    description: 'Whether the first row of CSV and TSV files names the columns',
    default: 'auto',
  }),
  'files.csv.delimiter': stringConfig({
    description: 'What separates the fields of CSV files; found out by default',
  }),
  'files.csv.null': stringConfig({
    description: 'A text without quotes that stands for NULL in CSV and TSV files, besides none',
  }),
  'files.csv.encoding': choiceConfig(['auto', 'UTF-8', 'UTF-16LE', 'UTF-16BE', 'ISO-8859-1'], {
    description: 'Encoding of CSV, TSV and JSON files; found out by default',
    default: 'auto',
  }),
  'files.sample-size': dataSizeConfig({
    description: 'How much of a text file is read to infer the types of its columns',
    default: '1MB',
    min: '1kB',
    max: '1GB',
  }),
}

export interface FilesConfig {
  /** Absolute, symbolic links resolved. */
  readonly root: string
  readonly pathsOutsideRoot: boolean
  readonly readOnly: boolean
  readonly distributesWrites: boolean
  readonly splitBytesMax: number
  readonly inspectedFilesMax: number
  readonly partitionsPerWriterMax: number
  readonly pruning: PruningOptions
  readonly text: TextOptions
}

/** How text files are read unless a table says otherwise. Plain data. */
export interface TextOptions {
  readonly header: boolean | undefined
  readonly delimiter: string | undefined
  readonly nullText: string | undefined
  readonly encoding: string | undefined
  readonly sampleBytes: number
}

/** @throws CONFIGURATION_INVALID, also for a root that is no directory */
export function parseFilesConfig(properties: Readonly<Record<string, string>>): FilesConfig {
  const config = parseConfig(FILES_PROPERTIES, properties)
  const delimiter = config['files.csv.delimiter']
  if (delimiter !== undefined && !/^[ -~\t]$/.test(delimiter === '\\t' ? '\t' : delimiter)) {
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `Configuration property 'files.csv.delimiter' must be one ASCII character: ${delimiter}`,
    )
  }
  const header = config['files.csv.header']
  const encoding = config['files.csv.encoding']
  return {
    root: directory(config['files.root']),
    pathsOutsideRoot: config['files.paths-outside-root'],
    readOnly: config['files.read-only'],
    distributesWrites: config['files.distributed-writes'],
    splitBytesMax: config['files.max-split-size'],
    inspectedFilesMax: config['files.inspected-files'],
    partitionsPerWriterMax: config['files.max-partitions-per-writer'],
    pruning: {
      usesBloomFilters: config['parquet.use-bloom-filter'],
      usesColumnIndex: config['parquet.use-column-index'],
    },
    text: {
      header: header === 'auto' ? undefined : header === 'true',
      delimiter: delimiter === '\\t' ? '\t' : delimiter,
      nullText: config['files.csv.null'],
      encoding: encoding === 'auto' ? undefined : encoding,
      sampleBytes: config['files.sample-size'],
    },
  }
}

function directory(path: string): string {
  let reason = 'is no directory'
  try {
    const real = realpathSync(resolve(path))
    if (statSync(real).isDirectory()) return real
  } catch (error) {
    reason = systemReason(error)
  }
  throw new MillraceError('CONFIGURATION_INVALID', `files.root cannot be used, ${reason}: ${path}`)
}
