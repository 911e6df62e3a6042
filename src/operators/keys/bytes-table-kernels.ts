import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, validBit } from './key-kernels.js'

interface BytesKernels {
  /** ids[i] = dense number of string i, or -1 for a null; stops where no id or no byte is left. @returns rows done */
  insert(
    offsets: number,
    bytes: number,
    validity: number,
    count: number,
    slots: number,
    mask: number,
    limit: number,
    entryOffsets: number,
    entryBytes: number,
    entryBytesMax: number,
    ids: number,
    status: number,
  ): number
  /** ids[i] = number of string i, or -1. */
  lookup(
    offsets: number,
    bytes: number,
    validity: number,
    count: number,
    slots: number,
    mask: number,
    entryOffsets: number,
    entryBytes: number,
    ids: number,
  ): void
  rebuild(
    entryOffsets: number,
    entryBytes: number,
    count: number,
    slots: number,
    mask: number,
  ): void
}

const MULTIPLIER = -7046029254386353131n
const MIX = -4417276706812531889n // an odd constant of SplitMix64's finalizer family

/** The low `length` (1 to 7) bytes of the eight at an address: reads past the string, never past the memory. */
const tailOf = (address: Expr<'i32'>, length: Expr<'i32'>): Expr<'i64'> =>
  i64.and(
    i64.load(address),
    i64.sub(i64.shl(i64.const(1n), i64.extend_i32_u(i32.shl(length, 3))), 1n),
  )

/** Hashes eight bytes a step; the result has the string's length mixed in. */
export function hashBytes(
  f: FunctionBuilder,
  address: Expr<'i32'>,
  length: Local<'i32'>,
  cursor: Local<'i32'>,
  hash: Local<'i64'>,
): void {
  const left = f.local('i32')
  f.set(hash, i64.extend_i32_u(length))
  f.set(cursor, address)
  f.set(left, length)
  const mix = (word: Expr<'i64'>) => {
    f.set(hash, i64.mul(i64.xor(hash, word), i64.const(MULTIPLIER)))
    f.set(hash, i64.xor(hash, i64.shr_u(hash, 32n)))
  }
  f.while(i32.ge_u(left, 8), () => {
    mix(i64.load(cursor))
    f.set(cursor, i32.add(cursor, 8))
    f.set(left, i32.sub(left, 8))
  })
  f.if(left, () => mix(tailOf(cursor, left)))
  f.set(hash, i64.mul(hash, i64.const(MIX)))
  f.set(hash, i64.xor(hash, i64.shr_u(hash, 29n)))
}

/** equal = 1 where `length` bytes at both addresses are the same. */
export function compareBytes(
  f: FunctionBuilder,
  left: Local<'i32'>,
  right: Local<'i32'>,
  length: Local<'i32'>,
  equal: Local<'i32'>,
): void {
  const rest = f.local('i32')
  f.set(rest, length)
  f.set(equal, 0)
  f.block((different) => {
    f.while(i32.ge_u(rest, 8), () => {
      f.brIf(different, i64.ne(i64.load(left), i64.load(right)))
      f.set(left, i32.add(left, 8))
      f.set(right, i32.add(right, 8))
      f.set(rest, i32.sub(rest, 8))
    })
    f.if(rest, () => f.brIf(different, i64.ne(tailOf(left, rest), tailOf(right, rest))))
    f.set(equal, 1)
  })
}

interface Table {
  readonly slots: Expr<'i32'>
  readonly mask: Expr<'i32'>
  readonly entryOffsets: Expr<'i32'>
  readonly entryBytes: Expr<'i32'>
}

/** Looks a string up by its hash; `found` sees the id in `id` (plus 1), `empty` the free slot. */
function probe(
  f: FunctionBuilder,
  table: Table,
  string: { readonly address: Local<'i32'>; readonly length: Local<'i32'> },
  hash: Local<'i64'>,
  on: { found(id: Local<'i32'>): void; empty(slot: Local<'i32'>, tag: Local<'i32'>): void },
): void {
  const index = f.local('i32')
  const slot = f.local('i32')
  const tag = f.local('i32')
  const id = f.local('i32')
  const start = f.local('i32')
  const left = f.local('i32')
  const right = f.local('i32')
  const equal = f.local('i32')
  f.set(tag, i32.wrap_i64(i64.shr_u(hash, 32n)))
  f.set(index, i32.and(i32.wrap_i64(hash), table.mask))
  f.block((done) => {
    f.loop((again) => {
      f.set(slot, at(table.slots, index, 3))
      f.set(id, i32.load(slot, 4))
      f.if(i32.eqz(id), () => {
        on.empty(slot, tag)
        f.br(done)
      })
      f.if(i32.eq(i32.load(slot), tag), () => {
        f.set(start, i32.load(at(table.entryOffsets, i32.sub(id, 1), 2)))
        f.if(i32.eq(i32.sub(i32.load(at(table.entryOffsets, id, 2)), start), string.length), () => {
          f.set(left, string.address)
          f.set(right, i32.add(table.entryBytes, start))
          compareBytes(f, left, right, string.length, equal)
          f.if(equal, () => {
            on.found(id)
            f.br(done)
          })
        })
      })
      f.set(index, i32.and(i32.add(index, 1), table.mask))
      f.br(again)
    })
  })
}

/** Sets where string i lies, and its length. */
export function findBytes(
  f: FunctionBuilder,
  offsets: Expr<'i32'>,
  bytes: Expr<'i32'>,
  i: Expr<'i32'>,
  { address, length }: { readonly address: Local<'i32'>; readonly length: Local<'i32'> },
): void {
  f.set(address, i32.load(at(offsets, i, 2)))
  f.set(length, i32.sub(i32.load(at(offsets, i, 2), 4), address))
  f.set(address, i32.add(bytes, address))
}

/** Runs `body` for each string, with where it lies and its hash. */
export function forEachHash(
  f: FunctionBuilder,
  strings: Readonly<Record<'offsets' | 'bytes' | 'count', Expr<'i32'>>>,
  body: (
    i: Local<'i32'>,
    string: { readonly address: Local<'i32'>; readonly length: Local<'i32'> },
    hash: Local<'i64'>,
  ) => void,
): void {
  const i = f.local('i32')
  const string = { address: f.local('i32'), length: f.local('i32') }
  const cursor = f.local('i32')
  const hash = f.local('i64')
  f.for(i, 0, strings.count, () => {
    findBytes(f, strings.offsets, strings.bytes, i, string)
    hashBytes(f, string.address, string.length, cursor, hash)
    body(i, string, hash)
  })
}

function insertKernel(m: ModuleBuilder): void {
  m.function(
    'insert',
    {
      offsets: 'i32',
      bytes: 'i32',
      validity: 'i32',
      count: 'i32',
      slots: 'i32',
      mask: 'i32',
      limit: 'i32',
      entryOffsets: 'i32',
      entryBytes: 'i32',
      entryBytesMax: 'i32',
      ids: 'i32',
      status: 'i32',
    },
    'i32',
    (f, p) => {
      const i = f.local('i32')
      const address = f.local('i32')
      const length = f.local('i32')
      const cursor = f.local('i32')
      const end = f.local('i32')
      const hash = f.local('i64')
      const result = f.local('i32')
      const next = f.let(i32.load(p.status))
      f.for(i, 0, p.count, (exit) => {
        f.set(result, 0)
        f.if(i32.or(i32.eqz(p.validity), validBit(p.validity, i)), () => {
          findBytes(f, p.offsets, p.bytes, i, { address, length })
          f.set(end, i32.load(at(p.entryOffsets, next, 2)))
          f.brIf(
            exit,
            i32.or(i32.ge_s(next, p.limit), i32.gt_u(i32.add(end, length), p.entryBytesMax)),
          )
          hashBytes(f, address, length, cursor, hash)
          probe(f, p, { address, length }, hash, {
            found: (id) => f.set(result, id),
            empty: (slot, tag) => {
              f.copy(i32.add(p.entryBytes, end), address, length)
              f.set(next, i32.add(next, 1))
              f.store32(at(p.entryOffsets, next, 2), i32.add(end, length))
              f.store32(slot, tag)
              f.store32(slot, next, 4)
              f.set(result, next)
            },
          })
        })
        f.store32(at(p.ids, i, 2), i32.sub(result, 1))
      })
      f.store32(p.status, next)
      f.return(i)
    },
  )
}

function lookupKernel(m: ModuleBuilder): void {
  m.function(
    'lookup',
    {
      offsets: 'i32',
      bytes: 'i32',
      validity: 'i32',
      count: 'i32',
      slots: 'i32',
      mask: 'i32',
      entryOffsets: 'i32',
      entryBytes: 'i32',
      ids: 'i32',
    },
    null,
    (f, p) => {
      const i = f.local('i32')
      const address = f.local('i32')
      const length = f.local('i32')
      const cursor = f.local('i32')
      const hash = f.local('i64')
      const result = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(result, 0)
        f.if(i32.or(i32.eqz(p.validity), validBit(p.validity, i)), () => {
          findBytes(f, p.offsets, p.bytes, i, { address, length })
          hashBytes(f, address, length, cursor, hash)
          probe(f, p, { address, length }, hash, {
            found: (id) => f.set(result, id),
            empty: () => {},
          })
        })
        f.store32(at(p.ids, i, 2), i32.sub(result, 1))
      })
    },
  )
}

function rebuildKernel(m: ModuleBuilder): void {
  m.function(
    'rebuild',
    { entryOffsets: 'i32', entryBytes: 'i32', count: 'i32', slots: 'i32', mask: 'i32' },
    null,
    (f, p) => {
      const entries = { offsets: p.entryOffsets, bytes: p.entryBytes, count: p.count }
      forEachHash(f, entries, (i, string, hash) => {
        probe(f, p, string, hash, {
          found: () => {},
          empty: (slot, tag) => {
            f.store32(slot, tag)
            f.store32(slot, i32.add(i, 1), 4)
          },
        })
      })
    },
  )
}

export function bytesKernels(memory: WebAssembly.Memory): BytesKernels {
  return kernel<BytesKernels>(memory, 'key bytes table', (m) => {
    insertKernel(m)
    lookupKernel(m)
    rebuildKernel(m)
  })
}
