import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import { compareBytes, findBytes, forEachHash } from '../keys/bytes-table-kernels.js'
import { at } from '../keys/key-kernels.js'
import { hashedPairs, insertPairs, splitRows } from './partition-kernels.js'

/**
 * WASM kernels of tables of strings that several drivers fill. A pair is [hash i64, row i32, 0]; slots are those of a table of byte
 * strings, whose entries are the strings by row: [upper half of the hash i32, row + 1 i32].
 */
export interface StringPartitionKernels {
  /** hashes[i] = the hash of string i. */
  hash(offsets: number, bytes: number, count: number, hashes: number): void
  /** Sorts the hashes of valid rows into parts by (hash & mask) >> shift; see PartitionKernels.split. */
  split(
    codes: number,
    validity: number,
    count: number,
    row: number,
    mask: number,
    shift: number,
    partCount: number,
    ends: number,
    pairs: number,
  ): void
  /** As PartitionKernels.insert. */
  insert(
    pairs: number,
    count: number,
    offsets: number,
    bytes: number,
    slots: number,
    mask: number,
    end: number,
    next: number,
    status: number,
  ): number
}

export function stringPartitionKernels(memory: WebAssembly.Memory): StringPartitionKernels {
  return kernel<StringPartitionKernels>(memory, 'join string partition', (m) => {
    m.function(
      'hash',
      { offsets: 'i32', bytes: 'i32', count: 'i32', hashes: 'i32' },
      null,
      (f, p) => {
        forEachHash(f, p, (i, _, hash) => f.store64(at(p.hashes, i, 3), hash))
      },
    )
    const rows = { codes: 'i32', validity: 'i32', count: 'i32', row: 'i32' } as const
    const parts = { partCount: 'i32', ends: 'i32', pairs: 'i32' } as const
    m.function('split', { ...rows, mask: 'i32', shift: 'i32', ...parts }, null, (f, p) => {
      splitRows(f, p, {
        ...hashedPairs(f, p),
        partOf: (hash) => i32.shr_u(i32.and(i32.wrap_i64(hash), p.mask), p.shift),
      })
    })
    insertKernel(m)
  })
}

function insertKernel(m: ModuleBuilder): void {
  const params = {
    pairs: 'i32',
    count: 'i32',
    offsets: 'i32',
    bytes: 'i32',
    slots: 'i32',
    mask: 'i32',
    end: 'i32',
    next: 'i32',
    status: 'i32',
  } as const
  m.function('insert', params, 'i32', (f, p) => {
    const own = { address: f.local('i32'), length: f.local('i32') }
    const other = { address: f.local('i32'), length: f.local('i32') }
    insertPairs(f, p, (hash, row) => {
      const tag = i32.wrap_i64(i64.shr_u(hash, 32n))
      return {
        first: i32.and(i32.wrap_i64(hash), p.mask),
        address: (index) => at(p.slots, index, 3),
        rowOffset: 4,
        compare: (slot, head, isFound) => {
          f.set(isFound, i32.eqz(head))
          f.if(i32.and(i32.ne(head, 0), i32.eq(i32.load(slot), tag)), () => {
            findBytes(f, p.offsets, p.bytes, row, own)
            findBytes(f, p.offsets, p.bytes, i32.sub(head, 1), other)
            f.if(i32.eq(other.length, own.length), () =>
              compareBytes(f, own.address, other.address, own.length, isFound),
            )
          })
        },
        store: (slot) => f.store32(slot, tag),
      }
    })
  })
}
