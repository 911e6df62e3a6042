import { MillraceError } from '../../../spi/error.js'
import { ERROR_CODES } from '../../../spi/error-codes.js'
import { scalarFunction } from '../../function-definition.js'

/**
 * Raises the error of a number with a message: what plans use for checks of their own.
 * @source Trino FailureFunction
 */
export const fail = scalarFunction({
  name: 'fail',
  description: 'Raises an error',
  hidden: true,
  overloads: [
    {
      args: ['varchar'],
      returns: 'unknown',
      evaluate: (message: string) => {
        throw new MillraceError('GENERIC_USER_ERROR', message)
      },
    },
    {
      args: ['integer', 'varchar'],
      returns: 'unknown',
      bind: () => (number, message) => {
        const code = Object.entries(ERROR_CODES).find(([, [n]]) => n === number)?.[0]
        throw new MillraceError(code ?? 'GENERIC_USER_ERROR', message as string)
      },
    },
  ],
})
