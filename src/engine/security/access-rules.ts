import { MillraceError } from '../../spi/index.js'
import type { Identity } from './system-access-control.js'

/** Whom a rule is for; without a pattern, everybody. */
export interface Who {
  readonly user?: RegExp
  /** No user has roles of the whole system: rules that name one match nobody. */
  readonly role?: RegExp
  readonly group?: RegExp
}
export type CatalogMode = 'none' | 'read-only' | 'all' | 'owner'
export interface CatalogRule extends Who {
  readonly catalog?: RegExp
  readonly allow: CatalogMode
}
export interface SchemaRule extends Who {
  readonly catalog?: RegExp
  readonly schema?: RegExp
  readonly owner: boolean
}
export type TablePrivilege =
  | 'SELECT'
  | 'INSERT'
  | 'DELETE'
  | 'UPDATE'
  | 'OWNERSHIP'
  | 'GRANT_SELECT'
export interface ColumnConstraint {
  readonly name: string
  readonly allow: boolean
  readonly mask?: string
  readonly maskUser?: string
}
export interface TableRule extends Who {
  readonly catalog?: RegExp
  readonly schema?: RegExp
  readonly table?: RegExp
  readonly privileges: ReadonlySet<TablePrivilege>
  readonly columns: ReadonlyMap<string, ColumnConstraint>
  readonly filter?: string
  readonly filterUser?: string
}
export type FunctionPrivilege = 'EXECUTE' | 'GRANT_EXECUTE' | 'OWNERSHIP'
export interface FunctionRule extends Who {
  readonly catalog?: RegExp
  readonly schema?: RegExp
  /** Of a function or procedure. */
  readonly name?: RegExp
  readonly privileges: ReadonlySet<FunctionPrivilege>
}
export interface PropertyRule extends Who {
  readonly catalog?: RegExp
  readonly property?: RegExp
  readonly allow: boolean
}
export type QueryMode = 'execute' | 'view' | 'kill'
export interface QueryRule extends Who {
  readonly queryOwner?: RegExp
  readonly allow: ReadonlySet<QueryMode>
}
export interface ImpersonationRule {
  readonly originalUser?: RegExp
  readonly originalRole?: RegExp
  /** A pattern in which `$1` stands for what the first group of {@link originalUser} matched. */
  readonly newUser: string
  readonly allow: boolean
}
export interface AuthorizationRule {
  readonly originalUser?: RegExp
  readonly originalGroup?: RegExp
  readonly originalRole?: RegExp
  readonly newUser?: RegExp
  readonly newRole?: RegExp
  readonly allow: boolean
}

/** Rules of a file, in its order; lists that may be absent have a meaning when they are. */
export interface AccessRules {
  readonly catalogs: readonly CatalogRule[]
  readonly schemas: readonly SchemaRule[]
  readonly tables: readonly TableRule[]
  readonly functions: readonly FunctionRule[]
  readonly procedures: readonly FunctionRule[]
  readonly systemProperties: readonly PropertyRule[]
  readonly catalogProperties: readonly PropertyRule[]
  readonly authorization: readonly AuthorizationRule[]
  readonly queries?: readonly QueryRule[]
  readonly impersonation?: readonly ImpersonationRule[]
}

const TABLE_PRIVILEGES = [
  'SELECT',
  'INSERT',
  'DELETE',
  'UPDATE',
  'OWNERSHIP',
  'GRANT_SELECT',
] as const
const FUNCTION_PRIVILEGES = ['EXECUTE', 'GRANT_EXECUTE', 'OWNERSHIP'] as const
const QUERY_MODES = ['execute', 'view', 'kill'] as const
const CATALOG_MODES = ['none', 'read-only', 'all', 'owner'] as const

const WHO = ['user', 'role', 'group'] as const
const SECTIONS = [
  'catalogs',
  'schemas',
  'tables',
  'functions',
  'procedures',
  'queries',
  'impersonation',
  'system_session_properties',
  'catalog_session_properties',
  'authorization',
  // Rules of what there is nothing to ask about: nobody is authenticated, and no interface changes the system.
  'principals',
  'system_information',
] as const

const invalid = (message: string): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', `Access rules: ${message}`)

/**
 * The rules of Trino's rules.json.
 * @throws CONFIGURATION_INVALID for what is no such thing, names of rules and fields that there are not among it
 * @source Trino FileBasedSystemAccessControlRules; defaults: FileBasedSystemAccessControl.Builder
 */
export function parseAccessRules(json: unknown): AccessRules {
  const file = new Fields('the file', json, SECTIONS)
  const list = <T>(
    section: (typeof SECTIONS)[number],
    names: readonly string[],
    read: (rule: Fields) => T,
  ) => file.list(section)?.map((rule, i) => read(new Fields(`${section}[${i}]`, rule, [...names])))
  const all = { privileges: new Set(TABLE_PRIVILEGES), columns: new Map() }
  const queries = list('queries', [...WHO, 'queryOwner', 'allow'], queryRule)
  const impersonation = list(
    'impersonation',
    ['original_user', 'original_role', 'new_user', 'allow'],
    impersonationRule,
  )
  const authorization = [
    'original_user',
    'original_group',
    'original_role',
    'new_user',
    'new_role',
    'allow',
  ]
  const functionFields = [...WHO, 'catalog', 'schema', 'privileges'] as const
  return {
    catalogs: [
      ...(list('catalogs', [...WHO, 'catalog', 'allow'], catalogRule) ?? [{ allow: 'all' }]),
      // Everybody may read the system's catalog, unless a rule before says otherwise.
      { catalog: /^system$/, allow: 'all' },
    ],
    schemas: list('schemas', [...WHO, 'catalog', 'schema', 'owner'], schemaRule) ?? [
      { owner: true },
    ],
    tables: list(
      'tables',
      [
        ...WHO,
        'catalog',
        'schema',
        'table',
        'privileges',
        'columns',
        'filter',
        'filter_environment',
      ],
      tableRule,
    ) ?? [all],
    functions: list('functions', [...functionFields, 'function'], functionRule('function')) ?? [],
    procedures:
      list('procedures', [...functionFields, 'procedure'], functionRule('procedure')) ?? [],
    systemProperties: list(
      'system_session_properties',
      [...WHO, 'property', 'allow'],
      propertyRule,
    ) ?? [{ allow: true }],
    catalogProperties: list(
      'catalog_session_properties',
      [...WHO, 'catalog', 'property', 'allow'],
      propertyRule,
    ) ?? [{ allow: true }],
    authorization: list('authorization', authorization, authorizationRule) ?? [],
    ...(queries === undefined ? {} : { queries }),
    ...(impersonation === undefined ? {} : { impersonation }),
  }
}

const catalogRule = (rule: Fields): CatalogRule => ({
  ...who(rule),
  ...rule.patterns('catalog'),
  allow: catalogMode(rule),
})

function catalogMode(rule: Fields): CatalogMode {
  const value = rule.value('allow')
  if (value === true) return 'all'
  if (value === false || value === undefined) return 'none'
  return rule.oneOf(value, CATALOG_MODES)
}

const schemaRule = (rule: Fields): SchemaRule => ({
  ...who(rule),
  ...rule.patterns('catalog', 'schema'),
  owner: rule.truth('owner', false),
})

function tableRule(rule: Fields): TableRule {
  const columns = rule.list('columns') ?? []
  const constraints = columns.map((column, i) =>
    columnConstraint(
      new Fields(`${rule.path}.columns[${i}]`, column, [
        'name',
        'allow',
        'mask',
        'mask_environment',
      ]),
    ),
  )
  const filter = rule.text('filter')
  const filterUser = environmentUser(rule, 'filter_environment')
  return {
    ...who(rule),
    ...rule.patterns('catalog', 'schema', 'table'),
    privileges: rule.words('privileges', TABLE_PRIVILEGES),
    columns: new Map(constraints.map((constraint) => [constraint.name, constraint])),
    ...(filter === undefined ? {} : { filter }),
    ...(filterUser === undefined ? {} : { filterUser }),
  }
}

function columnConstraint(column: Fields): ColumnConstraint {
  const mask = column.text('mask')
  const maskUser = environmentUser(column, 'mask_environment')
  return {
    // Columns are in lower case.
    name: column.required('name').toLowerCase(),
    allow: column.truth('allow', true),
    ...(mask === undefined ? {} : { mask }),
    ...(maskUser === undefined ? {} : { maskUser }),
  }
}

function environmentUser(fields: Fields, name: string): string | undefined {
  const value = fields.value(name)
  return value === undefined
    ? undefined
    : new Fields(`${fields.path}.${name}`, value, ['user']).text('user')
}

const functionRule =
  (what: 'function' | 'procedure') =>
  (rule: Fields): FunctionRule => {
    const name = rule.pattern(what)
    return {
      ...who(rule),
      ...rule.patterns('catalog', 'schema'),
      ...(name === undefined ? {} : { name }),
      privileges: rule.words('privileges', FUNCTION_PRIVILEGES),
    }
  }

const propertyRule = (rule: Fields): PropertyRule => ({
  ...who(rule),
  ...rule.patterns('catalog', 'property'),
  allow: rule.truth('allow'),
})

function queryRule(rule: Fields): QueryRule {
  const allow = rule.words('allow', QUERY_MODES)
  if (rule.value('queryOwner') !== undefined && allow.has('execute')) {
    throw invalid(`${rule.path} has queryOwner, and can't allow execute`)
  }
  return { ...who(rule), ...rule.patterns('queryOwner'), allow }
}

function impersonationRule(rule: Fields): ImpersonationRule {
  const originalUser = rule.pattern('original_user')
  const originalRole = rule.pattern('original_role')
  const newUser = rule.required('new_user')
  rule.pattern('new_user')
  return {
    ...(originalUser === undefined ? {} : { originalUser }),
    ...(originalRole === undefined ? {} : { originalRole }),
    newUser,
    allow: rule.truth('allow', true),
  }
}

function authorizationRule(rule: Fields): AuthorizationRule {
  const [originalUser, originalGroup, originalRole, newUser, newRole] = [
    'original_user',
    'original_group',
    'original_role',
    'new_user',
    'new_role',
  ].map((name) => rule.pattern(name))
  if (newUser === undefined && newRole === undefined) {
    throw invalid(`${rule.path} needs new_user or new_role`)
  }
  return {
    ...(originalUser === undefined ? {} : { originalUser }),
    ...(originalGroup === undefined ? {} : { originalGroup }),
    ...(originalRole === undefined ? {} : { originalRole }),
    ...(newUser === undefined ? {} : { newUser }),
    ...(newRole === undefined ? {} : { newRole }),
    allow: rule.truth('allow', true),
  }
}

const who = (rule: Fields): Who => rule.patterns(...WHO)

/** Whether a rule is for somebody. */
export const isFor = ({ user, role, group }: Who, identity: Identity): boolean =>
  fits(user, identity.user) &&
  role === undefined &&
  (group === undefined || identity.groups.some((name) => group.test(name)))

/** Whether a text matches a pattern, which may be absent. */
export const fits = (pattern: RegExp | undefined, text: string): boolean =>
  pattern === undefined || pattern.test(text)

/** The fields of an object of the file, with its place for messages. */
class Fields {
  readonly path: string
  readonly #values: Readonly<Record<string, unknown>>

  /** @throws CONFIGURATION_INVALID for what is no object, or has fields that it can't have */
  constructor(path: string, value: unknown, names: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid(`${path} must be an object`)
    }
    const unknown = Object.keys(value).find((name) => !names.includes(name))
    if (unknown !== undefined) throw invalid(`${path} has no field: ${unknown}`)
    this.path = path
    this.#values = value as Readonly<Record<string, unknown>>
  }

  value(name: string): unknown {
    return this.#values[name] ?? undefined
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.value(name)
    if (value === undefined || Array.isArray(value)) return value
    throw invalid(`${this.path}.${name} must be a list`)
  }

  text(name: string): string | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === 'string') return value
    throw invalid(`${this.path}.${name} must be a text`)
  }

  required(name: string): string {
    const text = this.text(name)
    if (text === undefined) throw invalid(`${this.path} has no ${name}`)
    return text
  }

  truth(name: string, absent?: boolean): boolean {
    const value = this.value(name) ?? absent
    // Older files write them as texts.
    if (value === true || value === 'true') return true
    if (value === false || value === 'false') return false
    throw invalid(`${this.path}.${name} must be true or false`)
  }

  oneOf<const W extends readonly string[]>(value: unknown, words: W): W[number] {
    const word = words.find((w) => w === value)
    if (word !== undefined) return word
    throw invalid(`${this.path} must be one of ${words.join(', ')}: ${String(value)}`)
  }

  words<const W extends readonly string[]>(name: string, words: W): ReadonlySet<W[number]> {
    const list = this.list(name)
    if (list === undefined) throw invalid(`${this.path} has no ${name}`)
    return new Set(list.map((value) => this.oneOf(value, words)))
  }

  /** A pattern that a whole text must match. */
  pattern(name: string): RegExp | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    try {
      return new RegExp(`^(?:${text})$`, 's')
    } catch (cause) {
      const message = `Access rules: ${this.path}.${name} is no pattern: ${text}`
      throw new MillraceError('CONFIGURATION_INVALID', message, { cause })
    }
  }

  /** Patterns by their names, those that there are. */
  patterns<const N extends readonly string[]>(...names: N): { [K in N[number]]?: RegExp } {
    const found: { [K in N[number]]?: RegExp } = {}
    for (const name of names as readonly N[number][]) {
      const pattern = this.pattern(name)
      if (pattern !== undefined) found[name] = pattern
    }
    return found
  }
}
