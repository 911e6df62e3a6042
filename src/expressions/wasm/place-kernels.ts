import type { ModuleBuilder } from './builder.js'
import { i32, i64 } from './scalar.js'
import { v128 } from './simd.js'

/** Kernels that put texts from anywhere in memory together as a column. */
export type PlaceKernels = {
  /** Offsets and a validity bitmap of texts by their lengths, negative where there is none. @returns the last offset, or -1 past what offsets hold */
  place(lengths: number, count: number, offsets: number, validity: number): number
  /** Copies the texts that begin at addresses. */
  gather(starts: number, offsets: number, count: number, out: number): number
}

export function buildPlaceKernels(m: ModuleBuilder): void {
  const placed = { lengths: 'i32', count: 'i32', offsets: 'i32', validity: 'i32' } as const
  m.function('place', placed, 'i32', (f, p) => {
    const row = f.local('i32')
    const total = f.local('i64')
    const bits = f.local('i32')
    f.store32(p.offsets, 0)
    f.for(row, 0, p.count, () => {
      const length = f.let(i32.load(i32.add(p.lengths, i32.shl(row, 2))))
      const isText = f.let(i32.ge_s(length, 0))
      f.set(bits, i32.or(bits, i32.shl(isText, i32.and(row, 7))))
      f.set(total, i64.add(total, i64.extend_i32_u(i32.select(isText, length, 0))))
      f.store32(i32.add(p.offsets, i32.shl(row, 2)), i32.wrap_i64(total), 4)
      f.if(i32.eq(i32.and(row, 7), 7), () => {
        f.store8(i32.add(p.validity, i32.shr_u(row, 3)), bits)
        f.set(bits, 0)
      })
    })
    f.if(i32.and(p.count, 7), () => {
      f.store8(i32.add(p.validity, i32.shr_u(p.count, 3)), bits)
    })
    f.return(i32.select(i64.gt_s(total, 0x7fffffff), -1, i32.wrap_i64(total)))
  })
  const gathered = { starts: 'i32', offsets: 'i32', count: 'i32', out: 'i32' } as const
  m.function('gather', gathered, 'i32', (f, p) => {
    const row = f.local('i32')
    const from = f.local('i32')
    const to = f.local('i32')
    const end = f.local('i32')
    f.for(row, 0, p.count, () => {
      const offset = f.let(i32.add(p.offsets, i32.shl(row, 2)))
      f.set(from, i32.load(i32.add(p.starts, i32.shl(row, 2))))
      f.set(to, i32.add(p.out, i32.load(offset)))
      f.set(end, i32.add(p.out, i32.load(offset, 4)))
      f.while(i32.lt_u(to, end), () => {
        f.store128(to, v128.load(from))
        f.set(to, i32.add(to, 16))
        f.set(from, i32.add(from, 16))
      })
    })
    f.return(0)
  })
}
