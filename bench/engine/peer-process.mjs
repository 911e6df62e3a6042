import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const LOAD_DEADLINE_MILLIS = 900_000
export const RESIDENT_SAMPLE_MILLIS = 50

/** Of a run that did not come to its end: `kind` is 'unsupported', 'failed' or 'deadline'. */
export class PeerError extends Error {
  constructor(kind, message) {
    super(message)
    this.kind = kind
  }
}

/**
 * An engine in a process of its own. After a run that passed its deadline or took the process down, the next one starts a
 * new process and loads the tables again.
 */
export class Peer {
  #child
  #options
  #ended

  /**
   * @param options for the peer's `load`: suite, scaleFactor, threads, parquet …; `program` names its file, `environment` adds
   * to the process's
   */
  static async start(name, options) {
    const peer = new Peer(name, options)
    await peer.#load()
    return peer
  }

  constructor(name, options) {
    this.name = name
    this.#options = options
  }

  get pid() {
    return this.#child?.pid
  }

  async #load() {
    const { program = this.name, environment = {}, ...message } = this.#options
    this.#child = fork(join(here, '..', 'peers', `${program}.mjs`), {
      serialization: 'advanced',
      env: { ...process.env, ...environment },
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) =>
        resolve(`ended with ${signal ?? `status ${code}`}`),
      )
    })
    const { version, loadMillis, residentBytes } = await this.#ask(
      { kind: 'load', ...message },
      LOAD_DEADLINE_MILLIS,
    )
    Object.assign(this, { version, loadMillis, residentBytes })
  }

  /** @returns `{ rows, elapsedMillis, … }` @throws PeerError */
  async query(sql, { deadlineMillis = 120_000, ...message } = {}) {
    if (this.#child === undefined) await this.#load()
    return this.#ask({ kind: 'query', sql, ...message }, deadlineMillis)
  }

  async #ask(message, deadlineMillis) {
    const child = this.#child
    let timer
    const deadline = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ deadline: true }), deadlineMillis)
    })
    const answer = new Promise((resolve) => child.once('message', resolve))
    const exit = this.#ended.then((how) => ({ gone: how }))
    child.send(message, () => undefined)
    const result = await Promise.race([answer, exit, deadline])
    clearTimeout(timer)
    if (result.deadline || result.gone !== undefined) {
      await this.close()
      throw result.deadline
        ? new PeerError('deadline', `over ${deadlineMillis / 1000} s`)
        : new PeerError('failed', `${this.name} ${result.gone}`)
    }
    if (result.unsupported !== undefined) throw new PeerError('unsupported', result.unsupported)
    if (result.error !== undefined) throw new PeerError('failed', `${this.name}: ${result.error}`)
    return result
  }

  /** Samples the process's resident memory until the returned function is called, which gives the largest. */
  sampleResident() {
    const { pid } = this
    let largest = residentBytes(pid)
    const timer = setInterval(() => {
      largest = Math.max(largest, residentBytes(pid))
    }, RESIDENT_SAMPLE_MILLIS)
    return () => {
      clearInterval(timer)
      return Math.max(largest, residentBytes(pid))
    }
  }

  async close() {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    child.kill('SIGKILL')
    await this.#ended
  }
}

const PAGE_BYTES = 4096

/** Resident memory of a process, seen from outside: a busy event loop can't hide it. Linux; elsewhere 0. */
export function residentBytes(pid) {
  const file = `/proc/${pid}/statm`
  if (pid === undefined || !existsSync(file)) return 0
  return Number(readFileSync(file, 'utf8').split(' ')[1]) * PAGE_BYTES
}
