import { floorDivide } from '../../../values/civil.js'
import { scalarFunction } from '../../function-definition.js'

export const now = scalarFunction({
  name: 'now',
  description: 'The instant the query started',
  overloads: [
    {
      args: [],
      returns: 'timestamp(3) with time zone',
      bind: ({ session }) => {
        const unit = 1_000_000_000n
        const picos = floorDivide(session.startPicos + unit / 2n, unit) * unit
        return () => ({ picos, zone: session.timeZone })
      },
    },
  ],
})
