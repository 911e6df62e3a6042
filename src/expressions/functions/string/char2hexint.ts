import { scalarFunction } from '../../function-definition.js'

export const hexOfCharacters = scalarFunction({
  name: 'char2hexint',
  description: 'The hexadecimal UTF-16 units of a string',
  overloads: [
    {
      args: ['varchar'],
      returns: 'varchar',
      neverFails: true,
      evaluate: (text: string) =>
        Array.from({ length: text.length }, (_, i) =>
          text.charCodeAt(i).toString(16).toUpperCase().padStart(4, '0'),
        ).join(''),
    },
  ],
})
