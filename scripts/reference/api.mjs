import { posix } from 'node:path'

const REEXPORT = /^export (?:type )?(?:\*|\{([^}]*)\}) from '([^']+)';$/
const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/
const STATEMENT = /^(?:export|import|declare|interface|type|class|\/\*\*)/

/**
 * The declarations of a module with the comments before them, as the compiler writes them: whatever stands at the start of a line
 * begins a statement.
 */
function declarationsOf(text) {
  const found = new Map()
  let doc = ''
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; ) {
    const from = i++
    if (lines[from].startsWith('/**')) {
      while (!lines[i - 1].includes('*/')) i++
      doc = lines.slice(from, i).join('\n')
      continue
    }
    while (i < lines.length && !STATEMENT.test(lines[i])) i++
    const [, name] = DECLARATION.exec(lines[from]) ?? []
    if (name !== undefined) {
      const code = lines
        .slice(from, i)
        .filter((line) => !line.startsWith('//#'))
        .join('\n')
        .trim()
      const known = found.get(name)
      if (known === undefined) found.set(name, { name, doc, code })
      else known.code += `\n${code}`
    }
    doc = ''
  }
  return found
}

/** What a module exports, its own and that of others. */
function exportsOf(file, read) {
  const text = read(file)
  const own = declarationsOf(text)
  const exported = [...own.values()]
  for (const line of text.split('\n')) {
    const [, names, path] = REEXPORT.exec(line) ?? []
    if (path === undefined) continue
    const target = posix.join(posix.dirname(file), path).replace(/\.js$/, '.d.ts')
    const theirs = exportsOf(target, read)
    if (names === undefined) {
      exported.push(...theirs)
      continue
    }
    for (const written of names.split(',').map((name) => name.trim())) {
      if (written === '') continue
      const [name, alias] = written.replace(/^type /, '').split(' as ')
      const declaration = theirs.find((d) => d.name === name)
      if (declaration === undefined) throw new Error(`No ${name} in ${target}`)
      exported.push(alias === undefined ? declaration : { ...declaration, name: alias })
    }
  }
  return exported
}

/** The text of a comment; its tags are a list. */
function prose(doc) {
  const text = doc
    .replace(/^\/\*\*\s?|\s*\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .replace(/\{@link ([^}|]+)(?:\|[^}]*)?\}/g, '`$1`')
    .trim()
  const [body, ...tags] = text.split(/\s*(?=@(?:param|returns|throws|source)\b)/)
  const items = tags.map((tag) =>
    tag.replace(/^@(\w+)\s+(.*)$/s, (_, name, rest) => `- *${name}* ${rest.replaceAll('\n', ' ')}`),
  )
  return [body, ...(items.length === 0 ? [] : ['', ...items])].join('\n').trim()
}

const codeOf = ({ code }) => code.replace(/^export (?:declare )?/gm, '')

/**
 * The page of what programs import.
 * @param {readonly string[]} files of declarations that the package exports
 * @param {(file: string) => string} read the text of a file of declarations
 */
export function renderApi(files, read) {
  const lines = [
    '# API',
    '',
    '<!-- Written by `npm run docs` from the declarations and their comments; do not edit. -->',
    '',
    'What the package exports, by the name that it is imported from. [Values](../values.md) says how SQL values reach JavaScript.',
  ]
  for (const file of files) {
    const folder = posix.dirname(file)
    lines.push('', `## ${folder === '.' ? 'millrace' : `millrace/${folder}`}`)
    const members = exportsOf(file, read).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const seen = new Set()
    for (const member of members) {
      if (seen.has(member.name)) continue
      seen.add(member.name)
      lines.push('', `### ${member.name}`)
      const text = prose(member.doc)
      if (text !== '') lines.push('', text)
      lines.push('', '```ts', codeOf(member), '```')
    }
  }
  return `${lines.join('\n')}\n`
}
