import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_MILLI } from '../../../values/civil.js'
import { scalarFunction } from '../../function-definition.js'
import { instantOfLocal } from '../../value/temporal-parse.js'

const secondsOf = (picos: bigint): number =>
  Number(picos / PICOS_PER_MILLI) / 1000 + Number(picos % PICOS_PER_MILLI) / 1e12

export const toUnixtime = scalarFunction({
  name: 'to_unixtime',
  description: 'The seconds since 1970 of a timestamp',
  overloads: [
    {
      args: ['timestamp(p)'],
      returns: 'double',
      bind:
        ({ session }) =>
        (picos: bigint) =>
          secondsOf(instantOfLocal(picos, session.timeZone)),
    },
    {
      args: ['timestamp(p) with time zone'],
      returns: 'double',
      neverFails: true,
      evaluate: ({ picos }: ZonedTimestamp) => secondsOf(picos),
    },
  ],
})
