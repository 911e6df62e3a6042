import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/build.js'

/** A page of documentation. */
export interface DocumentPage {
  /** Relative to the repository. */
  readonly file: string
  readonly text: string
}

/** Code of a page that says what it prints: `<!-- run -->`, its block, and the output in a block `text`. */
export interface Example {
  readonly title: string
  readonly language: string
  readonly code: string
  readonly output: string
  readonly needsServer: boolean
}

/** The pages at the top, and all of docs/. */
export const documentPages = (): readonly DocumentPage[] =>
  [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ].map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))

const EXAMPLE =
  /<!-- run( with a server)? -->\n```(\w+)\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```)?/g

export const examplesOf = ({ file, text }: DocumentPage): readonly Example[] =>
  [...text.matchAll(EXAMPLE)].map((match, index) => ({
    title: `${file}, example ${index + 1}`,
    needsServer: match[1] !== undefined,
    language: match[2]!,
    code: match[3]!,
    output: match[4] ?? '',
  }))
