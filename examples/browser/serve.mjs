// Streams live queries into a page: `node examples/browser/serve.mjs`, after npm run build, then open what it prints.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const TYPES = { html: 'text/html', js: 'text/javascript', json: 'application/json' }

let serverUrl = ''
const pages = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  const send = (content, name) => {
    response.writeHead(200, { 'Content-Type': TYPES[name.split('.').at(-1)] ?? 'text/plain' })
    response.end(content)
  }
  try {
    if (pathname === '/server.json') send(JSON.stringify({ server: serverUrl }), pathname)
    else if (pathname.startsWith('/client/')) {
      send(await readFile(new URL(`dist/browser/${basename(pathname)}`, root)), pathname)
    } else send(await readFile(new URL('index.html', import.meta.url)), 'index.html')
  } catch (error) {
    response.writeHead(error.code === 'ENOENT' ? 404 : 500).end(error.message)
  }
})
pages.listen(Number(process.env.PORT ?? 0), '127.0.0.1')
await once(pages, 'listening')
const page = `http://127.0.0.1:${pages.address().port}`

// The page's origin is another than the server's: it has to be let in.
const etc = await mkdtemp(join(tmpdir(), 'millrace-browser-'))
await mkdir(join(etc, 'catalog'))
await writeFile(
  join(etc, 'config.properties'),
  `http-server.http.port=0\nstream.allowed-origins=${page}\n`,
)
await writeFile(join(etc, 'catalog/tpch.properties'), 'connector.name=tpch\n')
const server = spawn(
  process.execPath,
  [fileURLToPath(new URL('dist/cli/main.js', root)), 'server', '--etc-dir', etc],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
const stop = async () => {
  server.kill()
  pages.closeAllConnections()
  pages.close()
  await rm(etc, { recursive: true, force: true })
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
for await (const line of createInterface(server.stdout)) {
  const match = /^millrace: http(.*)$/.exec(line)
  if (match === null) continue
  serverUrl = `ws${match[1]}`
  console.log(`open ${page}`)
}
