import type { FunctionBuilder, Local } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f32, f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, validBit } from './key-kernels.js'

/** WASM kernels over packed codes and ids of keys. */

export interface CodeKernels {
  /** Below, a size of 0 stands for no other column above in the word. out[i] (+)= newStride * (part + delta) for the nonzero part of codes[i]: a column moved to another layout. */
  recode(
    codes: number,
    count: number,
    stride: bigint,
    size: bigint,
    delta: bigint,
    newStride: bigint,
    out: number,
  ): void
  /** out[i] = keys[codes[i] % size - 1] */
  unfold(codes: number, count: number, size: bigint, keys: number, out: number): void
  /** ids[i] = -1 where the validity bit is not set. */
  mask(ids: number, validity: number, count: number): void
  /** out[i] = codes[i] / stride % size: one column's part of packed codes. */
  extract(codes: number, count: number, stride: bigint, size: bigint, out: number): void
  /**
   * out[i] = base + part of codes[i], 0 where that is null; sets the bits of the others in `validity`, which is zero before.
   * @returns how many are null
   */
  decode32(
    codes: number,
    count: number,
    stride: bigint,
    size: bigint,
    base: bigint,
    validity: number,
    out: number,
  ): number
  decode64(
    codes: number,
    count: number,
    stride: bigint,
    size: bigint,
    base: bigint,
    validity: number,
    out: number,
  ): number
  /** out[i] = map[source[i]]: dictionary codes to ids; by the width of the codes. */
  map8(source: number, count: number, map: number, out: number): void
  map16(source: number, count: number, map: number, out: number): void
  map32(source: number, count: number, map: number, out: number): void
  /** out[i] = bits of a double that compares equal: -0 as 0, one NaN. */
  doubles(source: number, count: number, out: number): void
  floats(source: number, count: number, out: number): void
}

const CANONICAL_NAN = 0x7ff8000000000000n

/** part = code / stride % size. Divisions are most of the time of these loops: none by 1, and a size of 0 means no remainder. */
function setPart(
  f: FunctionBuilder,
  part: Local<'i64'>,
  code: Expr<'i64'>,
  p: { readonly stride: Local<'i64'>; readonly size: Local<'i64'> },
): void {
  f.set(part, code)
  f.if(i64.ne(p.stride, 1n), () => f.set(part, i64.div_u(part, p.stride)))
  f.if(i64.ne(p.size, 0n), () => f.set(part, i64.rem_u(part, p.size)))
}

export function codeKernels(memory: WebAssembly.Memory): CodeKernels {
  return kernel<CodeKernels>(memory, 'key codes', (m) => {
    m.function(
      'extract',
      { codes: 'i32', count: 'i32', stride: 'i64', size: 'i64', out: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const part = f.local('i64')
        f.for(i, 0, p.count, () => {
          setPart(f, part, i64.load(at(p.codes, i, 3)), p)
          f.store64(at(p.out, i, 3), part)
        })
      },
    )
    m.function(
      'recode',
      {
        codes: 'i32',
        count: 'i32',
        stride: 'i64',
        size: 'i64',
        delta: 'i64',
        newStride: 'i64',
        out: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const part = f.local('i64')
        f.for(i, 0, p.count, () => {
          setPart(f, part, i64.load(at(p.codes, i, 3)), p)
          f.if(i32.eqz(i64.eqz(part)), () => {
            const target = at(p.out, i, 3)
            const moved = i64.mul(i64.add(part, p.delta), p.newStride)
            f.store64(target, i64.add(i64.load(target), moved))
          })
        })
      },
    )
    m.function(
      'unfold',
      { codes: 'i32', count: 'i32', size: 'i64', keys: 'i32', out: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        f.for(i, 0, p.count, () => {
          const id = i32.sub(i32.wrap_i64(i64.rem_u(i64.load(at(p.codes, i, 3)), p.size)), 1)
          f.store64(at(p.out, i, 3), i64.load(at(p.keys, id, 3)))
        })
      },
    )
    m.function('mask', { ids: 'i32', validity: 'i32', count: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.if(i32.eqz(validBit(p.validity, i)), () => f.store32(at(p.ids, i, 2), -1))
      })
    })
    for (const width of [32, 64] as const) {
      m.function(
        `decode${width}`,
        {
          codes: 'i32',
          count: 'i32',
          stride: 'i64',
          size: 'i64',
          base: 'i64',
          validity: 'i32',
          out: 'i32',
        },
        'i32',
        (f, p) => {
          const i = f.local('i32')
          const nulls = f.local('i32')
          const part = f.local('i64')
          const byte = f.local('i32')
          f.for(i, 0, p.count, () => {
            setPart(f, part, i64.load(at(p.codes, i, 3)), p)
            f.if(
              i64.eqz(part),
              () => f.set(nulls, i32.add(nulls, 1)),
              () => {
                f.set(byte, i32.add(p.validity, i32.shr_u(i, 3)))
                f.store8(byte, i32.or(i32.load8_u(byte), i32.shl(1, i32.and(i, 7))))
                f.set(part, i64.add(part, p.base))
              },
            )
            if (width === 64) f.store64(at(p.out, i, 3), part)
            else f.storeLow(32, at(p.out, i, 2), part)
          })
          f.return(nulls)
        },
      )
    }
    const maps = [
      ['map8', i32.load8_u, 0],
      ['map16', i32.load16_u, 1],
      ['map32', i32.load, 2],
    ] as const
    for (const [name, load, shift] of maps) {
      m.function(name, { source: 'i32', count: 'i32', map: 'i32', out: 'i32' }, null, (f, p) => {
        const i = f.local('i32')
        f.for(i, 0, p.count, () => {
          f.store32(at(p.out, i, 2), i32.load(at(p.map, load(at(p.source, i, shift)), 2)))
        })
      })
    }
    const canonical = (f: FunctionBuilder, value: Local<'f64'>, target: Expr<'i32'>): void => {
      f.if(
        f64.ne(value, value),
        () => f.store64(target, i64.const(CANONICAL_NAN)),
        () => f.store64(target, i64.reinterpret_f64(f64.add(value, 0))),
      )
    }
    m.function('doubles', { source: 'i32', count: 'i32', out: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const value = f.local('f64')
      f.for(i, 0, p.count, () => {
        f.set(value, f64.load(at(p.source, i, 3)))
        canonical(f, value, at(p.out, i, 3))
      })
    })
    m.function('floats', { source: 'i32', count: 'i32', out: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const value = f.local('f64')
      f.for(i, 0, p.count, () => {
        f.set(value, f64.promote_f32(f32.load(at(p.source, i, 2))))
        canonical(f, value, at(p.out, i, 3))
      })
    })
  })
}
