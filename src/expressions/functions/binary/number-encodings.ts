import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarEvaluator,
  scalarFunction,
} from '../../function-definition.js'

/** Numbers as bytes in the order of the network, and back. */
const number = (
  suffix: string,
  type: string,
  size: number,
  write: (view: DataView, value: never) => void,
  read: (view: DataView) => number | bigint,
): FunctionDefinition[] => [
  scalarFunction({
    name: `to_${suffix}`,
    description: `The ${size} bytes of a number, highest first`,
    overloads: [
      {
        args: [type],
        returns: 'varbinary',
        neverFails: true,
        evaluate: ((value: never) => {
          const bytes = new Uint8Array(size)
          write(new DataView(bytes.buffer), value)
          return bytes
        }) as ScalarEvaluator,
      },
    ],
  }),
  scalarFunction({
    name: `from_${suffix}`,
    description: `The number of ${size} bytes, highest first`,
    overloads: [
      {
        args: ['varbinary'],
        returns: type,
        evaluate: (bytes: Uint8Array) => {
          if (bytes.length !== size) {
            const kind = suffix.startsWith('ieee')
              ? `Input floating-point value must be exactly ${size} bytes long`
              : `expected ${size}-byte input, but got instead: ${bytes.length}`
            return invalidArgument(kind)
          }
          return read(new DataView(bytes.buffer, bytes.byteOffset, size))
        },
      },
    ],
  }),
]

export const numberEncodings: readonly FunctionDefinition[] = [
  ...number(
    'big_endian_64',
    'bigint',
    8,
    (view, value: bigint) => view.setBigInt64(0, value),
    (view) => view.getBigInt64(0),
  ),
  ...number(
    'big_endian_32',
    'integer',
    4,
    (view, value: number) => view.setInt32(0, value),
    (view) => view.getInt32(0),
  ),
  ...number(
    'ieee754_64',
    'double',
    8,
    (view, value: number) => view.setFloat64(0, value),
    (view) => view.getFloat64(0),
  ),
  ...number(
    'ieee754_32',
    'real',
    4,
    (view, value: number) => view.setFloat32(0, value),
    (view) => view.getFloat32(0),
  ),
]
