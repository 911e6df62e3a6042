import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import { STREAM_VERSION } from '../stream/messages.js'

/** `1.23h` of a duration, in the largest unit that leaves at least one. @source airlift Duration.toString */
export function durationText(millis: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const
  const [unit, size] = units.find(([, millisOfUnit]) => millis >= millisOfUnit) ?? ['ms', 1]
  return `${(millis / size).toFixed(2)}${unit}`
}

/** What the node says of itself. @source Trino ServerInfoResource, StatusResource */
export function infoRoutes(server: FastifyInstance, engine: Engine, isCoordinator: boolean): void {
  const startedMillis = Date.now()
  const uptime = () => durationText(Date.now() - startedMillis)
  const { version, environment, nodeId } = engine.services

  server.get('/v1/info', (_, reply) => {
    // Clients that know the stream prefer it.
    if (isCoordinator) reply.header('X-Millrace-Stream', String(STREAM_VERSION))
    reply.send({
      nodeVersion: { version },
      environment,
      coordinator: isCoordinator,
      starting: false,
      uptime: uptime(),
    })
  })
  server.get('/v1/info/coordinator', (_, reply) => {
    reply.code(isCoordinator ? 200 : 404).send()
  })
  server.get('/v1/status', (_, reply) => {
    const memory = process.memoryUsage()
    reply.send({
      nodeId,
      nodeVersion: { version },
      environment,
      coordinator: isCoordinator,
      uptime: uptime(),
      externalAddress: '127.0.0.1',
      internalAddress: '127.0.0.1',
      processors: engine.threadCount,
      heapUsed: memory.heapUsed,
      heapAvailable: memory.heapTotal,
      nonHeapUsed: memory.external,
    })
  })
}
