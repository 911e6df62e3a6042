// A reporter of vitest that ends what hangs. A test that waits is ended by its own timeout; one that loops without
// giving the event loop a turn, or a file that waits while it is being loaded, is not, and the run would never end.
// Says which tests run when nothing has been reported for a while, prints where each worker process is, and kills them.
import { readdirSync, readFileSync } from 'node:fs'
import { WebSocket } from 'ws'

/** More than the longest timeout of a test or hook. */
const SILENCE_MILLIS = 6 * 60_000
const CHECK_MILLIS = 10_000
/** For a worker process to open its inspector, and then to say where it is. */
const INSPECTOR_MILLIS = 5_000
/** Where node's inspector listens after SIGUSR1. */
const INSPECTOR_URL = 'http://127.0.0.1:9229/json/list'

export default class HangReporter {
  #running = new Map()
  #lastEvent = Date.now()
  #timer

  onTestRunStart() {
    this.#lastEvent = Date.now()
    this.#timer = setInterval(() => this.#check(), CHECK_MILLIS)
    this.#timer.unref()
  }

  onTestRunEnd() {
    clearInterval(this.#timer)
  }

  onTestModuleQueued(module) {
    this.#note(module.id, `${module.relativeModuleId} (being loaded)`)
  }

  onTestModuleStart(module) {
    this.#note(module.id, module.relativeModuleId)
  }

  onTestCaseReady(testCase) {
    this.#note(testCase.id, `${testCase.module.relativeModuleId} > ${testCase.fullName}`)
  }

  onTestCaseResult(testCase) {
    this.#done(testCase.id)
  }

  onTestModuleEnd(module) {
    this.#done(module.id)
  }

  #note(id, name) {
    this.#lastEvent = Date.now()
    this.#running.set(id, name)
  }

  #done(id) {
    this.#lastEvent = Date.now()
    this.#running.delete(id)
  }

  async #check() {
    if (Date.now() - this.#lastEvent < SILENCE_MILLIS) return
    clearInterval(this.#timer)
    console.error(`\nNothing was reported for ${SILENCE_MILLIS / 60_000} minutes. Running:`)
    for (const name of this.#running.values()) console.error(`  ${name}`)
    // One after the other, since all open their inspectors at the same port.
    for (const pid of workerProcesses()) {
      console.error(`process ${pid} ${await whereIs(pid)}`)
      signal(pid, 'SIGKILL')
    }
    this.onTestRunStart()
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** The processes that vitest runs test files in, where the system has /proc. */
function workerProcesses() {
  const parentOf = (pid) => {
    try {
      // pid (name) state ppid …, where the name may hold anything but ends at the last bracket.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    } catch {
      // It has ended since the folder was listed.
      return 0
    }
  }
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === process.pid)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('vitest'))
}

/** What a process is doing, or why that can't be told: its JavaScript stack, asked for through its inspector. */
async function whereIs(pid) {
  signal(pid, 'SIGUSR1')
  try {
    const frames = await callFrames(await inspectorUrl())
    if (frames === undefined) return 'runs no JavaScript: it waits'
    return `is at\n${frames.join('\n')}`
  } catch (error) {
    return `does not say where it is: ${error.message}`
  }
}

async function inspectorUrl() {
  const deadline = Date.now() + INSPECTOR_MILLIS
  for (;;) {
    try {
      const [target] = await (await fetch(INSPECTOR_URL)).json()
      return target.webSocketDebuggerUrl
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** The stack of the process behind an inspector; undefined if it runs nothing within the time. */
function callFrames(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const timer = setTimeout(() => finish(undefined), INSPECTOR_MILLIS)
    const files = new Map()
    const finish = (frames) => {
      clearTimeout(timer)
      socket.terminate()
      resolve(frames)
    }
    socket.on('error', reject)
    socket.on('open', () => {
      socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }))
      socket.send(JSON.stringify({ id: 2, method: 'Debugger.pause' }))
    })
    socket.on('message', (text) => {
      const { method, params } = JSON.parse(text)
      if (method === 'Debugger.scriptParsed') files.set(params.scriptId, params.url)
      if (method === 'Debugger.paused') {
        finish(
          params.callFrames.map(
            ({ functionName, location: { scriptId, lineNumber } }) =>
              `    ${functionName || '(anonymous)'} ${files.get(scriptId)}:${lineNumber + 1}`,
          ),
        )
      }
    })
  })
}
