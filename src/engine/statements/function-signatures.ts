import type { FunctionDefinition } from '../../expressions/function-definition.js'
import type { StaticRow } from './static-rows.js'

/** Functions whose type variables are capitals in SHOW FUNCTIONS; of others they are small. */
const CAPITALS = new Set([
  'concat(array(e))',
  'concat(array(e), e)',
  'concat(e, array(e))',
  'element_at(map(k,v), k)',
  'flatten(array(array(e)))',
  'greatest(e)',
  'least(e)',
  'map(array(k), array(v))',
  'map_concat(map(k,v))',
  'map_filter(map(k,v), function(k,v,boolean))',
  'map_zip_with(map(k,v1), map(k,v2), function(k,v1,v2,v3))',
  'reduce(array(t), s, function(s,t,s), function(s,r))',
  'reduce_agg(t, s, function(s,t,s), function(s,s,s))',
  'transform(array(t), function(t,u))',
  'transform_keys(map(k1,v), function(k1,v,k2))',
  'transform_values(map(k,v1), function(k,v1,v2))',
  'zip(array(t1), array(t2))',
  'zip(array(t1), array(t2), array(t3))',
  'zip(array(t1), array(t2), array(t3), array(t4))',
  'zip(array(t1), array(t2), array(t3), array(t4), array(t5))',
  'zip_with(array(t), array(u), function(t,u,r))',
])

interface Signature {
  readonly args?: string
  readonly returns?: string
}

/** Signatures that Trino writes otherwise than the definitions here. */
const WRITTEN: Readonly<Record<string, Signature>> = {
  'approx_set(varchar)': { args: 'varchar(x)' },
  'array_join(array(t), varchar)': { args: 'array(e), varchar' },
  'array_join(array(t), varchar, varchar)': { args: 'array(e), varchar, varchar' },
  'bing_tile_coordinates(bingtile)': { returns: 'row("x" integer,"y" integer)' },
  'json_array_contains(json, varchar(y))': { args: 'json, varchar(x)' },
  'listagg(varchar(v), varchar(d), boolean, varchar(f), boolean)': {
    args: 'varchar, varchar, boolean, varchar, boolean',
  },
  'merge(qdigest(t))': { args: 'qdigest(v)', returns: 'qdigest(v)' },
  'round(decimal(p,s))': { returns: 'decimal(rp,rs)' },
  'to_char(timestamp(p) with time zone, varchar(x))': {
    args: 'timestamp(p) with time zone, varchar',
  },
  'to_date(varchar(x), varchar(y))': { args: 'varchar, varchar' },
  'to_timestamp(varchar(x), varchar(y))': { args: 'varchar, varchar' },
}

/** Overloads for what Trino has a coercion, or a default in its grammar. */
const UNLISTED = new Set(['normalize(varchar(x))', 'to_unixtime(timestamp(p))'])

/** Signatures are shown in lower case, lists in them without blanks. */
const signatureText = (template: string): string => template.toLowerCase().replaceAll(', ', ',')

const withCapitals = (text: string): string =>
  text.replace(/\b[a-z]\d?\b/g, (name) => name.toUpperCase())

/** The rows of SHOW FUNCTIONS of a function, one an overload and name. */
export function functionRows(definition: FunctionDefinition): StaticRow[] {
  if (definition.hidden === true || definition.name.startsWith('$')) return []
  const { name: ownName, displayName = ownName, aliases = [] } = definition
  return [displayName, ...aliases].flatMap((name) =>
    definition.overloads.flatMap((overload) => {
      const args = overload.args.map(signatureText).join(', ')
      const signature = `${name}(${args})`
      if (UNLISTED.has(signature)) return []
      const written = WRITTEN[signature]
      const shown = CAPITALS.has(signature) ? withCapitals : (text: string) => text
      return [
        [
          name,
          shown(written?.returns ?? signatureText(overload.returns)),
          shown(written?.args ?? args),
          definition.kind,
          overload.deterministic ?? true,
          definition.description,
        ] satisfies StaticRow,
      ]
    }),
  )
}

/** The table functions of the system, whose rows depend on their arguments. */
export const TABLE_FUNCTION_ROWS: readonly StaticRow[] = [
  [
    'exclude_columns',
    'unknown',
    'unknown, unknown',
    'table',
    false,
    'A table without some of its columns',
  ],
  [
    'sequence',
    'unknown',
    'bigint, bigint, bigint',
    'table',
    false,
    'The numbers from one to another',
  ],
]
