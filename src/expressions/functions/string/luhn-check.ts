import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const luhnCheck = scalarFunction({
  name: 'luhn_check',
  description: 'Tells whether digits end with their Luhn check digit',
  overloads: [
    {
      args: ['varchar'],
      returns: 'boolean',
      evaluate: (digits: string) => {
        if (digits === '') return false
        if (!/^\d*$/.test(digits)) return invalidArgument('')
        let sum = 0
        for (let i = 0; i < digits.length; i++) {
          const digit = Number(digits[digits.length - 1 - i])
          const weighted = i % 2 === 1 ? digit * 2 : digit
          sum += weighted > 9 ? weighted - 9 : weighted
        }
        return sum % 10 === 0
      },
    },
  ],
})
