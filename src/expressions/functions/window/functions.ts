import type { FunctionDefinition } from '../../function-definition.js'
import { cumeDist } from './cume-dist.js'
import { denseRank } from './dense-rank.js'
import { firstValue } from './first-value.js'
import { lag } from './lag.js'
import { lastValue } from './last-value.js'
import { lead } from './lead.js'
import { nthValue } from './nth-value.js'
import { ntile } from './ntile.js'
import { percentRank } from './percent-rank.js'
import { rank } from './rank.js'
import { rowNumber } from './row-number.js'

export const WINDOW_FUNCTIONS: readonly FunctionDefinition[] = [
  cumeDist,
  denseRank,
  firstValue,
  lag,
  lastValue,
  lead,
  nthValue,
  ntile,
  percentRank,
  rank,
  rowNumber,
]
