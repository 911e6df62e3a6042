import { desc, op, table as tableOf } from 'arquero'
import { TABLES } from '../tpch/tables.mjs'
import { packageVersion, plainTables } from './plain-tables.mjs'
import { servePeer, Unsupported } from './serve.mjs'

/** It has no SQL: the queries that its verbs say well, by hand. */
const PIPELINES = {
  Q1: ({ lineitem }) =>
    lineitem
      .filter((d) => d.l_shipdate <= '1998-09-02')
      .groupby('l_returnflag', 'l_linestatus')
      .rollup({
        a: (d) => op.sum(d.l_quantity),
        b: (d) => op.sum(d.l_extendedprice),
        c: (d) => op.sum(d.l_extendedprice * (1 - d.l_discount)),
        d: (d) => op.sum(d.l_extendedprice * (1 - d.l_discount) * (1 + d.l_tax)),
        e: (d) => op.mean(d.l_quantity),
        f: (d) => op.mean(d.l_extendedprice),
        g: (d) => op.mean(d.l_discount),
        h: () => op.count(),
      })
      .orderby('l_returnflag', 'l_linestatus'),
  Q3: ({ customer, orders, lineitem }) =>
    lineitem
      .filter((d) => d.l_shipdate > '1995-03-15')
      .join(
        orders
          .filter((d) => d.o_orderdate < '1995-03-15')
          .semijoin(
            customer.filter((d) => d.c_mktsegment === 'BUILDING'),
            ['o_custkey', 'c_custkey'],
          ),
        ['l_orderkey', 'o_orderkey'],
      )
      .groupby('l_orderkey', 'o_orderdate', 'o_shippriority')
      .rollup({ revenue: (d) => op.sum(d.l_extendedprice * (1 - d.l_discount)) })
      .orderby(desc('revenue'), 'o_orderdate')
      .slice(0, 10)
      .select('l_orderkey', 'revenue', 'o_orderdate', 'o_shippriority'),
  Q4: ({ orders, lineitem }) =>
    orders
      .filter((d) => d.o_orderdate >= '1993-07-01' && d.o_orderdate < '1993-10-01')
      .semijoin(
        lineitem.filter((d) => d.l_commitdate < d.l_receiptdate),
        ['o_orderkey', 'l_orderkey'],
      )
      .groupby('o_orderpriority')
      .count()
      .orderby('o_orderpriority'),
  Q6: ({ lineitem }) =>
    lineitem
      .filter(
        (d) =>
          d.l_shipdate >= '1994-01-01' &&
          d.l_shipdate < '1995-01-01' &&
          d.l_discount >= 0.05 &&
          d.l_discount <= 0.07 &&
          d.l_quantity < 24,
      )
      .rollup({ revenue: (d) => op.sum(d.l_extendedprice * d.l_discount) }),
}

let tables
servePeer({
  async load({ parquet }) {
    const plain = await plainTables(parquet)
    tables = {}
    for (const [table, rows] of Object.entries(plain)) {
      const columns = Object.keys(TABLES[table]).map((name) => [name, rows.map((row) => row[name])])
      tables[table] = tableOf(Object.fromEntries(columns))
    }
    return packageVersion('arquero')
  },
  query(_sql, { name }) {
    const pipeline = PIPELINES[name]
    if (pipeline === undefined) throw new Unsupported('not written for arquero')
    return pipeline(tables)
      .objects()
      .map((row) => Object.values(row))
  },
})
