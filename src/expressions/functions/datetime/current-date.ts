import { floorDivide, PICOS_PER_DAY } from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'

export const currentDate = scalarFunction({
  name: 'current_date',
  description: 'The day on which the query started, in the zone of the session',
  overloads: [
    {
      args: [],
      returns: 'date',
      bind: ({ session }) => {
        const local = localPicos({ picos: session.startPicos, zone: session.timeZone })
        return () => Number(floorDivide(local, PICOS_PER_DAY))
      },
    },
  ],
})
