import {
  type Arena,
  arrayType,
  BIGINT,
  type Block,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  IPADDRESS,
  mapType,
  type Page,
  REAL,
  readValue,
  rowType,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  UNKNOWN,
  UUID,
  VARBINARY,
  VARCHAR,
  varcharType,
} from '../../src/spi/index.js'
import type { Random } from '../unit/kernel-support/cells.js'
import { randomBlock } from '../unit/kernel-support/random-blocks.js'
import { encodeBlock, showValue } from './operator-test.js'
import { randomValue } from './random-value.js'

/** Types whose blocks are made buffer by buffer, in all encodings and widths. */
const BLOCK_TYPES: readonly SqlType[] = [
  BOOLEAN,
  TINYINT,
  SMALLINT,
  INTEGER,
  BIGINT,
  REAL,
  DOUBLE,
  DATE,
  decimalType(12, 2),
  timestampType(3),
  UUID,
  VARCHAR,
  varcharType(30),
  arrayType(BIGINT),
  arrayType(arrayType(VARCHAR)),
  mapType(VARCHAR, DOUBLE),
  rowType([{ name: 'a', type: INTEGER }, { type: arrayType(VARCHAR) }]),
]

/** Types whose blocks are made of values. */
export const VALUE_TYPES: readonly SqlType[] = [
  UNKNOWN,
  decimalType(38, 10),
  charType(5),
  VARBINARY,
  IPADDRESS,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  timeType(3),
  timeType(12),
  timeWithTimeZoneType(3),
  timeWithTimeZoneType(12),
  timestampType(12),
  timestampWithTimeZoneType(3),
  timestampWithTimeZoneType(9),
  arrayType(timestampWithTimeZoneType(12)),
]

export const randomTypes = (random: Random, count: number): readonly SqlType[] =>
  Array.from({ length: count }, () => random.pick([...BLOCK_TYPES, ...VALUE_TYPES]))

/** A page of any types, in any encodings, with and without nulls. */
export function randomPage(
  random: Random,
  types: readonly SqlType[],
  rowCount: number,
  arena: Arena,
): Page {
  const blocks = types.map((type) => anyBlock(random, type, rowCount, arena))
  if (!random.chance(0.1)) return { rowCount, blocks }
  const changes = Int8Array.from({ length: rowCount }, () => random.pick([1, -1]))
  return { rowCount, blocks, changes }
}

function anyBlock(random: Random, type: SqlType, rowCount: number, arena: Arena): Block {
  if (BLOCK_TYPES.includes(type)) return randomBlock(random, type, rowCount, arena)
  const values = Array.from({ length: rowCount }, () => randomValue(random, type))
  const encoding = random.pick(['flat', 'dictionary', 'selected'] as const)
  return encodeBlock(type, values, rowCount === 0 ? 'flat' : encoding, arena, random)
}

/** The rows of a page as texts, for comparison. */
export const pageText = ({ rowCount, blocks, changes }: Page): readonly string[] =>
  Array.from(
    { length: rowCount },
    (_, i) =>
      `${changes?.[i] ?? ''} ${blocks.map((block) => showValue(readValue(block, i))).join(' ')}`,
  )
