import { scalarFunction } from '../../function-definition.js'

export const translate = scalarFunction({
  name: 'translate',
  description: 'The string with characters of one list replaced by those of another',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)', 'varchar(z)'],
      returns: 'varchar',
      neverFails: true,
      evaluate: (text: string, from: string, to: string) => {
        const targets = [...to]
        const changes = new Map<string, string>()
        for (const [i, character] of [...from].entries()) {
          if (!changes.has(character)) changes.set(character, targets[i] ?? '')
        }
        let result = ''
        for (const character of text) result += changes.get(character) ?? character
        return result
      },
    },
  ],
})
