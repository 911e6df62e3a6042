import { invalidArgument } from '../../errors.js'
import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'

/** A URI by RFC 2396, as java.net.URI takes it apart; undefined where it is none. */
interface Uri {
  readonly scheme: string | undefined
  readonly authority: string | undefined
  readonly path: string | undefined
  readonly query: string | undefined
  readonly fragment: string | undefined
}

const ALLOWED = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9a-fA-F]{2}|[^\0-\x7f\x80-\xa0])*$/

export function parseUri(text: string): Uri | undefined {
  if (!ALLOWED.test(text)) return undefined
  const match =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text)
  if (match === null) return undefined
  const [, scheme, authority, path, query, fragment] = match
  if (scheme === undefined && /^[^/?#:]*:/.test(text)) return undefined
  if (authority === '' && path === '' && !/[?#]/.test(text)) return undefined
  const isOpaque = scheme !== undefined && authority === undefined && !path!.startsWith('/')
  if (isOpaque && path === '') return undefined
  if (!isOpaque && /[[\]]/.test(path!)) return undefined
  return {
    scheme,
    authority,
    path: isOpaque ? undefined : path,
    query: isOpaque ? undefined : query,
    fragment,
  }
}

/** Decodes escapes; what is malformed becomes a replacement character. */
function decoded(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('%')) return text
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

const SERVER =
  /^(?:[^@]*@)?((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?|\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:.]+\])(?::(\d*))?$/

export const serverOf = ({ authority }: Uri) =>
  authority === undefined ? undefined : (SERVER.exec(authority) ?? undefined)

const part = (
  name: string,
  description: string,
  pick: (uri: Uri) => string | undefined,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [
      {
        args: ['varchar(x)'],
        returns: 'varchar(x)',
        evaluate: (text: string) => {
          const uri = parseUri(text)
          return uri === undefined ? null : (pick(uri) ?? '')
        },
      },
    ],
  })

export const formDecoded = (text: string): string => decodeForm(text.replaceAll('+', ' '))

function decodeForm(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2})(.?.?)/.exec(text)
  if (bad !== null) {
    if (bad[1]!.length < 2) {
      return invalidArgument('URLDecoder: Incomplete trailing escape (%) pattern')
    }
    const digit = /[^0-9a-fA-F]/.exec(bad[1]!)![0]
    return invalidArgument(
      `URLDecoder: Illegal hex characters in escape (%) pattern - not a hexadecimal digit: "${digit}" = ${digit.codePointAt(0)}`,
    )
  }
  return decoded(text)!
}

export const urlParts: readonly FunctionDefinition[] = [
  part('url_extract_protocol', 'The protocol of a URL', (uri) => uri.scheme),
  part('url_extract_host', 'The host of a URL', (uri) => serverOf(uri)?.[1]),
  part('url_extract_path', 'The path of a URL', (uri) => decoded(uri.path)),
  part('url_extract_query', 'The query of a URL', (uri) => decoded(uri.query)),
  part('url_extract_fragment', 'The fragment of a URL', (uri) => decoded(uri.fragment)),
]
