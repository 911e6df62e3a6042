import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Millrace } from '../../../../src/index.js'

const root = mkdtempSync(join(tmpdir(), 'millrace-git-test-'))
const work = join(root, 'work')
let engine: Millrace

const WHO = {
  GIT_AUTHOR_NAME: 'Ann Müller',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Bob',
  GIT_COMMITTER_EMAIL: 'bob@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}
const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: work, env: { ...process.env, ...WHO }, encoding: 'utf8' }).trim()

function commit(file: string, contents: string | Buffer, message: string, date: string): string {
  writeFileSync(join(work, file), contents)
  git('add', '-A')
  execFileSync('git', ['commit', '-qm', message], {
    cwd: work,
    env: { ...process.env, ...WHO, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  })
  return git('rev-parse', 'HEAD')
}

const rowsOf = (sql: string): Promise<unknown[]> => engine.query(sql).all()
const failure = (sql: string): Promise<unknown> =>
  rowsOf(sql).then(
    () => expect.fail('is no failure'),
    (error: unknown) => error,
  )
const leftOver = (): string[] =>
  readdirSync(tmpdir()).filter((name) => /^millrace-git-(?!test-)/.test(name))

let ids: { first: string; second: string; side: string; merge: string }
beforeAll(async () => {
  mkdirSync(join(work, 'folder'), { recursive: true })
  git('init', '-q', '-b', 'main')
  const first = commit('a.txt', 'one\n', 'First\n\nwith a body', '2024-01-02T03:04:05+05:30')
  git('tag', 'light')
  git('checkout', '-q', '-b', 'side')
  const side = commit('folder/b.bin', Buffer.from([0, 1, 255]), 'Side', '2024-01-03T00:00:00-08:00')
  git('checkout', '-q', 'main')
  const second = commit('c.txt', 'one\n', 'Second: \u{1f600}', '2024-01-04T00:00:00Z')
  git('merge', '-q', '--no-ff', '-m', 'Merge', 'side')
  const merge = git('rev-parse', 'HEAD')
  // What is packed and what is not, a branch that is ahead, tags of each kind.
  git('gc', '-q')
  git('checkout', '-q', '-b', 'ahead')
  commit('a.txt', 'two\n', 'Ahead', '2024-01-05T00:00:00Z')
  git('tag', '-a', 'noted', '-m', 'A note')
  git('tag', 'blob', `${first}:a.txt`)
  git('checkout', '-q', 'main')
  ids = { first, second, side, merge }
  engine = await Millrace.create({
    threads: 0,
    catalogs: { git: { 'connector.name': 'git', 'git.local-root': root } },
  })
})
afterAll(async () => {
  await engine?.close()
  rmSync(root, { recursive: true, force: true })
})

describe('git connector', () => {
  it('shows the commits of all branches and tags', async () => {
    const rows = await rowsOf(
      `SELECT object_id, author_name, author_email, committer_name, committer_email, message,
         parents, tree_id, CAST(commit_time AS varchar) AS at
       FROM git.default.commits WHERE url = '${work}' ORDER BY commit_time LIMIT 2`,
    )
    const shared = {
      author_name: 'Ann Müller',
      author_email: 'ann@example.com',
      committer_name: 'Bob',
      committer_email: 'bob@example.com',
    }
    expect(rows).toEqual([
      {
        ...shared,
        object_id: ids.first,
        message: 'First\n\nwith a body\n',
        parents: [],
        tree_id: git('rev-parse', `${ids.first}^{tree}`),
        at: '2024-01-02 03:04:05 +05:30',
      },
      {
        ...shared,
        object_id: ids.side,
        message: 'Side\n',
        parents: [ids.first],
        tree_id: git('rev-parse', `${ids.side}^{tree}`),
        at: '2024-01-03 00:00:00 -08:00',
      },
    ])
    const all = await rowsOf(`SELECT object_id FROM git.default.commits WHERE url = '${work}'`)
    const expected = git('rev-list', '--branches', '--tags').split('\n')
    expect(all.map((row) => (row as { object_id: string }).object_id).toSorted()).toEqual(
      expected.toSorted(),
    )
  })

  it('shows branches, tags and objects', async () => {
    const where = `WHERE url = '${work}' ORDER BY 1, 2`
    expect(
      await rowsOf(`SELECT name, object_id, is_merged FROM git.default.branches ${where}`),
    ).toEqual([
      { name: 'refs/heads/ahead', object_id: git('rev-parse', 'ahead'), is_merged: false },
      { name: 'refs/heads/main', object_id: ids.merge, is_merged: true },
      { name: 'refs/heads/side', object_id: ids.side, is_merged: true },
    ])
    expect(await rowsOf(`SELECT name, object_id FROM git.default.tags ${where}`)).toEqual([
      { name: 'refs/tags/blob', object_id: git('rev-parse', 'blob') },
      { name: 'refs/tags/light', object_id: ids.first },
      { name: 'refs/tags/noted', object_id: git('rev-parse', 'refs/tags/noted') },
    ])
    expect(
      await rowsOf(`SELECT to_hex(contents) AS hex, object_id FROM git.default.objects ${where}`),
    ).toEqual([
      { hex: '0001FF', object_id: git('rev-parse', 'side:folder/b.bin') },
      { hex: '6F6E650A', object_id: git('rev-parse', 'main:a.txt') },
      { hex: '74776F0A', object_id: git('rev-parse', 'ahead:a.txt') },
    ])
  })

  it('joins tables, and reads several repositories', async () => {
    const bare = join(root, 'bare.git')
    execFileSync('git', ['clone', '-q', '--bare', work, bare])
    const sql = `SELECT b.url, count(*) AS c FROM git.default.branches b
      JOIN git.default.commits c ON c.url = b.url AND c.object_id = b.object_id
      WHERE b.url IN ('${work}', 'file://${bare}') GROUP BY 1 ORDER BY 1`
    expect(await rowsOf(sql)).toEqual(
      [
        { url: work, c: 3n },
        { url: `file://${bare}`, c: 3n },
      ].toSorted((a, b) => (a.url < b.url ? -1 : 1)),
    )
  })

  it('reads shallow and empty repositories', async () => {
    const shallow = join(root, 'shallow')
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${work}`, shallow])
    const count = (url: string) =>
      rowsOf(`SELECT count(*) AS c FROM git.default.commits WHERE url = '${url}'`)
    expect(await count(shallow)).toEqual([{ c: 1n }])
    const empty = join(root, 'empty')
    execFileSync('git', ['init', '-q', empty])
    expect(await count(empty)).toEqual([{ c: 0n }])
  })

  it('fetches a remote repository, and leaves nothing', async () => {
    const server = createServer(backend)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/work/.git`
    const before = leftOver()
    try {
      const remote = await rowsOf(
        `SELECT name, object_id, is_merged FROM git.default.branches WHERE url = '${url}' ORDER BY 1`,
      )
      const local = await rowsOf(
        `SELECT name, object_id, is_merged FROM git.default.branches WHERE url = '${work}' ORDER BY 1`,
      )
      expect(remote).toEqual(local)
      expect(
        await rowsOf(`SELECT count(*) AS c FROM git.default.commits WHERE url = '${url}'`),
      ).toEqual([{ c: 5n }])
      expect(
        await failure(`SELECT 1 FROM git.default.tags WHERE url = '${url}/nothing'`),
      ).toMatchObject({ code: 'GIT_REMOTE_FAILED', message: expect.stringContaining('404') })
      expect(leftOver()).toEqual(before)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('refuses what it cannot read', async () => {
    expect(await failure('SELECT * FROM git.default.commits')).toMatchObject({
      code: 'QUERY_REJECTED',
      message: expect.stringContaining('url'),
    })
    expect(await failure("SELECT * FROM git.default.tags WHERE url > 'a'")).toMatchObject({
      code: 'QUERY_REJECTED',
      message: expect.stringContaining("column 'url'"),
    })
    expect(
      await failure(`SELECT * FROM git.default.tags WHERE url = '${root}/nothing'`),
    ).toMatchObject({ code: 'GIT_REPOSITORY_NOT_FOUND' })
    expect(
      await failure(`SELECT * FROM git.default.tags WHERE url = '${work}/folder'`),
    ).toMatchObject({ code: 'GIT_REPOSITORY_NOT_FOUND' })
    symlinkSync(tmpdir(), join(root, 'out'))
    const outside = mkdtempSync(join(tmpdir(), 'millrace-git-test-outside-'))
    execFileSync('git', ['clone', '-q', work, outside])
    mkdirSync(join(root, 'linked'))
    symlinkSync(join(outside, '.git'), join(root, 'linked/.git'))
    for (const url of [outside, tmpdir(), join(root, 'out'), `${root}/..`, join(root, 'linked')]) {
      expect(await failure(`SELECT * FROM git.default.tags WHERE url = '${url}'`)).toMatchObject({
        code: 'PERMISSION_DENIED',
      })
    }
    rmSync(outside, { recursive: true })
    const damaged = join(root, 'damaged')
    execFileSync('git', ['clone', '-q', `file://${work}`, damaged])
    const packs = join(damaged, '.git/objects/pack')
    expect(existsSync(packs)).toBe(true)
    rmSync(packs, { recursive: true })
    expect(
      await failure(`SELECT * FROM git.default.commits WHERE url = '${damaged}'`),
    ).toMatchObject({
      code: 'GIT_REPOSITORY_INVALID',
      message: expect.stringContaining(damaged),
    })
    expect(await rowsOf('SELECT * FROM git.default.tags WHERE url = NULL')).toEqual([])
  })
})

/** Git's own server program behind HTTP. */
const backend: RequestListener = (request, response) => {
  const { pathname, search } = new URL(request.url!, 'http://h')
  const child = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  })
  request.pipe(child.stdin)
  const parts: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => parts.push(part))
  child.stdout.on('end', () => {
    const answer = Buffer.concat(parts)
    const end = answer.indexOf('\r\n\r\n')
    const headers = Object.fromEntries(
      answer
        .toString('latin1', 0, end)
        .split('\r\n')
        .map((line) => line.split(': ') as [string, string]),
    )
    const { Status: status = '200', ...rest } = headers
    response.writeHead(Number.parseInt(status, 10), rest).end(answer.subarray(end + 4))
  })
}
