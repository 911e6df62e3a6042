import {
  type Block,
  type CharType,
  createBlockBuilder,
  type FlatBlock,
  type FloatBlock,
  isCharacter,
  readValue,
  type SqlType,
  typeName,
  typesEqual,
  UNKNOWN,
  type VarcharType,
} from '../../spi/index.js'
import { fileError } from './file-errors.js'
import type { FileColumn, InspectedFile } from './format.js'

/** Columns of a file by the name they have in a table: lower case, made unique by a number at the end. */
export function columnsByName(columns: readonly FileColumn[]): ReadonlyMap<string, FileColumn> {
  const byName = new Map<string, FileColumn>()
  for (const column of columns) {
    const plain = column.name.toLowerCase()
    let name = plain
    for (let i = 1; byName.has(name); i++) name = `${plain}_${i}`
    byName.set(name, column)
  }
  return byName
}

export interface CommonColumn {
  readonly name: string
  readonly type: SqlType
}

/**
 * The columns of a table whose files describe themselves: all that any of them has, in the order in which they appear, each
 * in a type that holds the values of all. In rows of files without a column it is NULL.
 * @throws HIVE_PARTITION_SCHEMA_MISMATCH naming the file whose type is another
 * @source Trino's Hive connector, where columns are found by name
 */
export function commonColumns(files: readonly InspectedFile[]): readonly CommonColumn[] {
  const types = new Map<string, SqlType>()
  for (const { file, summary } of files) {
    for (const [name, { type }] of columnsByName(summary.columns)) {
      const known = types.get(name)
      const common = known === undefined ? type : commonType(known, type)
      if (common === undefined) throw otherType(name, type, file.path, known!)
      types.set(name, common)
    }
  }
  return Array.from(types, ([name, type]) => ({ name, type }))
}

const HINT = 'Name the files that belong together by a pattern, or read each by itself'

export const otherType = (name: string, type: SqlType, path: string, expected: SqlType) =>
  fileError(
    'HIVE_PARTITION_SCHEMA_MISMATCH',
    `Column '${name}' has the type ${typeName(type)} instead of ${typeName(expected)}: ${path}`,
    { hint: HINT },
  )

const INTEGER_RANKS: Readonly<Partial<Record<SqlType['kind'], number>>> = {
  tinyint: 0,
  smallint: 1,
  integer: 2,
  bigint: 3,
}

/** The type that holds the values of both without loss, among those that blocks are read as; undefined for none. */
export function commonType(a: SqlType, b: SqlType): SqlType | undefined {
  if (typesEqual(a, b)) return a
  if (a.kind === 'unknown') return b
  if (b.kind === 'unknown') return a
  return isReadableAs(a, b) ? b : isReadableAs(b, a) ? a : undefined
}

/** Whether blocks of type `from` can be given out as `to`. */
function isReadableAs(from: SqlType, to: SqlType): boolean {
  if (typesEqual(from, to) || from.kind === UNKNOWN.kind) return true
  const [rank, other] = [INTEGER_RANKS[from.kind], INTEGER_RANKS[to.kind]]
  if (rank !== undefined && other !== undefined) return rank <= other
  if (from.kind === 'real' && to.kind === 'double') return true
  if (from.kind === 'varchar' && to.kind === 'varchar') {
    return to.length === undefined || (from.length !== undefined && from.length <= to.length)
  }
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return from.scale === to.scale && from.precision <= to.precision
  }
  // Both are microseconds.
  return from.kind === 'timestamp' && to.kind === 'timestamp'
    ? from.precision <= to.precision && to.precision <= 6
    : false
}

/**
 * Whether blocks of a file's type `from` can be given out as the type `to` that a table was created with: formats that have no
 * lengths of texts, or no JSON, keep VARCHAR(n), CHAR(n) and JSON as VARCHAR.
 */
export const isStoredAs = (from: SqlType, to: SqlType): boolean =>
  isReadableAs(from, to) || (from.kind === 'varchar' && (isCharacter(to) || to.kind === 'json'))

/** A block in a type that it is readable or stored as. O(1) but for REAL as DOUBLE, and texts of a limited length. */
export function readAs(block: Block, type: SqlType): Block {
  if (typesEqual(block.type, type)) return block
  if (isCharacter(type) && !isReadableAs(block.type, type)) return shortened(block, type)
  switch (block.encoding) {
    case 'constant':
      return { ...block, type, value: flatAs(block.value, type) }
    case 'dictionary': {
      // The entries are another block than those the id stands for.
      const { dictionaryId: _, ...rest } = block
      return { ...rest, type, dictionary: flatAs(block.dictionary, type) }
    }
    case 'flat':
      return flatAs(block, type)
  }
}

/** Texts cut to the length of their type, as Hive reads them. */
function shortened(block: Block, type: VarcharType | CharType): Block {
  const limit = type.length ?? Number.POSITIVE_INFINITY
  const builder = createBlockBuilder(type)
  for (let i = 0; i < block.rowCount; i++) {
    const text = readValue(block, i) as string | null
    if (text === null) builder.append(null)
    else {
      const cut = text.length <= limit ? text : [...text].slice(0, limit).join('')
      builder.append(type.kind === 'char' ? cut.replace(/ +$/, '') : cut)
    }
  }
  return builder.build()
}

function flatAs(block: FlatBlock, type: SqlType): FlatBlock {
  if (block.storage === 'f32' && type.kind === 'double') {
    const wide: FloatBlock = {
      ...block,
      type,
      storage: 'f64',
      values: Float64Array.from(block.values),
    }
    return wide
  }
  return { ...block, type }
}
