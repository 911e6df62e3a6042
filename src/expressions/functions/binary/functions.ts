import type { FunctionDefinition } from '../../function-definition.js'
import { crc32 } from './crc32.js'
import { digests } from './digests.js'
import { fromUtf8 } from './from-utf8.js'
import { hmacs } from './hmacs.js'
import { murmur3Digest } from './murmur3.js'
import { numberEncodings } from './number-encodings.js'
import { textEncodings } from './text-encodings.js'
import { toUtf8 } from './to-utf8.js'

export const BINARY_FUNCTIONS: readonly FunctionDefinition[] = [
  crc32,
  ...digests,
  fromUtf8,
  ...hmacs,
  murmur3Digest,
  ...numberEncodings,
  ...textEncodings,
  toUtf8,
]
