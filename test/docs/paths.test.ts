import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../support/build.js'
import { documentPages } from './pages.js'

/** Paths of the repository as pages write them: `src/…`, with or without a line of code around them. */
const PATHS = /(?<![\w./-])(?:src|test|docs|scripts|examples|bench)\/[\w./-]*\w/g
const LINKS = /\]\(([^)#:\s]+)(?:#[^)]*)?\)/g
const SOURCES = /<!-- from ([\w./-]+) -->\n```\w+\n([\s\S]*?)```/g
const UNWRITTEN = /<|…|example/

describe.each(documentPages())('$file', ({ file, text }) => {
  it('names files that are there', () => {
    const paths = [...text.matchAll(PATHS)].map(([path]) => path)
    const missing = paths.filter((path) => !UNWRITTEN.test(path) && !existsSync(join(ROOT, path)))
    expect(missing).toEqual([])
  })
  it('links to pages that are there', () => {
    const links = [...text.matchAll(LINKS)].map(([, link]) => link!)
    const dead = links.filter((link) => !existsSync(join(ROOT, dirname(file), link)))
    expect(dead).toEqual([])
  })
  it('quotes code as it is', () => {
    for (const [, path, code] of text.matchAll(SOURCES)) {
      expect(readFileSync(join(ROOT, path!), 'utf8')).toContain(code!)
    }
  })
})
