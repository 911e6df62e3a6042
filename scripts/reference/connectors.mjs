import { table } from './table.mjs'

/**
 * Catalogs of all connectors, by their names, to ask them for the properties they declare.
 * @param {readonly { name: string }[]} factories
 * @param {string} folder that may be written to
 */
export function catalogsOf(factories, folder) {
  const needed = {
    duckdb: { 'connection-url': ':memory:' },
    'example-http': { 'metadata-uri': 'http://127.0.0.1:9/' },
    files: { 'files.root': folder },
    sqlite: { 'connection-url': `${folder}/empty.sqlite` },
  }
  return Object.fromEntries(
    factories.map(({ name }) => [name, { 'connector.name': name, ...needed[name] }]),
  )
}

/** Kinds of properties that system.metadata lists, and where they stand in SQL. */
const LISTED = {
  schema_properties: 'CREATE SCHEMA … WITH (…)',
  table_properties: 'CREATE TABLE … WITH (…)',
  column_properties: 'columns of CREATE TABLE: `name type WITH (…)`',
  materialized_view_properties: 'CREATE MATERIALIZED VIEW … WITH (…)',
  analyze_properties: 'ANALYZE … WITH (…)',
}

/**
 * The page of connectors' properties.
 * @param {readonly { name: string, properties?: object }[]} factories
 * @param {(sql: string) => Promise<readonly object[]>} query of an engine that has a catalog of each connector's name
 */
export async function renderConnectors(factories, query) {
  const listed = {}
  for (const kind of Object.keys(LISTED)) {
    listed[kind] = await query(`SELECT * FROM system.metadata.${kind} ORDER BY property_name`)
  }
  const session = await query('SHOW SESSION')
  const code = (text) => (text === undefined || text === null || text === '' ? '' : `\`${text}\``)
  const lines = [
    '# Properties of connectors',
    '',
    '<!-- Written by `npm run docs` from the connectors; do not edit. -->',
    '',
    'What a catalog is made with: lines of `catalog/NAME.properties` beside `connector.name`, or `catalogs: { NAME: { … } }` of `Millrace.create`. [Connectors](../connectors.md) says what each is for.',
  ]
  for (const { name, properties } of factories) {
    lines.push('', `## ${name}`, '')
    const entries = Object.entries(properties ?? {})
    if (properties === undefined) lines.push(`See [its page](../connectors.md#${name}).`)
    else if (entries.length === 0) lines.push('It has no properties.')
    else {
      lines.push(
        ...table(
          ['property', 'takes', 'default', ''],
          entries.map(([property, p]) => [
            code(property),
            p.takes ?? 'text',
            p.required ? 'required' : code(p.default),
            p.description,
          ]),
        ),
      )
    }
    const ofSession = session.filter((row) => row.Name.startsWith(`${name}.`))
    if (ofSession.length > 0) {
      lines.push('', 'Session properties, `SET SESSION catalog.property = …`:', '')
      lines.push(
        ...table(
          ['property', 'type', 'default', ''],
          ofSession.map((row) => [
            code(row.Name.slice(name.length + 1)),
            row.Type,
            code(row.Default),
            row.Description,
          ]),
        ),
      )
    }
    for (const [kind, place] of Object.entries(LISTED)) {
      const own = listed[kind].filter((row) => row.catalog_name === name)
      if (own.length === 0) continue
      lines.push('', `Of ${place}:`, '')
      lines.push(
        ...table(
          ['property', 'type', 'default', ''],
          own.map((row) => [
            code(row.property_name),
            row.type,
            code(row.default_value),
            row.description,
          ]),
        ),
      )
    }
  }
  return `${lines.join('\n')}\n`
}
