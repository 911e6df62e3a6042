import { scalarFunction } from '../../function-definition.js'

export const urlEncode = scalarFunction({
  name: 'url_encode',
  description: 'The string with everything escaped that a URL gives a meaning',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'varchar(y)',
      calculate: ({ x }) => ({ y: Math.min(2_147_483_647, x! * 12) }),
      evaluate: (text: string) =>
        encodeURIComponent(text)
          .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
          .replaceAll('%20', '+'),
    },
  ],
})
