import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT, requireBuild } from '../support/build.js'

export const run = promisify(execFile)

/** A package of the lock file that `npm install --omit=dev --omit=optional` brings. */
export interface LockedPackage {
  /** Where it lies, such as `node_modules/fastify`. */
  readonly path: string
  readonly hasInstallScript: boolean
  /** The versions of Node that it says it needs; empty where it says nothing. */
  readonly node: string
}

interface LockEntry {
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly peer?: boolean
  readonly hasInstallScript?: boolean
  readonly engines?: { readonly node?: string }
}

/** What a user of the package has installed beside it, by the lock file. */
export async function productionPackages(): Promise<readonly LockedPackage[]> {
  const lock: { readonly packages: Readonly<Record<string, LockEntry>> } = JSON.parse(
    await readFile(join(ROOT, 'package-lock.json'), 'utf8'),
  )
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    path === '' || entry.dev || entry.optional || entry.devOptional || entry.peer
      ? []
      : [
          {
            path,
            hasInstallScript: entry.hasInstallScript ?? false,
            node: entry.engines?.node ?? '',
          },
        ],
  )
}

export interface Installed {
  /** Has the package in node_modules; the caller removes it. */
  readonly folder: string
  readonly tarball: string
  /** Files of the tarball, sorted. */
  readonly files: readonly string[]
}

/** Packs the package and puts it into an empty folder with what production needs, as npm would, but from what is there. */
export async function installPacked(): Promise<Installed> {
  requireBuild()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-consumer-'))
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', pack, { cwd: ROOT, maxBuffer: 2 ** 26 })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  const tarball = join(folder, packed.filename)
  const target = join(folder, 'node_modules', 'millrace')
  await mkdir(target, { recursive: true })
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target])
  for (const { path } of await productionPackages()) {
    await cp(join(ROOT, path), join(folder, path), {
      recursive: true,
      // Packages that npm nests in another are listed by themselves.
      filter: (source) => !source.slice(join(ROOT, path).length).includes('node_modules'),
    })
  }
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  return { folder, tarball, files: packed.files.map((file) => file.path).sort() }
}
