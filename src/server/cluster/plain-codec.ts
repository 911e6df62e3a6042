/** Plain values as msgpack, exactly: bigints of any size, Maps, typed arrays, undefined and -0 come back as they were. */
export interface PlainCodec {
  pack(value: unknown): Buffer
  unpack(bytes: Uint8Array): unknown
}

/** Stands for -0, which msgpack's integers don't have. */
class NegativeZero {}
const NEGATIVE_ZERO = new NegativeZero()
const NEGATIVE_ZERO_TYPE = 0x2d

/** Loads msgpackr. */
export async function loadPlainCodec(): Promise<PlainCodec> {
  const { addExtension, Packr } = await import('msgpackr')
  addExtension({
    Class: NegativeZero,
    type: NEGATIVE_ZERO_TYPE,
    pack: () => Buffer.alloc(0),
    unpack: () => -0,
  })
  const packr = new Packr({
    useRecords: true,
    mapsAsObjects: false,
    moreTypes: true,
    useBigIntExtension: true,
  })
  return {
    pack: (value) => packr.pack(withoutNegativeZeros(value)),
    unpack: (bytes) => packr.unpack(bytes),
  }
}

/** The value itself where it has no -0. O(value). */
function withoutNegativeZeros(value: unknown): unknown {
  if (typeof value === 'number') return Object.is(value, -0) ? NEGATIVE_ZERO : value
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  const before: readonly unknown[] = Array.isArray(value)
    ? value
    : value instanceof Map
      ? [...value.values()]
      : Object.values(value)
  const after = before.map(withoutNegativeZeros)
  if (after.every((item, i) => Object.is(item, before[i]))) return value
  if (Array.isArray(value)) return after
  return value instanceof Map
    ? new Map([...value.keys()].map((key, i) => [key, after[i]]))
    : Object.fromEntries(Object.keys(value).map((key, i) => [key, after[i]]))
}
