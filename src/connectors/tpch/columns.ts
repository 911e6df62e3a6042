import type { SqlType } from '../../spi/index.js'
import { BIGINT, DATE, DOUBLE, decimalType, INTEGER, varcharType } from '../../spi/index.js'
import type { ColumnNaming, DoubleTypeMapping, TpchConfig } from './config.js'
import type { TpchTable } from './generator/generate.js'

/**
 * A field of a TPC-H table. Amounts are what TPC-H has as decimals: generated as whole numbers, of which
 * `unitsPerOne` make one.
 */
export interface TpchField {
  /** The name of the generator and of SIMPLIFIED naming. */
  readonly name: string
  readonly kind: 'key' | 'integer' | 'date' | 'amount' | 'string'
  /** Strings only. */
  readonly length?: number
  /** Amounts only: 100 for cents and hundredths, 1 for pieces. */
  readonly unitsPerOne?: 1 | 100
}

/** Key of every table: the number of the order or part for lineitem and partsupp, else of the row. */
export const ROW_NUMBER = 'row_number'

const key = (name: string): TpchField => ({ name, kind: 'key' })
const integer = (name: string): TpchField => ({ name, kind: 'integer' })
const date = (name: string): TpchField => ({ name, kind: 'date' })
const amount = (name: string, unitsPerOne: 1 | 100 = 100): TpchField => ({
  name,
  kind: 'amount',
  unitsPerOne,
})
const string = (name: string, length: number): TpchField => ({ name, kind: 'string', length })

/** The tables in the order of their names, with the prefix of their columns in STANDARD naming. */
export const TABLES: Readonly<
  Record<TpchTable, { readonly prefix: string; readonly fields: readonly TpchField[] }>
> = {
  customer: {
    prefix: 'c_',
    fields: [
      key('custkey'),
      string('name', 25),
      string('address', 40),
      key('nationkey'),
      string('phone', 15),
      amount('acctbal'),
      string('mktsegment', 10),
      string('comment', 117),
    ],
  },
  lineitem: {
    prefix: 'l_',
    fields: [
      key('orderkey'),
      key('partkey'),
      key('suppkey'),
      integer('linenumber'),
      amount('quantity', 1),
      amount('extendedprice'),
      amount('discount'),
      amount('tax'),
      string('returnflag', 1),
      string('linestatus', 1),
      date('shipdate'),
      date('commitdate'),
      date('receiptdate'),
      string('shipinstruct', 25),
      string('shipmode', 10),
      string('comment', 44),
    ],
  },
  nation: {
    prefix: 'n_',
    fields: [key('nationkey'), string('name', 25), key('regionkey'), string('comment', 152)],
  },
  orders: {
    prefix: 'o_',
    fields: [
      key('orderkey'),
      key('custkey'),
      string('orderstatus', 1),
      amount('totalprice'),
      date('orderdate'),
      string('orderpriority', 15),
      string('clerk', 15),
      integer('shippriority'),
      string('comment', 79),
    ],
  },
  part: {
    prefix: 'p_',
    fields: [
      key('partkey'),
      string('name', 55),
      string('mfgr', 25),
      string('brand', 10),
      string('type', 25),
      integer('size'),
      string('container', 10),
      amount('retailprice'),
      string('comment', 23),
    ],
  },
  partsupp: {
    prefix: 'ps_',
    fields: [
      key('partkey'),
      key('suppkey'),
      integer('availqty'),
      amount('supplycost'),
      string('comment', 199),
    ],
  },
  region: {
    prefix: 'r_',
    fields: [key('regionkey'), string('name', 25), string('comment', 152)],
  },
  supplier: {
    prefix: 's_',
    fields: [
      key('suppkey'),
      string('name', 25),
      string('address', 40),
      key('nationkey'),
      string('phone', 15),
      amount('acctbal'),
      string('comment', 101),
    ],
  },
}

export const TABLE_NAMES = Object.keys(TABLES) as readonly TpchTable[]

export const isTpchTable = (name: string): name is TpchTable => Object.hasOwn(TABLES, name)

/** A column of a table, as a plain value. */
export interface TpchColumnHandle {
  /** The name in SQL. */
  readonly name: string
  /** The generator's name of it. */
  readonly field: string
  readonly type: SqlType
}

/** The handles of a table's columns in their order, the hidden row_number last. */
export function columnHandles(table: TpchTable, config: TpchConfig): readonly TpchColumnHandle[] {
  const { prefix, fields } = TABLES[table]
  return [
    ...fields.map((field) => ({
      name: columnName(prefix, field.name, config.columnNaming),
      field: field.name,
      type: fieldType(field, config.doubleTypeMapping),
    })),
    { name: ROW_NUMBER, field: ROW_NUMBER, type: BIGINT },
  ]
}

const columnName = (prefix: string, name: string, naming: ColumnNaming): string =>
  naming === 'STANDARD' ? prefix + name : name

const AMOUNT_DECIMAL = decimalType(12, 2)

function fieldType(field: TpchField, doubleTypeMapping: DoubleTypeMapping): SqlType {
  switch (field.kind) {
    case 'key':
      return BIGINT
    case 'integer':
      return INTEGER
    case 'date':
      return DATE
    case 'amount':
      return doubleTypeMapping === 'DECIMAL' ? AMOUNT_DECIMAL : DOUBLE
    case 'string':
      return varcharType(field.length)
  }
}

/** The units that make one of an amount; 1 for every other field. */
export const unitsPerOne = (table: TpchTable, fieldName: string): 1 | 100 =>
  TABLES[table].fields.find((field) => field.name === fieldName)?.unitsPerOne ?? 1
