import { fork } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** Starts an engine in a process of its own and loads its tables. */
export async function startPeer(name, options) {
  const child = fork(join(here, 'peers', `${name}.mjs`), { serialization: 'advanced' })
  const exited = new Promise((_, reject) => {
    child.once('exit', (code) => reject(new Error(`${name} ended with status ${code}`)))
  })
  exited.catch(() => undefined)
  const ask = async (message) => {
    const answer = new Promise((resolve) => child.once('message', resolve))
    child.send(message)
    const result = await Promise.race([answer, exited])
    if (result.error !== undefined) throw new Error(`${name}: ${result.error}`)
    return result
  }
  const loaded = await ask({ kind: 'load', ...options })
  return {
    name,
    ...loaded,
    query: (sql) => ask({ kind: 'query', sql }),
    close: () => {
      child.removeAllListeners('exit')
      child.kill()
    },
  }
}
