/** Both processes are nodes of one cluster. */
export const identity = (nodeId) => ({
  nodeId,
  instanceId: nodeId,
  version: 'bench',
  environment: 'bench',
  sharedSecret: 'bench',
})

const build = new URL('../../build/', import.meta.url)

/** Modules of the exchange, which no bundle exports. */
export const loadExchange = (names) =>
  Promise.all(names.map((name) => import(new URL(`exchange/${name}.js`, build))))
