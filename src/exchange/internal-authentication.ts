import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { MillraceError } from '../spi/index.js'

/**
 * How nodes show each other that they know `internal-communication.shared-secret`: a JSON web token signed with it, short
 * lived, as Trino's nodes send it.
 * @source Trino InternalAuthenticationManager; RFC 7519
 */
export const INTERNAL_TOKEN_HEADER = 'x-trino-internal-bearer'

const TOKEN_SECONDS = 5 * 60
/** Clocks of nodes may differ by this much. */
const LEEWAY_SECONDS = 60
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')

const keyOf = (sharedSecret: string): Buffer => createHash('sha256').update(sharedSecret).digest()

/** The proof of a text under the secret. */
export const internalSignature = (sharedSecret: string, text: string): string =>
  createHmac('sha256', keyOf(sharedSecret)).update(text).digest('base64url')

export interface InternalToken {
  readonly nodeId: string
  readonly nonce: string
}

export function signInternalToken(sharedSecret: string, { nodeId, nonce }: InternalToken): string {
  const expires = Math.floor(Date.now() / 1000) + TOKEN_SECONDS
  const claims = JSON.stringify({ sub: nodeId, jti: nonce, exp: expires })
  const text = `${HEADER}.${Buffer.from(claims).toString('base64url')}`
  return `${text}.${internalSignature(sharedSecret, text)}`
}

/**
 * @throws PERMISSION_DENIED for a token that is missing, not signed with the secret, too old, or of a clock that is ahead of this
 * node's: its node would refuse this one's tokens
 */
export function verifyInternalToken(
  sharedSecret: string,
  token: string | undefined,
): InternalToken {
  const [header, claims, signature, ...more] = (token ?? '').split('.')
  if (signature === undefined || more.length > 0 || header !== HEADER) {
    throw denied('No token of a node of this cluster')
  }
  if (!sameText(signature, internalSignature(sharedSecret, `${header}.${claims}`))) {
    throw denied('The token was signed with another secret')
  }
  const { sub, jti, exp } = JSON.parse(Buffer.from(claims!, 'base64url').toString())
  const leftSeconds = Number(exp) - Date.now() / 1000
  if (!(leftSeconds >= -LEEWAY_SECONDS && leftSeconds <= TOKEN_SECONDS + LEEWAY_SECONDS)) {
    const aheadSeconds = Math.round(leftSeconds - TOKEN_SECONDS)
    throw new MillraceError(
      'PERMISSION_DENIED',
      aheadSeconds < 0
        ? `Token of node ${sub} is too old, in seconds by this node's clock: ${-aheadSeconds}`
        : `Token of node ${sub} is ahead of this node's clock, in seconds: ${aheadSeconds}`,
      { hint: 'Set the clocks of all nodes alike' },
    )
  }
  return { nodeId: String(sub), nonce: String(jti) }
}

/** Compares without telling by its time where texts differ. */
export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const denied = (message: string): MillraceError =>
  new MillraceError('PERMISSION_DENIED', message, {
    hint: 'Set the same internal-communication.shared-secret on all nodes',
  })
