import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import {
  INTERNAL_TOKEN_HEADER,
  verifyInternalToken,
} from '../../exchange/internal-authentication.js'
import { MillraceError, toMillraceError } from '../../spi/index.js'
import type { ClusterNode } from '../cluster/cluster-node.js'
import type { NodeState } from '../cluster/messages.js'
import { BadRequestError } from '../protocol/headers.js'

const STATES: ReadonlySet<string> = new Set<NodeState>(['ACTIVE', 'DRAINING', 'SHUTTING_DOWN'])

/**
 * The nodes of the cluster, and the state of this one, by which a worker is asked to leave.
 * @source Trino ServerInfoResource, NodeResource
 */
export function nodeRoutes(
  server: FastifyInstance,
  engine: Engine,
  node: () => ClusterNode | undefined,
  onDrained: () => void,
  sharedSecret: string | undefined,
): void {
  server.get('/v1/info/state', (_, reply) => {
    reply.type('application/json').send(JSON.stringify(node()?.state ?? 'ACTIVE'))
  })

  server.put('/v1/info/state', (request, reply) => {
    const wanted = stateOf(request.body)
    const worker = node()?.worker
    if (worker === undefined) {
      throw new MillraceError('NOT_SUPPORTED', 'Only workers change their state')
    }
    if (worker.state === 'SHUTTING_DOWN') {
      if (wanted !== 'SHUTTING_DOWN') {
        throw new MillraceError('NOT_SUPPORTED', 'The node is shutting down')
      }
      reply.code(200).send()
      return
    }
    worker.setState(wanted)
    if (wanted === 'DRAINING') {
      worker.drained().then(() => {
        if (worker.state === 'DRAINING') worker.setState('DRAINED')
      })
    }
    if (wanted === 'SHUTTING_DOWN') worker.drained().then(onDrained)
    reply.code(200).send()
  })

  server.get('/v1/task', (request, reply) => {
    if (sharedSecret !== undefined) {
      const token = request.headers[INTERNAL_TOKEN_HEADER]
      try {
        verifyInternalToken(sharedSecret, Array.isArray(token) ? token[0] : token)
      } catch (error) {
        reply.code(401).type('text/plain').send(toMillraceError(error).message)
        return
      }
    }
    reply.send(engine.member.tasks.taskIds)
  })

  server.get('/v1/node', (_, reply) => {
    const nodes = engine.member.cluster?.describe() ?? []
    reply.send(
      nodes.map(({ nodeId, httpUri, version, coordinator, state }) => ({
        nodeId,
        uri: httpUri,
        nodeVersion: version,
        coordinator,
        state,
      })),
    )
  })
}

function stateOf(body: unknown): NodeState {
  let state: unknown
  try {
    state = JSON.parse(String(body))
  } catch {
    state = undefined
  }
  if (typeof state !== 'string' || !STATES.has(state)) {
    throw new BadRequestError(`A state is one of ${[...STATES].join(', ')}, as JSON: ${body}`)
  }
  return state as NodeState
}
