import { createHmac } from 'node:crypto'
import { MillraceError } from '../../../spi/error.js'
import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'
import { ALGORITHMS } from './digests.js'

export const hmacs: readonly FunctionDefinition[] = ALGORITHMS.map((name) =>
  scalarFunction({
    name: `hmac_${name}`,
    description: `The HMAC of bytes with a key, by ${name}`,
    overloads: [
      {
        args: ['varbinary', 'varbinary'],
        returns: 'varbinary',
        evaluate: (bytes: Uint8Array, key: Uint8Array) => {
          if (key.length === 0) throw new MillraceError('GENERIC_INTERNAL_ERROR', 'Empty key')
          return new Uint8Array(createHmac(name, key).update(bytes).digest())
        },
      },
    ],
  }),
)
