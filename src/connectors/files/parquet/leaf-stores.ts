import type { Arena } from '../../../spi/index.js'
import { BooleanStore } from './boolean-store.js'
import { BytesStore, type DictionaryNames } from './bytes-store.js'
import { ConvertedEmitter } from './converted-emitter.js'
import { type FixedEmitter, FixedStore } from './fixed-store.js'
import { FloatEmitter } from './float-emitter.js'
import { IntegerEmitter } from './integer-emitter.js'
import type { Leaf } from './schema.js'
import type { Scratch } from './scratch.js'
import type { ValueStore } from './value-store.js'

/** The store for a leaf's values. */
export function valueStore(
  scratch: Scratch,
  leaf: Leaf,
  dictionaryArena: Arena,
  names: DictionaryNames,
): ValueStore {
  const { encoding, type } = leaf
  if (encoding.kind === 'boolean') return new BooleanStore(scratch)
  if (encoding.physical === 'BYTE_ARRAY') {
    return new BytesStore(scratch, type, dictionaryArena, names)
  }
  return new FixedStore(scratch, encoding.byteLength, fixedEmitter(scratch, leaf))
}

function fixedEmitter(scratch: Scratch, { encoding, type }: Leaf): FixedEmitter {
  switch (encoding.kind) {
    case 'float':
      return new FloatEmitter(scratch, type, encoding.byteLength)
    case 'integer': {
      if (encoding.physical === 'INT64' && !encoding.isSigned) break
      const kind = encoding.physical === 'INT64' ? 'i64' : encoding.isSigned ? 'i32' : 'u32'
      return new IntegerEmitter(scratch, type, { kind }, encoding.factor)
    }
    case 'decimal bytes':
      if (encoding.byteLength <= 8) {
        const form = { kind: 'big-endian', byteLength: encoding.byteLength } as const
        return new IntegerEmitter(scratch, type, form, 1n)
      }
      break
    default:
  }
  return new ConvertedEmitter(scratch, type, encoding)
}
