import { readdir } from 'node:fs/promises'

/**
 * The folder (family) that each definition is exported from.
 * @param {URL} folder of the functions, compiled or not
 * @param {string} extension of its modules: `.js` or `.ts`
 */
async function familiesOf(folder, extension) {
  const families = new Map()
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const modules = await readdir(new URL(`${entry.name}/`, folder))
    for (const file of modules) {
      if (!file.endsWith(extension) || file.endsWith(`.d${extension}`)) continue
      const exported = await import(new URL(`${entry.name}/${file}`, folder).href)
      for (const value of Object.values(exported).flat()) families.set(value, entry.name)
    }
  }
  return families
}

const signatureOf = (name, { args, returns, variableArity }) =>
  `${name}(${args.join(', ')}${variableArity ? ', …' : ''}) → ${returns}`

/**
 * The page of functions.
 * @param {readonly object[]} definitions BUILTIN_FUNCTIONS of src/expressions/functions/index.ts
 * @param {URL} folder of the functions, compiled or not
 * @param {string} extension of its modules: `.js` or `.ts`
 */
export async function renderFunctions(definitions, folder, extension) {
  const families = await familiesOf(folder, extension)
  const shown = definitions.filter(({ name, hidden }) => !hidden && /^[a-z]/.test(name))
  const familyNames = [...new Set(shown.map((definition) => families.get(definition)))].sort()
  const lines = [
    '# Functions',
    '',
    '<!-- Written by `npm run docs` from src/expressions/functions; do not edit. -->',
    '',
    `${shown.length} functions by family. Types are as SQL writes them; a name that is no type, such as \`T\` or \`x\`, stands for any`,
    'type or number. `SHOW FUNCTIONS` lists the same. A scalar function of a NULL is NULL, unless it is marked to see NULLs; aggregates leave rows out whose',
    'argument is NULL, unless they are.',
  ]
  for (const family of familyNames) {
    const members = shown
      .filter((definition) => families.get(definition) === family)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    lines.push('', `## ${family}`, '', '| function | kind | what it gives |', '|---|---|---|')
    for (const { name, aliases = [], kind, description, overloads } of members) {
      const signatures = overloads.map((overload) => `\`${signatureOf(name, overload)}\``)
      const also =
        aliases.length === 0 ? '' : ` (also ${aliases.map((a) => `\`${a}\``).join(', ')})`
      const sees = overloads.some(({ nulls }) => nulls === 'called') ? '; sees NULLs' : ''
      const cells = [signatures.join('<br>'), kind, `${description}${also}${sees}`]
      lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    }
  }
  return `${lines.join('\n')}\n`
}
