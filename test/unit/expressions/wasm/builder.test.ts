import { describe, expect, it } from 'vitest'
import { call, type ModuleBuilder } from '../../../../src/expressions/wasm/builder.js'
import { ByteWriter } from '../../../../src/expressions/wasm/encoder.js'
import {
  compiledModules,
  instantiate,
  kernel,
} from '../../../../src/expressions/wasm/module-cache.js'
import { f32, f64, i32, i64 } from '../../../../src/expressions/wasm/scalar.js'
import {
  f32x4,
  f64x2,
  i8x16,
  i16x8,
  i32x4,
  i64x2,
  v128,
} from '../../../../src/expressions/wasm/simd.js'

const memory = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536, shared: true })
const bytes = new Uint8Array(memory.buffer)
let keys = 0
const build = <E extends Record<keyof E, (...args: never[]) => unknown>>(
  make: (m: ModuleBuilder) => void,
): E => kernel<E>(memory, `test ${keys++}`, make)

describe('ByteWriter', () => {
  it('writes LEB128 as the specification says', () => {
    const hex = (w: ByteWriter) => Buffer.from(w.view()).toString('hex')
    expect(hex(new ByteWriter().unsigned(624_485))).toBe('e58e26')
    expect(hex(new ByteWriter().unsigned(4_294_967_295))).toBe('ffffffff0f')
    expect(hex(new ByteWriter().signed32(-123_456))).toBe('c0bb78')
    expect(hex(new ByteWriter().signed32(64))).toBe('c000')
    expect(hex(new ByteWriter().signed32(4_294_967_295))).toBe('7f')
    expect(hex(new ByteWriter().signed64(-(2n ** 63n)))).toBe('8080808080808080807f')
  })

  it('grows', () => {
    const w = new ByteWriter()
    for (let i = 0; i < 1000; i++) w.byte(i & 255)
    expect([...w.view()]).toEqual(Array.from({ length: 1000 }, (_, i) => i & 255))
  })
})

describe('the kernel language', () => {
  it('sums a masked column, as its documentation shows', () => {
    type Sum = { sum_masked(values: number, mask: number, count: number): number }
    const { sum_masked } = build<Sum>((m) => {
      m.function('sum_masked', { values: 'i32', mask: 'i32', count: 'i32' }, 'f64', (f, p) => {
        const total = f.local('f64')
        const i = f.local('i32')
        f.for(i, 0, p.count, () => {
          f.if(i32.load8_u(i32.add(p.mask, i)), () => {
            const address = i32.add(p.values, i32.shl(i, 3))
            f.set(total, f64.add(total, f64.load(address)))
          })
        })
        f.return(total)
      })
    })
    const values = new Float64Array(memory.buffer, 1024, 100)
    for (let i = 0; i < 100; i++) {
      values[i] = i * 1.5
      bytes[2048 + i] = i % 3 === 0 ? 1 : 0
    }
    let expected = 0
    for (let i = 0; i < 100; i += 3) expected += i * 1.5
    expect(sum_masked(1024, 2048, 100)).toBe(expected)
    expect(sum_masked(1024, 2048, 0)).toBe(0)
  })

  it('reads and writes at the top of the 4 GB', () => {
    type Copy = { run(from: number, to: number): number }
    const { run } = build<Copy>((m) => {
      m.function('run', { from: 'i32', to: 'i32' }, 'i32', (f, { from, to }) => {
        f.store64(to, i64.load(from, 8), 16)
        f.copy(i32.add(to, 32), from, 16)
        f.fill(from, 0xab, 4)
        f.return(to)
      })
    })
    const top = 2 ** 32 - 256
    new BigInt64Array(memory.buffer, top, 2).set([-5n, 7n])
    expect(run(top, top + 64) >>> 0).toBe(top + 64)
    expect(new BigInt64Array(memory.buffer, top + 80, 1)[0]).toBe(7n)
    expect(new BigInt64Array(memory.buffer, top + 96, 2)[0]).toBe(-5n)
    expect(bytes[top]).toBe(0xab)
  })

  it('has loops, blocks, switches and calls', () => {
    type Run = {
      collatz(n: bigint): number
      classify(n: number): number
      first_above(n: number, limit: number): number
    }
    const run = build<Run>((m) => {
      const next = m.internal('next', { n: 'i64' }, 'i64', (f, { n }) => {
        f.return(
          i64.if(i64.eqz(i64.and(n, 1)), i64.shr_u(n, i64.const(1)), i64.add(i64.mul(n, 3n), 1)),
        )
      })
      m.function('collatz', { n: 'i64' }, 'i32', (f, { n }) => {
        const steps = f.local('i32')
        f.while(i64.ne(n, 1), () => {
          f.set(n, call(next, n))
          f.set(steps, i32.add(steps, 1))
        })
        f.return(steps)
      })
      m.function('classify', { n: 'i32' }, 'i32', (f, { n }) => {
        f.block((other) => {
          f.block((one) => {
            f.block((zero) => {
              f.switch(n, [zero, one], other)
            })
            f.return(100)
          })
          f.return(101)
        })
        f.return(-1)
      })
      m.function('first_above', { n: 'i32', limit: 'i32' }, 'i32', (f, { n, limit }) => {
        const i = f.local('i32')
        f.for(
          i,
          0,
          n,
          (exit) => {
            f.brIf(exit, i32.gt_s(i, limit))
          },
          3,
        )
        f.return(i)
      })
    })
    expect(run.collatz(27n)).toBe(111)
    expect([0, 1, 2, -1].map((n) => run.classify(n))).toEqual([100, 101, -1, -1])
    expect(run.first_above(100, 10)).toBe(12)
    expect(run.first_above(5, 10)).toBe(6)
  })

  it('keeps values with let and tee, and evaluates trees at each use', () => {
    type Run = { run(address: number): number }
    const { run } = build<Run>((m) => {
      m.function('run', { address: 'i32' }, 'i32', (f, { address }) => {
        const tree = i32.load(address)
        const kept = f.let(tree)
        f.store32(address, 1000)
        const t = f.local('i32')
        f.return(i32.add(i32.add(kept, tree), i32.add(f.tee(t, i32.const(1)), t)))
      })
    })
    new Int32Array(memory.buffer)[0] = 42
    expect(run(0)).toBe(42 + 1000 + 2)
  })

  it('counts atomically', () => {
    type Run = { run(address: number): number; swap(address: number, a: bigint, b: bigint): bigint }
    const { run, swap } = build<Run>((m) => {
      m.function('run', { address: 'i32' }, 'i32', (f, { address }) => {
        f.drop(i32.atomic_add(address, 5))
        f.drop(i32.atomic_sub(address, 2))
        f.return(i32.atomic_load(address))
      })
      m.function('swap', { address: 'i32', a: 'i64', b: 'i64' }, 'i64', (f, { address, a, b }) => {
        f.return(i64.atomic_cmpxchg(address, a, b, 8))
      })
    })
    new Int32Array(memory.buffer)[4] = 10
    expect(run(16)).toBe(13)
    const words = new BigInt64Array(memory.buffer)
    words[3] = 9n
    expect(swap(16, 9n, 11n)).toBe(9n)
    expect(swap(16, 9n, 12n)).toBe(11n)
    expect(words[3]).toBe(11n)
  })

  it('traps where told', () => {
    type Run = { run(n: number): number; divide(a: number, b: number): number }
    const { run, divide } = build<Run>((m) => {
      m.function('run', { n: 'i32' }, 'i32', (f, { n }) => {
        f.if(i32.eqz(n), () => f.trap())
        f.return(n)
      })
      m.function('divide', { a: 'i32', b: 'i32' }, 'i32', (f, { a, b }) => {
        f.return(i32.div_s(a, b))
      })
    })
    expect(run(3)).toBe(3)
    expect(() => run(0)).toThrow(WebAssembly.RuntimeError)
    expect(divide(-7, 2)).toBe(-3)
    expect(() => divide(1, 0)).toThrow(/divide by zero/)
  })

  it('computes with floats', () => {
    type Run = { run(a: number, b: number): number; narrow(a: number): number }
    const { run, narrow } = build<Run>((m) => {
      m.function('run', { a: 'f64', b: 'f64' }, 'f64', (f, { a, b }) => {
        f.return(f64.select(f64.lt(a, b), f64.sqrt(b), f64.neg(a)))
      })
      m.function('narrow', { a: 'f64' }, 'f32', (f, { a }) => {
        f.return(f32.add(f32.demote_f64(a), 0.5))
      })
    })
    expect(run(1, 16)).toBe(4)
    expect(run(2.5, 1)).toBe(-2.5)
    expect(narrow(0.1)).toBe(Math.fround(Math.fround(0.1) + 0.5))
  })

  it('refuses mistakes', () => {
    expect(() =>
      build((m) => {
        m.function('f', {}, 'i32', (f) => f.return())
      }),
    ).toThrow('the function has a result')
    expect(() => i32.const(1.5)).toThrow('not an i32')
    expect(() => v128.const([1, 2, 3])).toThrow('v128 constant of 3 bytes')
  })
})

describe('SIMD', () => {
  /** Runs a lane operation over two vectors at 0 and 16 into 32. */
  const apply = (
    op: (
      a: ReturnType<typeof v128.load>,
      b: ReturnType<typeof v128.load>,
    ) => ReturnType<typeof v128.load>,
  ) => {
    const { run } = build<{ run(): void }>((m) => {
      m.function('run', {}, null, (f) => {
        f.store128(0, op(v128.load(0), v128.load(0, 16)), 32)
      })
    })
    run()
  }

  it('finds the positions of matching bytes', () => {
    type Run = { run(address: number, count: number, wanted: number, out: number): number }
    const { run } = build<Run>((m) => {
      m.function(
        'run',
        { address: 'i32', count: 'i32', wanted: 'i32', out: 'i32' },
        'i32',
        (f, { address, count, wanted, out }) => {
          const pattern = f.let(i8x16.splat(wanted))
          const i = f.local('i32')
          const hits = f.local('i32')
          const next = f.let(out)
          f.for(
            i,
            0,
            count,
            () => {
              f.set(hits, i8x16.bitmask(i8x16.eq(v128.load(i32.add(address, i)), pattern)))
              f.while(hits, () => {
                f.store32(next, i32.add(i, i32.ctz(hits)))
                f.set(next, i32.add(next, 4))
                f.set(hits, i32.and(hits, i32.sub(hits, 1)))
              })
            },
            16,
          )
          f.return(i32.shr_u(i32.sub(next, out), 2))
        },
      )
    })
    const text = Buffer.from('the quick brown fox jumps over the lazy dog, then rests there...')
    bytes.set(text, 4096)
    const count = run(4096, 64, 'o'.charCodeAt(0), 8192)
    const expected = [...text].flatMap((c, i) => (c === 111 ? [i] : []))
    expect([...new Int32Array(memory.buffer, 8192, count)]).toEqual(expected)
  })

  it('does lane arithmetic of every width', () => {
    const b8 = new Int8Array(memory.buffer, 0, 48)
    for (let i = 0; i < 16; i++) {
      b8[i] = i - 8
      b8[16 + i] = 100 - i
    }
    apply((a, b) => i8x16.add_sat_s(i8x16.max_s(a, b), b))
    expect(b8[32]).toBe(127)
    apply((a) => i16x8.extend_low_i8x16_s(a))
    expect([...new Int16Array(memory.buffer, 32, 8)]).toEqual([-8, -7, -6, -5, -4, -3, -2, -1])
    new Int32Array(memory.buffer, 0, 8).set([1, -2, 3, 2 ** 30, 5, 6, 7, 8])
    apply((a, b) => i32x4.mul(a, b))
    expect([...new Int32Array(memory.buffer, 32, 4)]).toEqual([5, -12, 21, 0])
    apply((a, b) => i64x2.extmul_high_i32x4_s(a, b))
    expect([...new BigInt64Array(memory.buffer, 32, 2)]).toEqual([21n, 8n * 2n ** 30n])
    new Float64Array(memory.buffer, 0, 4).set([1.5, -2, 3, 0])
    apply((a, b) => f64x2.div(a, b))
    expect([...new Float64Array(memory.buffer, 32, 2)]).toEqual([0.5, -Infinity])
    apply((a, b) => v128.bitselect(a, b, f64x2.gt(a, b)))
    expect([...new Float64Array(memory.buffer, 32, 2)]).toEqual([3, 0])
    apply((a) => f32x4.demote_f64x2_zero(a))
    expect([...new Float32Array(memory.buffer, 32, 4)]).toEqual([1.5, -2, 0, 0])
    apply((a, b) => i8x16.shuffle(a, b, [31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]))
    expect(bytes[33]).toBe(bytes[0])
    apply((a) => i32x4.replace_lane(a, 2, 77))
    expect(new Int32Array(memory.buffer, 32, 4)[2]).toBe(77)
  })
})

describe('module cache', () => {
  it('compiles a key once and gives one instance a memory', () => {
    let builds = 0
    const make = (m: ModuleBuilder) => {
      builds++
      m.function('one', {}, 'i32', (f) => f.return(1))
    }
    const a = kernel<{ one(): number }>(memory, 'cache test', make)
    const b = kernel<{ one(): number }>(memory, 'cache test', make)
    expect(a).toBe(b)
    expect(builds).toBe(1)
    const module = compiledModules().get('cache test')
    const other = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536, shared: true })
    expect((instantiate(module!, other).exports as { one(): number }).one()).toBe(1)
  })
})
