import type { TpchTable } from './generator/generate.js'

/** A figure at the scale factors 0.01, 1 and 3000, or one for all. */
export type AtScales = readonly [number, number, number] | number

export interface FieldFigures {
  readonly distinctValuesCount: AtScales
  /** Strings: bytes of all distinct values, which is what Trino reports. */
  readonly dataSize?: AtScales
  readonly min?: AtScales
  readonly max?: AtScales
}

export interface TableFigures {
  readonly rowCount: AtScales
  readonly fields: Readonly<Record<string, FieldFigures>>
}

const strings = (distinctValuesCount: AtScales, dataSize: AtScales): FieldFigures => ({
  distinctValuesCount,
  dataSize,
})
const numbers = (distinctValuesCount: AtScales, min: AtScales, max: AtScales): FieldFigures => ({
  distinctValuesCount,
  min,
  max,
})

/**
 * Statistics of the tables: those that Trino's connector reports at scale factors 0.01 and 1; at 3000 what follows from
 * the distributions, and measured figures for the rest.
 */
export const FIGURES: Readonly<Record<TpchTable, TableFigures>> = {
  customer: {
    rowCount: [1500, 150_000, 450_000_000],
    fields: {
      custkey: numbers([1500, 150_000, 450_000_000], 1, [1500, 150_000, 450_000_000]),
      name: strings([1500, 150_000, 450_000_000], [27_000, 2_700_000, 8_100_000_000]),
      address: strings([1500, 150_000, 450_000_000], [37_090, 3_758_056, 11_249_934_912]),
      nationkey: numbers(25, 0, 24),
      phone: strings([1500, 150_000, 449_400_000], [22_500, 2_250_000, 6_750_000_000]),
      acctbal: numbers(
        [1499, 140_187, 1_099_999],
        [-994.79, -999.99, -999.99],
        [9987.71, 9999.99, 9999.99],
      ),
      mktsegment: strings(5, 45),
      comment: strings([1500, 149_968, 256_255_575], [109_800, 10_873_942, 32_624_827_583]),
    },
  },
  lineitem: {
    rowCount: [60_175, 6_001_215, 18_000_048_306],
    fields: {
      orderkey: numbers([15_000, 1_500_000, 4_500_000_000], 1, [60_000, 6_000_000, 18_000_000_000]),
      partkey: numbers([2000, 200_000, 600_000_000], 1, [2000, 200_000, 600_000_000]),
      suppkey: numbers([100, 10_000, 30_000_000], 1, [100, 10_000, 30_000_000]),
      linenumber: numbers(7, 1, 7),
      quantity: numbers(50, 1, 50),
      extendedprice: numbers(
        [35_921, 933_900, 5_192_536],
        [904, 901, 900],
        [94949.5, 104949.5, 104_950],
      ),
      discount: numbers(11, 0, 0.1),
      tax: numbers(9, 0, 0.08),
      returnflag: strings(3, 3),
      linestatus: strings(2, 2),
      shipdate: numbers([2518, 2526, 2526], [8038, 8036, 8036], [10_559, 10_561, 10_561]),
      commitdate: numbers([2460, 2466, 2466], [8067, 8065, 8065], [10_527, 10_530, 10_530]),
      receiptdate: numbers([2529, 2554, 2554], [8043, 8038, 8038], [10_585, 10_591, 10_591]),
      shipinstruct: strings(4, 48),
      shipmode: strings(7, 30),
      comment: strings([58_616, 4_580_667, 189_222_466], [1_578_058, 135_857_609, 476_996_438_477]),
    },
  },
  nation: {
    rowCount: [25, 25, 25],
    fields: {
      nationkey: numbers(25, 0, 24),
      name: strings(25, 177),
      regionkey: numbers(5, 0, 4),
      comment: strings(25, 1857),
    },
  },
  orders: {
    rowCount: [15_000, 1_500_000, 4_500_000_000],
    fields: {
      orderkey: numbers([15_000, 1_500_000, 4_500_000_000], 1, [60_000, 6_000_000, 18_000_000_000]),
      custkey: numbers([1000, 99_996, 300_000_000], 1, [1499, 149_999, 449_999_999]),
      orderstatus: strings(3, 3),
      totalprice: numbers(
        [14_996, 1_464_556, 38_092_619],
        [874.89, 857.71, 812.61],
        [466001.28, 555285.16, 601034.19],
      ),
      orderdate: numbers([2401, 2406, 2406], 8035, 10_440),
      orderpriority: strings(5, 42),
      clerk: strings([1000, 1000, 3_000_000], [15_000, 15_000, 45_000_000]),
      shippriority: numbers(1, 0, 0),
      comment: strings([14_995, 1_482_071, 362_400_109], [727_249, 72_292_642, 218_247_624_576]),
    },
  },
  part: {
    rowCount: [2000, 200_000, 600_000_000],
    fields: {
      partkey: numbers([2000, 200_000, 600_000_000], 1, [2000, 200_000, 600_000_000]),
      name: strings([2000, 199_997, 583_641_873], [65_314, 6_550_123, 19_649_937_305]),
      mfgr: strings(5, 70),
      brand: strings(25, 200),
      type: strings(150, 3090),
      size: numbers(50, 1, 50),
      container: strings(40, 303),
      retailprice: numbers([1099, 20_899, 119_901], [901, 901, 900], [1900.99, 2098.99, 2099]),
      comment: strings([1959, 131_753, 16_725_061], [26_839, 2_038_351, 8_099_867_343]),
    },
  },
  partsupp: {
    rowCount: [8000, 800_000, 2_400_000_000],
    fields: {
      partkey: numbers([2000, 200_000, 600_000_000], 1, [2000, 200_000, 600_000_000]),
      suppkey: numbers([100, 10_000, 30_000_000], 1, [100, 10_000, 30_000_000]),
      availqty: numbers([5497, 9999, 9999], [3, 1, 1], [9998, 9999, 9999]),
      supplycost: numbers([7665, 99_865, 99_901], [1.05, 1, 1], [999.99, 1000, 1000]),
      comment: strings([8000, 799_124, 279_448_686], [992_530, 98_784_266, 296_396_748_667]),
    },
  },
  region: {
    rowCount: [5, 5, 5],
    fields: {
      regionkey: numbers(5, 0, 4),
      name: strings(5, 34),
      comment: strings(5, 330),
    },
  },
  supplier: {
    rowCount: [100, 10_000, 30_000_000],
    fields: {
      suppkey: numbers([100, 10_000, 30_000_000], 1, [100, 10_000, 30_000_000]),
      name: strings([100, 10_000, 30_000_000], [1800, 180_000, 540_000_000]),
      address: strings([100, 10_000, 30_000_000], [2537, 249_771, 750_004_849]),
      nationkey: numbers(25, 0, 24),
      phone: strings([100, 10_000, 29_997_000], [1500, 150_000, 450_000_000]),
      acctbal: numbers(
        [100, 9955, 1_099_999],
        [-966.2, -998.22, -999.99],
        [9915.24, 9999.72, 9999.99],
      ),
      comment: strings([100, 10_000, 26_935_549], [6115, 625_695, 1_874_956_852]),
    },
  },
}
