import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32 } from '../../expressions/wasm/scalar.js'
import { compareBytes, findBytes } from './bytes-table-kernels.js'
import { at, validBit } from './key-kernels.js'

interface FollowingKernels {
  /**
   * Texts of rows from `from` on against those of their groups; those of new groups are kept, of which status[0] says how many there
   * are. Stops where a text is another than its group's, and where no byte is left for one of a new group. Validities may be 0.
   * @param codes of the rows into the texts, 32 bits each; 0: a text a row
   * @returns rows done
   */
  follow(
    offsets: number,
    bytes: number,
    textValidity: number,
    codes: number,
    rowValidity: number,
    from: number,
    count: number,
    groups: number,
    keptOffsets: number,
    keptBytes: number,
    keptBytesMax: number,
    keptFlags: number,
    status: number,
  ): number
}

function followKernel(m: ModuleBuilder): void {
  m.function(
    'follow',
    {
      offsets: 'i32',
      bytes: 'i32',
      textValidity: 'i32',
      codes: 'i32',
      rowValidity: 'i32',
      from: 'i32',
      count: 'i32',
      groups: 'i32',
      keptOffsets: 'i32',
      keptBytes: 'i32',
      keptBytesMax: 'i32',
      keptFlags: 'i32',
      status: 'i32',
    },
    'i32',
    (f, p) => {
      const i = f.local('i32')
      const group = f.local('i32')
      const code = f.local('i32')
      const valid = f.local('i32')
      const address = f.local('i32')
      const length = f.local('i32')
      const start = f.local('i32')
      const kept = f.local('i32')
      const equal = f.local('i32')
      const lastGroup = f.let(i32.const(-1))
      const lastCode = f.let(i32.const(-1))
      const next = f.let(i32.load(p.status))
      f.for(i, p.from, p.count, (exit) => {
        f.set(group, i32.load(at(p.groups, i, 2)))
        f.set(code, i)
        f.if(p.codes, () => f.set(code, i32.load(at(p.codes, i, 2))))
        // Neighbours are often of one row of a join's other side; a null row has any code.
        f.set(valid, 1)
        f.if(p.rowValidity, () => f.set(valid, validBit(p.rowValidity, i)))
        f.if(
          i32.or(i32.eqz(valid), i32.or(i32.ne(group, lastGroup), i32.ne(code, lastCode))),
          () => {
            f.if(i32.and(valid, i32.ne(p.textValidity, 0)), () =>
              f.set(valid, validBit(p.textValidity, code)),
            )
            f.set(address, 0)
            f.set(length, 0)
            f.if(valid, () => findBytes(f, p.offsets, p.bytes, code, { address, length }))
            f.if(
              i32.ge_s(group, next),
              () => {
                f.set(start, i32.load(at(p.keptOffsets, next, 2)))
                f.brIf(exit, i32.gt_u(i32.add(start, length), p.keptBytesMax))
                f.copy(i32.add(p.keptBytes, start), address, length)
                f.store8(i32.add(p.keptFlags, next), valid)
                f.set(next, i32.add(next, 1))
                f.store32(at(p.keptOffsets, next, 2), i32.add(start, length))
              },
              () => {
                f.brIf(exit, i32.ne(i32.load8_u(i32.add(p.keptFlags, group)), valid))
                f.set(start, i32.load(at(p.keptOffsets, group, 2)))
                f.brIf(
                  exit,
                  i32.ne(i32.sub(i32.load(at(p.keptOffsets, group, 2), 4), start), length),
                )
                f.set(kept, i32.add(p.keptBytes, start))
                compareBytes(f, address, kept, length, equal)
                f.brIf(exit, i32.eqz(equal))
              },
            )
            f.set(lastGroup, group)
            f.set(lastCode, code)
            f.if(i32.eqz(valid), () => f.set(lastCode, -1))
          },
        )
      })
      f.store32(p.status, next)
      f.return(i)
    },
  )
}

export const followingKernels = (memory: WebAssembly.Memory): FollowingKernels =>
  kernel<FollowingKernels>(memory, 'key following texts', followKernel)
