import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

const FORMS = new Set(['NFD', 'NFC', 'NFKD', 'NFKC'])

const normalForm = (text: string, form: string): string => {
  const name = form.toUpperCase()
  if (!FORMS.has(name)) {
    return invalidArgument('Normalization form must be one of [NFD, NFC, NFKD, NFKC]')
  }
  return text.normalize(name)
}

export const normalize = scalarFunction({
  name: 'normalize',
  description: 'The string in a Unicode normalization form',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'varchar',
      evaluate: normalForm,
    },
    { args: ['varchar(x)'], returns: 'varchar', evaluate: (text: string) => text.normalize('NFC') },
  ],
})
