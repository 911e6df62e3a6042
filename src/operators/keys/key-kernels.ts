import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'

/**
 * WASM kernels of the key layer: columns to codes, codes to dense ids. Addresses are bytes; a validity of 0 means no nulls.
 */

/** What a key column is read from. */
export type KeySource = 'i8' | 'i16' | 'i32' | 'i64' | 'u8' | 'u16'

const LOADS = {
  i8: i64.load8_s,
  i16: i64.load16_s,
  i32: i64.load32_s,
  i64: i64.load,
  u8: i64.load8_u,
  u16: i64.load16_u,
} as const
const SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3, u8: 0, u16: 1 } as const

export const at = (base: Expr<'i32'>, index: Expr<'i32'>, shift: number): Expr<'i32'> =>
  shift === 0 ? i32.add(base, index) : i32.add(base, i32.shl(index, shift))

export const loadKey = (source: KeySource, address: Expr<'i32'>, index: Expr<'i32'>): Expr<'i64'> =>
  LOADS[source](at(address, index, SHIFTS[source]))

/** 1 where bit `index` of the bitmap is set. */
export const validBit = (validity: Expr<'i32'>, index: Expr<'i32'>): Expr<'i32'> =>
  i32.and(i32.shr_u(i32.load8_u(i32.add(validity, i32.shr_u(index, 3))), i32.and(index, 7)), 1)

export interface AccumulateKernel {
  /** codes[i] (+)= stride * (offset + factor * source[i]), where that is 1 to range; a null counts as 0. */
  accumulate(
    source: number,
    validity: number,
    count: number,
    offset: bigint,
    factor: bigint,
    range: bigint,
    stride: bigint,
    codes: number,
  ): void
}

/**
 * Adds a column's code to each row's code. `lookup`: a null, or a value out of range, makes the whole code -1 for good.
 */
export function accumulateKernel(
  memory: WebAssembly.Memory,
  options: {
    readonly source: KeySource
    readonly nullable: boolean
    readonly first: boolean
    readonly lookup: boolean
  },
): AccumulateKernel['accumulate'] {
  const { source, nullable, first, lookup } = options
  const build = (m: ModuleBuilder) => {
    m.function(
      'accumulate',
      {
        source: 'i32',
        validity: 'i32',
        count: 'i32',
        offset: 'i64',
        factor: 'i64',
        range: 'i64',
        stride: 'i64',
        codes: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const code = f.local('i64')
        f.for(i, 0, p.count, () => {
          const target = at(p.codes, i, 3)
          f.set(code, i64.add(p.offset, i64.mul(p.factor, loadKey(source, p.source, i))))
          if (lookup) {
            const outside = i64.ge_u(i64.sub(code, 1n), p.range)
            const missing = nullable ? i32.or(outside, i32.eqz(validBit(p.validity, i))) : outside
            const before = first ? undefined : i64.load(target)
            const sum =
              before === undefined
                ? i64.mul(code, p.stride)
                : i64.add(before, i64.mul(code, p.stride))
            f.if(
              before === undefined ? missing : i32.or(missing, i64.lt_s(before, 0n)),
              () => f.store64(target, i64.const(-1n)),
              () => f.store64(target, sum),
            )
            return
          }
          const own = nullable ? i64.mul(code, i64.extend_i32_u(validBit(p.validity, i))) : code
          const scaled = i64.mul(own, p.stride)
          f.store64(target, first ? scaled : i64.add(i64.load(target), scaled))
        })
      },
    )
  }
  const key = `key accumulate ${source}${nullable ? ' nullable' : ''}${first ? ' first' : ''}${lookup ? ' lookup' : ''}`
  return kernel<AccumulateKernel>(memory, key, build).accumulate
}

export interface DirectKernels {
  /**
   * groups[i] = dense number of codes[i], new ones from status[0] on, whose codes go to codeOf. map holds number + 1.
   */
  insert(
    codes: number,
    count: number,
    map: number,
    codeOf: number,
    groups: number,
    status: number,
  ): void
  /** groups[i] = map[codes[i]] - 1, or -1. */
  lookup(codes: number, count: number, map: number, groups: number): void
  /** Sets map[codes[i]] = i + 1 for a list of distinct codes. */
  rebuild(codes: number, count: number, map: number): void
}

export function directKernels(memory: WebAssembly.Memory): DirectKernels {
  return kernel<DirectKernels>(memory, 'key direct', (m) => {
    m.function(
      'insert',
      { codes: 'i32', count: 'i32', map: 'i32', codeOf: 'i32', groups: 'i32', status: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const next = f.let(i32.load(p.status))
        const slot = f.local('i32')
        const group = f.local('i32')
        f.for(i, 0, p.count, () => {
          f.set(slot, at(p.map, i32.wrap_i64(i64.load(at(p.codes, i, 3))), 2))
          f.set(group, i32.load(slot))
          f.if(i32.eqz(group), () => {
            f.store64(at(p.codeOf, next, 3), i64.load(at(p.codes, i, 3)))
            f.set(next, i32.add(next, 1))
            f.set(group, next)
            f.store32(slot, group)
          })
          f.store32(at(p.groups, i, 2), i32.sub(group, 1))
        })
        f.store32(p.status, next)
      },
    )
    m.function(
      'lookup',
      { codes: 'i32', count: 'i32', map: 'i32', groups: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const code = f.local('i64')
        f.for(i, 0, p.count, () => {
          f.set(code, i64.load(at(p.codes, i, 3)))
          f.if(
            i64.lt_s(code, 0n),
            () => f.store32(at(p.groups, i, 2), -1),
            () =>
              f.store32(at(p.groups, i, 2), i32.sub(i32.load(at(p.map, i32.wrap_i64(code), 2)), 1)),
          )
        })
      },
    )
    m.function('rebuild', { codes: 'i32', count: 'i32', map: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.store32(at(p.map, i32.wrap_i64(i64.load(at(p.codes, i, 3))), 2), i32.add(i, 1))
      })
    })
  })
}

export interface DirectColumnKernel {
  /** As {@link DirectKernels}, of codes[i] = offset + factor * source[i], 0 for null: keys of one column, in one pass. */
  insert(
    source: number,
    validity: number,
    count: number,
    offset: bigint,
    factor: bigint,
    map: number,
    codeOf: number,
    groups: number,
    status: number,
  ): void
}

export function directColumnKernel(
  memory: WebAssembly.Memory,
  source: KeySource,
  nullable: boolean,
): DirectColumnKernel['insert'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'insert',
      {
        source: 'i32',
        validity: 'i32',
        count: 'i32',
        offset: 'i64',
        factor: 'i64',
        map: 'i32',
        codeOf: 'i32',
        groups: 'i32',
        status: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const next = f.let(i32.load(p.status))
        const code = f.local('i32')
        const slot = f.local('i32')
        const group = f.local('i32')
        // Codes are below 2^32: their low halves come of the low halves of what they are made of.
        const [offset, factor] = [f.let(i32.wrap_i64(p.offset)), f.let(i32.wrap_i64(p.factor))]
        f.for(i, 0, p.count, () => {
          const raw = i32.wrap_i64(loadKey(source, p.source, i))
          const own = i32.add(offset, i32.mul(factor, raw))
          f.set(code, nullable ? i32.select(validBit(p.validity, i), own, 0) : own)
          f.set(slot, at(p.map, code, 2))
          f.set(group, i32.load(slot))
          f.if(i32.eqz(group), () => {
            f.store64(at(p.codeOf, next, 3), i64.extend_i32_u(code))
            f.set(next, i32.add(next, 1))
            f.set(group, next)
            f.store32(slot, group)
          })
          f.store32(at(p.groups, i, 2), i32.sub(group, 1))
        })
        f.store32(p.status, next)
      },
    )
  }
  const key = `key direct ${source}${nullable ? ' nullable' : ''}`
  return kernel<DirectColumnKernel>(memory, key, build).insert
}

export interface RunKernels {
  /**
   * As long as codes never fall: groups[i] = number of the run of equal codes, new ones from status[0] on, whose codes go to
   * codeOf. @returns rows done: the first that is not is below the last code
   */
  insert(codes: number, count: number, codeOf: number, groups: number, status: number): number
  /** 1 where each code is above the one before. */
  rising(codes: number, count: number): number
}

export function runKernels(memory: WebAssembly.Memory): RunKernels {
  return kernel<RunKernels>(memory, 'key runs', (m) => {
    m.function(
      'insert',
      { codes: 'i32', count: 'i32', codeOf: 'i32', groups: 'i32', status: 'i32' },
      'i32',
      (f, p) => {
        const i = f.local('i32')
        const next = f.let(i32.load(p.status))
        const code = f.local('i64')
        const last = f.let(i64.const(-1n))
        f.if(next, () => f.set(last, i64.load(at(p.codeOf, i32.sub(next, 1), 3))))
        f.for(i, 0, p.count, (exit) => {
          f.set(code, i64.load(at(p.codes, i, 3)))
          f.if(i64.ne(code, last), () => {
            f.brIf(exit, i64.lt_s(code, last))
            f.store64(at(p.codeOf, next, 3), code)
            f.set(next, i32.add(next, 1))
            f.set(last, code)
          })
          f.store32(at(p.groups, i, 2), i32.sub(next, 1))
        })
        f.store32(p.status, next)
        f.return(i)
      },
    )
    m.function('rising', { codes: 'i32', count: 'i32' }, 'i32', (f, p) => {
      const i = f.local('i32')
      const last = f.let(i64.const(-1n))
      const code = f.local('i64')
      f.for(i, 0, p.count, () => {
        f.set(code, i64.load(at(p.codes, i, 3)))
        f.if(i64.le_s(code, last), () => f.return(0))
        f.set(last, code)
      })
      f.return(1)
    })
  })
}

export interface ProbeKernel {
  /** rows[i] = map[offset + factor * source[i]] - 1 where that is 1 to range, else -1: a lookup by one key, in one pass. */
  probe(
    source: number,
    validity: number,
    count: number,
    offset: bigint,
    factor: bigint,
    range: bigint,
    map: number,
    rows: number,
  ): void
}

export function probeKernel(
  memory: WebAssembly.Memory,
  source: KeySource,
  nullable: boolean,
): ProbeKernel['probe'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'probe',
      {
        source: 'i32',
        validity: 'i32',
        count: 'i32',
        offset: 'i64',
        factor: 'i64',
        range: 'i64',
        map: 'i32',
        rows: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const code = f.local('i64')
        f.for(i, 0, p.count, () => {
          f.set(code, i64.add(p.offset, i64.mul(p.factor, loadKey(source, p.source, i))))
          const inside = i64.lt_u(i64.sub(code, 1n), p.range)
          const known = f.let(nullable ? i32.and(inside, validBit(p.validity, i)) : inside)
          // No branch: whether a key is there is often a matter of chance.
          const row = i32.load(at(p.map, i32.select(known, i32.wrap_i64(code), 0), 2))
          f.store32(at(p.rows, i, 2), i32.sub(i32.select(known, row, 0), 1))
        })
      },
    )
  }
  const key = `key probe ${source}${nullable ? ' nullable' : ''}`
  return kernel<ProbeKernel>(memory, key, build).probe
}

export const HASH_MULTIPLIER = -7046029254386353131n // 2^64 / golden ratio, as a signed integer

export interface ExtentKernel {
  /** Smallest and largest of the values whose validity bit is set, as i64 at out; min > max where there are none. */
  extent(source: number, validity: number, count: number, out: number): void
}

export function extentKernel(
  memory: WebAssembly.Memory,
  source: KeySource,
): ExtentKernel['extent'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'extent',
      { source: 'i32', validity: 'i32', count: 'i32', out: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const min = f.let(i64.const(0x7fffffffffffffffn))
        const max = f.let(i64.const(-0x8000000000000000n))
        const value = f.local('i64')
        f.for(i, 0, p.count, () => {
          f.if(i32.or(i32.eqz(p.validity), validBit(p.validity, i)), () => {
            f.set(value, loadKey(source, p.source, i))
            f.set(min, i64.select(i64.lt_s(value, min), value, min))
            f.set(max, i64.select(i64.gt_s(value, max), value, max))
          })
        })
        f.store64(p.out, min)
        f.store64(p.out, max, 8)
      },
    )
  }
  return kernel<ExtentKernel>(memory, `key extent ${source}`, build).extent
}
