// Installs the clients that test/clients runs, by the package managers of their languages, into a folder of its own
// (MILLRACE_CLIENTS, else millrace/clients in the user's cache folder), and says what it could not install and why.
// The tests run what is there and skip the rest.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const TRINO_VERSION = '476'
const PYTHON_PACKAGES = ['trino==0.340.0', 'sqlalchemy==2.1.9']

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const folder = process.env.MILLRACE_CLIENTS ?? join(cache, 'millrace', 'clients')
mkdirSync(folder, { recursive: true })

const run = (command, args) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${command} could not be started: ${error.message}`)
  if (status !== 0) {
    const lines = `${stdout}\n${stderr}`.trim().split('\n')
    throw new Error(`${command} ended with ${status}: ${lines.slice(-3).join(' ')}`)
  }
}

function installPython() {
  const venv = join(folder, 'venv')
  const stamp = join(venv, 'installed')
  const wanted = PYTHON_PACKAGES.join('\n')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  rmSync(venv, { recursive: true, force: true })
  run('python3', ['-m', 'venv', venv])
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  run(join(venv, 'bin', 'python'), [...pip, ...PYTHON_PACKAGES])
  writeFileSync(stamp, wanted)
}

function installJar(artifact, file) {
  if (existsSync(join(folder, file))) return
  const target = [`-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]
  run('mvn', ['--quiet', '--batch-mode', 'dependency:copy', ...target])
}

const clients = [
  ["Python's trino and SQLAlchemy", installPython],
  [
    'the JDBC driver',
    () => installJar(`io.trino:trino-jdbc:${TRINO_VERSION}`, `trino-jdbc-${TRINO_VERSION}.jar`),
  ],
  [
    'the command line',
    () =>
      installJar(
        `io.trino:trino-cli:${TRINO_VERSION}:jar:executable`,
        `trino-cli-${TRINO_VERSION}-executable.jar`,
      ),
  ],
]
for (const [name, install] of clients) {
  try {
    install()
    console.log(`clients: installed ${name}`)
  } catch (error) {
    console.log(`clients: skipped ${name}: ${error.message}`)
  }
}
