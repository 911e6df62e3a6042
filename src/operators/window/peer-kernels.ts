import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f32, f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import type { Block, FlatBlock } from '../../spi/index.js'
import { at, validBit } from '../keys/key-kernels.js'

/** How neighbours of a column are compared. */
type Comparison = 'i8' | 'i16' | 'i32' | 'i64' | 'f32' | 'f64' | 'fixed16' | 'bytes'

type PeerKernel = {
  mark(
    values: number,
    bytes: number,
    validity: number,
    from: number,
    to: number,
    flags: number,
  ): void
}

/**
 * Sets flags[i - from] = 1 for each row i in (from, to) whose value the row before does not have. Rows are positions of the
 * block, which lies in memory.
 * @returns false where only a comparison by the type's order tells; nothing is written then
 */
export function markPeerBorders(
  memory: WebAssembly.Memory,
  block: Block,
  from: number,
  to: number,
  flags: Uint8Array,
): boolean {
  if (block.encoding === 'constant') return true
  if (block.encoding === 'dictionary') return false
  if (block.storage === 'null') return true
  const comparison = comparisonOf(block)
  if (comparison === undefined) return false
  const addresses = addressesOf(block)
  const nullable = block.validity !== null
  const build = (m: ModuleBuilder) => {
    m.function(
      'mark',
      { values: 'i32', bytes: 'i32', validity: 'i32', from: 'i32', to: 'i32', flags: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const flag = f.let(i32.add(p.flags, 1))
        f.for(i, i32.add(p.from, 1), p.to, () => {
          const before = f.let(i32.sub(i, 1))
          const differs = () => {
            f.store8(flag, i32.or(i32.load8_u(flag), valuesDiffer(f, comparison, p, before, i)))
          }
          if (nullable) {
            const valid = f.let(validBit(p.validity, i))
            f.if(
              i32.ne(valid, validBit(p.validity, before)),
              () => f.store8(flag, 1),
              () => f.if(valid, differs),
            )
          } else differs()
          f.set(flag, i32.add(flag, 1))
        })
      },
    )
  }
  const key = `window peers ${comparison}${nullable ? ' nullable' : ''}`
  kernel<PeerKernel>(memory, key, build).mark(
    addresses.values,
    addresses.bytes,
    block.validity?.byteOffset ?? 0,
    from,
    to,
    flags.byteOffset,
  )
  return true
}

/** undefined: equal values may lie in memory as different ones. */
function comparisonOf(block: FlatBlock): Comparison | undefined {
  const { kind } = block.type
  if (kind === 'timestamp with time zone' || kind === 'time with time zone') return undefined
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
    case 'f32':
    case 'f64':
      return block.storage
    case 'fixed16':
      return kind === 'timestamp' ? undefined : 'fixed16'
    case 'bool':
      return 'i8'
    case 'bytes':
      return kind === 'char' || kind === 'json' ? undefined : 'bytes'
    default:
      return undefined
  }
}

function addressesOf(block: FlatBlock): { readonly values: number; readonly bytes: number } {
  if (block.storage === 'bytes') {
    return { values: block.offsets.byteOffset, bytes: block.bytes.byteOffset }
  }
  return { values: 'values' in block ? block.values.byteOffset : 0, bytes: 0 }
}

function valuesDiffer(
  f: FunctionBuilder,
  comparison: Comparison,
  p: { readonly values: Local<'i32'>; readonly bytes: Local<'i32'> },
  a: Local<'i32'>,
  b: Local<'i32'>,
): Expr<'i32'> {
  switch (comparison) {
    case 'i8':
      return i32.ne(i32.load8_u(at(p.values, a, 0)), i32.load8_u(at(p.values, b, 0)))
    case 'i16':
      return i32.ne(i32.load16_u(at(p.values, a, 1)), i32.load16_u(at(p.values, b, 1)))
    case 'i32':
      return i32.ne(i32.load(at(p.values, a, 2)), i32.load(at(p.values, b, 2)))
    case 'i64':
      return i64.ne(i64.load(at(p.values, a, 3)), i64.load(at(p.values, b, 3)))
    case 'fixed16': {
      const low = i64.xor(i64.load(at(p.values, a, 4)), i64.load(at(p.values, b, 4)))
      const high = i64.xor(i64.load(at(p.values, a, 4), 8), i64.load(at(p.values, b, 4), 8))
      return i64.ne(i64.or(low, high), 0n)
    }
    case 'f32': {
      const [x, y] = [f.let(f32.load(at(p.values, a, 2))), f.let(f32.load(at(p.values, b, 2)))]
      // NaN is its own peer.
      return i32.and(f32.ne(x, y), i32.or(f32.eq(x, x), f32.eq(y, y)))
    }
    case 'f64': {
      const [x, y] = [f.let(f64.load(at(p.values, a, 3))), f.let(f64.load(at(p.values, b, 3)))]
      return i32.and(f64.ne(x, y), i32.or(f64.eq(x, x), f64.eq(y, y)))
    }
    case 'bytes':
      return bytesDiffer(f, p, a, b)
  }
}

/** Of two strings that lie one after another. */
function bytesDiffer(
  f: FunctionBuilder,
  p: { readonly values: Local<'i32'>; readonly bytes: Local<'i32'> },
  a: Local<'i32'>,
  b: Local<'i32'>,
): Expr<'i32'> {
  const start = f.let(i32.load(at(p.values, a, 2)))
  const middle = f.let(i32.load(at(p.values, b, 2)))
  const end = i32.load(at(p.values, b, 2), 4)
  const length = f.let(i32.sub(middle, start))
  const differ = f.local('i32')
  const k = f.local('i32')
  f.set(differ, i32.ne(length, i32.sub(end, middle)))
  f.if(i32.eqz(differ), () => {
    const [x, y] = [f.let(i32.add(p.bytes, start)), f.let(i32.add(p.bytes, middle))]
    f.for(k, 0, length, (exit) => {
      f.set(differ, i32.ne(i32.load8_u(i32.add(x, k)), i32.load8_u(i32.add(y, k))))
      f.brIf(exit, differ)
    })
  })
  return differ
}
