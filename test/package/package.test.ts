import { readdirSync, readFileSync, statSync } from 'node:fs'
import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { ROOT } from '../support/build.js'
import { type Installed, installPacked, productionPackages, run } from './installed.js'

const BIN = join(ROOT, 'node_modules', '.bin')
const LIMIT_BYTES = 40e6
const DISK_BLOCK_BYTES = 4096

const MANIFEST: {
  readonly exports: Readonly<Record<string, unknown>>
  readonly scripts: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const ENTRIES = Object.keys(MANIFEST.exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => join('millrace', entry))
let installed: Installed

beforeAll(async () => {
  installed = await installPacked()
})
afterAll(() => rm(installed.folder, { recursive: true, force: true }))

/** Whether `20` or `20.5` is not after the version of `>=20.19`. */
function isAtMost(version: string, range: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = range.replace('>=', '').split('.').map(Number)
  return major < ownMajor || (major === ownMajor && minor <= ownMinor)
}

const evaluate = async (program: string): Promise<string> => {
  const args = ['--input-type=module', '--eval', program]
  return (await run(process.execPath, args, { cwd: installed.folder })).stdout
}

describe('the packed package', () => {
  it('holds the bundle, its types and the pages about it', () => {
    const outside = installed.files.filter((file) => !/^dist\/.+\.(js|d\.ts)$/.test(file))
    expect(outside).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  })

  it('passes publint', async () => {
    const args = [
      'run',
      '--strict',
      '--pack',
      'false',
      join(installed.folder, 'node_modules/millrace'),
    ]
    expect((await run(join(BIN, 'publint'), args)).stdout).toContain('All good!')
  })

  it('passes arethetypeswrong', async () => {
    const { stdout } = await run(join(BIN, 'attw'), [
      installed.tarball,
      '--profile',
      'esm-only',
      '--format',
      'json',
    ])
    const report: { readonly analysis: { readonly entrypoints: object } } = JSON.parse(stdout)
    const entries = Object.keys(MANIFEST.exports)
    expect(Object.keys(report.analysis.entrypoints).sort()).toEqual(entries.sort())
  })

  it('brings nothing that compiles, downloads or runs at install', async () => {
    const packages = await productionPackages()
    expect(packages.length).toBeGreaterThan(20)
    expect(packages.filter((entry) => entry.hasInstallScript)).toEqual([])
    expect(Object.keys(MANIFEST.scripts).filter((name) => /install|^prepare$/.test(name))).toEqual(
      [],
    )
  })

  // npm warns of each, and refuses to install it where engine-strict is set.
  it('brings nothing that is for newer versions of Node than it says itself', async () => {
    const tooNew = (await productionPackages()).filter(({ node }) => {
      const least = node.split('||').map((range) => /\d+(\.\d+)?/.exec(range)?.[0] ?? '0')
      return least.every((version) => !isAtMost(version, MANIFEST.engines.node))
    })
    expect(tooNew).toEqual([])
  })

  it(`takes less than ${LIMIT_BYTES / 1e6} MB of disk with all that it needs`, () => {
    const files = readdirSync(join(installed.folder, 'node_modules'), {
      recursive: true,
      withFileTypes: true,
    }).filter((entry) => entry.isFile())
    const bytes = files.reduce((total, entry) => {
      const { size } = statSync(join(entry.parentPath, entry.name))
      return total + Math.ceil(size / DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES
    }, 0)
    expect(bytes).toBeLessThan(LIMIT_BYTES)
  })

  it('type-checks in a strict program without skipLibCheck, and does what its types say', async () => {
    await cp(join(ROOT, 'test/package/consumer'), join(installed.folder, 'program'), {
      recursive: true,
    })
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2022', 'ESNext.Disposable'],
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      types: [],
    }
    const config = { compilerOptions, include: ['program'] }
    await writeFile(join(installed.folder, 'tsconfig.json'), JSON.stringify(config))
    const checked = await run(join(BIN, 'tsc'), ['-p', installed.folder]).catch((error) => error)
    expect(checked.stdout).toBe('')
    const { stdout } = await run(process.execPath, ['program/app.js'], { cwd: installed.folder })
    expect(JSON.parse(stdout)).toEqual([
      ['bigint', 'bigint'],
      '13',
      true,
      4,
      [{ x: 5 }],
      'SYNTAX_ERROR',
      'object',
    ])
  })

  test.each([
    'millrace/dist/index.js',
    'millrace/dist/spi/index.js',
    'millrace/dist/types/index.d.ts',
    'millrace/engine',
    'millrace/cli',
  ])('%s is out of reach', async (specifier) => {
    const program = `import(${JSON.stringify(specifier)}).catch((error) => console.log(error.code))`
    expect(await evaluate(program)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })
})

/** Packages that a program has loaded, by its module loaders: both ask the hook for what they resolve. */
const LOADED = `
import { createRequire, register } from 'node:module'
import { MessageChannel } from 'node:worker_threads'
const { port1, port2 } = new MessageChannel()
const hooks = \`
let port
export const initialize = (data) => { port = data.port }
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context)
  port.postMessage(resolved.url)
  return resolved
}\`
const urls = new Set()
port1.on('message', (url) => urls.add(url))
port1.unref()
register('data:text/javascript,' + encodeURIComponent(hooks), { data: { port: port2 }, transferList: [port2] })
`
const REPORT = `
await new Promise((resolve) => setTimeout(resolve, 50))
for (const file of Object.keys(createRequire(import.meta.url).cache)) urls.add(file)
const packages = [...urls].flatMap((url) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? [])
console.log(JSON.stringify([...new Set(packages)].sort()))
`
const OWN_BYTES = `
await new Promise((resolve) => setTimeout(resolve, 50))
const { statSync } = await import('node:fs')
const { fileURLToPath } = await import('node:url')
const own = [...urls].filter((url) => url.includes('/node_modules/millrace/'))
console.log(own.reduce((bytes, url) => bytes + statSync(fileURLToPath(url)).size, 0))
`
/** Bytes of the package's own modules that a program has loaded. */
const bytesOf = async (program: string): Promise<number> =>
  Number(await evaluate(`${LOADED}${program}${OWN_BYTES}`))

const packagesOf = async (program: string): Promise<readonly string[]> =>
  JSON.parse(await evaluate(`${LOADED}${program}${REPORT}`))

describe('what is loaded', () => {
  test.each(ENTRIES)('by a bare import of %s: nothing else', async (specifier) => {
    expect(await packagesOf(`await import(${JSON.stringify(specifier)})`)).toEqual(['millrace'])
  })
  it('by an engine that answers: nothing else', async () => {
    const program = `
      const { Millrace } = await import('millrace')
      const engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
      await engine.query('SELECT count(*) FROM tpch.tiny.nation').all()
      await engine.close()`
    expect(await packagesOf(program)).toEqual(['millrace'])
  })
  // Compiling a megabyte takes some 30 ms of every program that starts.
  it('by an engine that was only made: a third of what one that answers has', async () => {
    const create = `
      const { Millrace } = await import('millrace')
      const engine = await Millrace.create({ threads: 0 })`
    const close = 'await engine.close()'
    const [made, answering, client] = await Promise.all([
      bytesOf(`${create}\n${close}`),
      bytesOf(`${create}\nawait engine.query('SELECT 1').all()\n${close}`),
      bytesOf(`await import('millrace/client')`),
    ])
    expect(answering).toBeGreaterThan(2e6)
    expect(made).toBeLessThan(1.2e6)
    expect(client).toBeLessThan(1e5)
  })
  it('by those that ask for more: that', async () => {
    const program = `
      const { Millrace } = await import('millrace')
      const engine = await Millrace.create({ threads: 0 })
      for await (const batch of engine.query('SELECT 1').arrow()) if (batch.numRows !== 1) throw batch
      await engine.query('SELECT 1').highland().collect().toPromise(Promise)
      await engine.close()`
    const loaded = await packagesOf(program)
    expect(loaded).toContain('apache-arrow')
    expect(loaded).toContain('highland')
    expect(loaded).not.toContain('fastify')
  })
})
