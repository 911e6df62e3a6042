import { parseType } from '../../../src/expressions/type-signature.js'
import type {
  MetadataResolver,
  PlannerSession,
  ResolvedColumn,
  ResolvedRelation,
} from '../../../src/planner/metadata.js'

const TABLES: Readonly<Record<string, string>> = {
  customer:
    'custkey bigint, name varchar(25), address varchar(40), nationkey bigint, phone varchar(15), acctbal double, mktsegment varchar(10), comment varchar(117)',
  lineitem:
    'orderkey bigint, partkey bigint, suppkey bigint, linenumber integer, quantity double, extendedprice double, discount double, tax double, returnflag varchar(1), linestatus varchar(1), shipdate date, commitdate date, receiptdate date, shipinstruct varchar(25), shipmode varchar(10), comment varchar(44)',
  nation: 'nationkey bigint, name varchar(25), regionkey bigint, comment varchar(152)',
  orders:
    'orderkey bigint, custkey bigint, orderstatus varchar(1), totalprice double, orderdate date, orderpriority varchar(15), clerk varchar(15), shippriority integer, comment varchar(79)',
  part: 'partkey bigint, name varchar(55), mfgr varchar(25), brand varchar(10), type varchar(25), size integer, container varchar(10), retailprice double, comment varchar(23)',
  partsupp:
    'partkey bigint, suppkey bigint, availqty integer, supplycost double, comment varchar(199)',
  region: 'regionkey bigint, name varchar(25), comment varchar(152)',
  supplier:
    'suppkey bigint, name varchar(25), address varchar(40), nationkey bigint, phone varchar(15), acctbal double, comment varchar(101)',
}

const PREFIXES: Readonly<Record<string, string>> = {
  customer: 'c_',
  lineitem: 'l_',
  nation: 'n_',
  orders: 'o_',
  part: 'p_',
  partsupp: 'ps_',
  region: 'r_',
  supplier: 's_',
}

function columnsOf(table: string, isStandard: boolean): readonly ResolvedColumn[] {
  return (TABLES[table] ?? '').split(/, (?=[a-z]+ )/).map((text) => {
    const [name, type] = text.split(' ') as [string, string]
    return {
      name: `${isStandard ? PREFIXES[table] : ''}${name}`,
      type: parseType(isStandard && type === 'double' ? 'decimal(12,2)' : type),
      handle: name,
    }
  })
}

export const tpchSession: PlannerSession = {
  user: 'test',
  catalog: 'tpch',
  schema: 'tiny',
  timeZone: 'UTC',
  startMillis: 1_600_000_000_000,
}

/** The schemas of the tpch connector in both namings, and views of the test. */
export function tpchMetadata(views: readonly ResolvedRelation[] = []): MetadataResolver {
  return {
    catalogExists: async (catalog) => ['tpch', 'tpchstd', 'memory'].includes(catalog),
    schemaExists: async (catalog, schema) =>
      schema === (catalog === 'memory' ? 'default' : 'tiny') || schema === 'sf1',
    getRelation: async (name) => {
      const view = views.find((v) => v.name.name === name.name && v.name.catalog === name.catalog)
      if (view !== undefined) return view
      const isTpch = name.catalog === 'tpch' || name.catalog === 'tpchstd'
      if (!isTpch || TABLES[name.name] === undefined) return undefined
      if (name.schema !== 'tiny' && name.schema !== 'sf1') return undefined
      const columns = columnsOf(name.name, name.catalog === 'tpchstd')
      return {
        kind: 'table',
        name,
        version: '1',
        table: {
          catalog: name.catalog,
          schema: name.schema,
          table: name.name,
          handle: { table: name.name },
        },
        columns: [
          ...columns,
          {
            name: 'row_number',
            type: { kind: 'bigint' },
            hidden: true,
            handle: 'row_number',
          },
        ],
      }
    },
  }
}
