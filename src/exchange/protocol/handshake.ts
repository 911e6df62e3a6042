import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { MillraceError } from '../../spi/index.js'
import {
  INTERNAL_TOKEN_HEADER,
  internalSignature,
  sameText,
  signInternalToken,
  verifyInternalToken,
} from '../internal-authentication.js'
import { FRAME_VERSION } from './frame.js'

export const EXCHANGE_PATH = '/v1/exchange'

/** Who a node is to the others. */
export interface NodeIdentity {
  readonly nodeId: string
  /** New with every start of the process: streams of another instance are gone. */
  readonly instanceId: string
  readonly version: string
  readonly environment: string
  /** internal-communication.shared-secret; without one nodes are not asked for a token. */
  readonly sharedSecret?: string
}

const Header = {
  frameVersion: 'x-millrace-exchange',
  version: 'x-millrace-version',
  environment: 'x-millrace-environment',
  node: 'x-millrace-node',
  instance: 'x-millrace-instance',
  proof: 'x-millrace-proof',
} as const

export type Headers = Record<string, string>

const identityHeaders = (node: NodeIdentity): Headers => ({
  [Header.frameVersion]: String(FRAME_VERSION),
  [Header.version]: node.version,
  [Header.environment]: node.environment,
  [Header.node]: node.nodeId,
  [Header.instance]: node.instanceId,
})

/** What a consumer sends with its upgrade request. */
export function requestHeaders(node: NodeIdentity): {
  readonly headers: Headers
  readonly nonce: string
} {
  const nonce = randomUUID()
  const headers = identityHeaders(node)
  if (node.sharedSecret !== undefined) {
    headers[INTERNAL_TOKEN_HEADER] = signInternalToken(node.sharedSecret, {
      nodeId: node.nodeId,
      nonce,
    })
  }
  return { headers, nonce }
}

/**
 * Checks a consumer's request and makes the headers of the answer.
 * @throws PERMISSION_DENIED for a wrong secret, CONFIGURATION_INVALID for a node of another version or environment
 */
export function acceptRequest(node: NodeIdentity, request: IncomingHttpHeaders): Headers {
  const answer = identityHeaders(node)
  if (node.sharedSecret !== undefined) {
    const { nonce } = verifyInternalToken(node.sharedSecret, textOf(request, INTERNAL_TOKEN_HEADER))
    answer[Header.proof] = proofOf(node.sharedSecret, nonce, node.instanceId)
  }
  checkSameCluster(node, request)
  return answer
}

/** The instance that a request comes from. */
export const instanceOf = (request: IncomingHttpHeaders): string =>
  textOf(request, Header.instance) ?? ''

/** Checks a producer's answer. @returns the producer's instance @throws as {@link acceptRequest} */
export function acceptAnswer(
  node: NodeIdentity,
  nonce: string,
  answer: IncomingHttpHeaders,
): { readonly nodeId: string; readonly instanceId: string } {
  const instanceId = textOf(answer, Header.instance) ?? ''
  if (node.sharedSecret !== undefined) {
    const proof = textOf(answer, Header.proof) ?? ''
    if (!sameText(proof, proofOf(node.sharedSecret, nonce, instanceId))) {
      throw new MillraceError('PERMISSION_DENIED', 'The node does not know the shared secret', {
        hint: 'Set the same internal-communication.shared-secret on all nodes',
      })
    }
  }
  checkSameCluster(node, answer)
  return { nodeId: textOf(answer, Header.node) ?? '', instanceId }
}

const proofOf = (sharedSecret: string, nonce: string, instanceId: string): string =>
  internalSignature(sharedSecret, `exchange ${nonce} ${instanceId}`)

function checkSameCluster(node: NodeIdentity, headers: IncomingHttpHeaders): void {
  const other = textOf(headers, Header.node) ?? 'without an id'
  const expected = [
    ['exchange format', Header.frameVersion, String(FRAME_VERSION)],
    ['version', Header.version, node.version],
    ['environment', Header.environment, node.environment],
  ] as const
  for (const [what, header, own] of expected) {
    const theirs = textOf(headers, header)
    if (theirs === own) continue
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `Node ${other} is of another ${what} than ${own}: ${theirs ?? 'none'}`,
      { hint: `All nodes of a cluster have one ${what}` },
    )
  }
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
