import {
  BIGINT,
  DATE,
  integerCarrier,
  type SqlType,
  VARCHAR,
  type Value,
  valueConverter,
} from '../../spi/index.js'
import { fileError } from './file-errors.js'
import type { FoundFile } from './file-tree.js'

/** The folder name of rows whose partition column is NULL. @source Hive */
const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__'

export interface PartitionedFile extends FoundFile {
  /** The texts of the partition columns; null for NULL. */
  readonly partition: readonly (string | null)[]
}

/**
 * Takes apart the `key=value` folders of a table's files. Other folders between are no columns.
 * @throws HIVE_INVALID_METADATA where files have other keys than the first
 */
export function partitionFiles(files: readonly FoundFile[]): {
  readonly names: readonly string[]
  readonly files: readonly PartitionedFile[]
} {
  let names: readonly string[] | undefined
  const partitioned = files.map((found): PartitionedFile => {
    const pairs = found.folders.flatMap((folder) => {
      const equals = folder.indexOf('=')
      return equals <= 0 ? [] : [[folder.slice(0, equals).toLowerCase(), folder.slice(equals + 1)]]
    })
    const keys = pairs.map(([key]) => unescapeName(key!))
    names ??= keys
    if (keys.length !== names.length || keys.some((key, i) => key !== names![i])) {
      throw fileError(
        'HIVE_INVALID_METADATA',
        `File is in folders of other partition columns, [${keys.join(', ')}] instead of [${names.join(', ')}]: ${found.file.path}`,
        { hint: 'Name the files that belong together by a pattern' },
      )
    }
    return {
      ...found,
      partition: pairs.map(([, text]) => (text === NULL_PARTITION ? null : unescapeName(text!))),
    }
  })
  return { names: names ?? [], files: partitioned }
}

/** @source Hive FileUtils.unescapePathName */
const unescapeName = (text: string): string => (text.includes('%') ? decodeBytes(text) : text)

function decodeBytes(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A % that is no escape stands for itself.
    return text
  }
}

/** @source Hive FileUtils.escapePathName */
export const partitionFolder = (name: string, text: string | null): string =>
  `${escapeName(name)}=${text === null || text === '' ? NULL_PARTITION : escapeName(text)}`

const escapeName = (text: string): string =>
  text.replace(
    /[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )

const INTEGER = /^(0|-?[1-9]\d{0,18})$/
const DATE_TEXT = /^\d{4}-\d{2}-\d{2}$/

/** The type of a partition column by its values: BIGINT, DATE, or else VARCHAR. */
export function partitionType(values: Iterable<string | null>): SqlType {
  let isInteger = true
  let isDate = true
  let isEmpty = true
  for (const text of values) {
    if (text === null) continue
    isEmpty = false
    isInteger &&= INTEGER.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
    isDate &&= DATE_TEXT.test(text) && dateOf(text) !== undefined
    if (!isInteger && !isDate) return VARCHAR
  }
  return isEmpty ? VARCHAR : isInteger ? BIGINT : DATE
}

function dateOf(text: string): Value | undefined {
  try {
    return valueConverter(DATE)(text)
  } catch {
    // Such as 2024-13-01.
    return undefined
  }
}

/** The value of a partition column. @throws HIVE_INVALID_PARTITION_VALUE naming the file */
export function partitionValue(
  text: string | null,
  { name, type }: { readonly name: string; readonly type: SqlType },
  path: string,
): Value {
  if (text === null) return null
  try {
    switch (type.kind) {
      case 'varchar':
        return text
      case 'tinyint':
      case 'smallint':
      case 'integer':
      case 'bigint':
        if (!INTEGER.test(text)) break
        return integerCarrier(type, BigInt(text))
      case 'boolean':
        if (text !== 'true' && text !== 'false') break
        return text === 'true'
      case 'real':
      case 'double':
        if (text.trim() === '' || (Number.isNaN(Number(text)) && text !== 'NaN')) break
        return type.kind === 'real' ? Math.fround(Number(text)) : Number(text)
      default:
        return valueConverter(type)(text)
    }
  } catch (error) {
    throw invalidValue(text, name, path, error)
  }
  throw invalidValue(text, name, path)
}

const invalidValue = (text: string, name: string, path: string, cause?: unknown) =>
  fileError(
    'HIVE_INVALID_PARTITION_VALUE',
    `Partition column '${name}' can't have the value '${text}': ${path}`,
    cause === undefined ? {} : { cause },
  )
