import { createRequire } from 'node:module'
import { optionalPackage } from './optional-package.js'
import type { SqlExpression, SqlQuery, SqlRelation, SqlSortItem } from './sql-tree.js'

/** The databases whose SQL can be printed, by the name of their grammar in node-sql-parser. */
export type Grammar = 'sqlite' | 'postgresql'

/** Prints trees of SQL for one database. */
export interface SqlPrinter {
  query(query: SqlQuery): string
  expression(expression: SqlExpression): string
}

/** A node of node-sql-parser's tree, which it has no types for that hold. */
type Node = Readonly<Record<string, unknown>>

/** What is used of node-sql-parser: its stringifier. */
interface Stringifier {
  sqlify(tree: Node): string
  exprToSQL(tree: Node): string
}
interface GrammarModule {
  readonly Parser: new () => Stringifier
}

const require = createRequire(import.meta.url)
const loaded = new Map<Grammar, Promise<SqlPrinter>>()

/** The printer of a grammar, loaded on first use. @throws CONFIGURATION_INVALID where node-sql-parser is missing */
export function sqlPrinter(grammar: Grammar): Promise<SqlPrinter> {
  let printer = loaded.get(grammar)
  if (printer === undefined) {
    printer = load(grammar)
    loaded.set(grammar, printer)
    // The next catalog tries again: the package may be there by then.
    printer.catch(() => loaded.delete(grammar))
  }
  return printer
}

async function load(grammar: Grammar): Promise<SqlPrinter> {
  const { Parser } = await optionalPackage('node-sql-parser', async () => loadGrammar(grammar))
  const stringifier = new Parser()
  return {
    query: (query) => stringifier.sqlify(queryNode(query)),
    expression: (expression) => stringifier.exprToSQL(expressionNode(expression)),
  }
}

/** The build of one grammar; the package's main module would load all of them. */
function loadGrammar(grammar: Grammar): GrammarModule {
  try {
    return require(`node-sql-parser/build/${grammar}.js`) as GrammarModule
  } catch (error) {
    const missing = (error as { readonly code?: unknown }).code === 'MODULE_NOT_FOUND'
    throw missing
      ? Object.assign(new Error(String(error)), { code: 'ERR_MODULE_NOT_FOUND' })
      : error
  }
}

/** The stringifier puts names and texts between quotes as they are. */
const quotedName = (name: string): string => name.replaceAll('"', '""')
const quotedText = (value: string): string => value.replaceAll("'", "''")

/** Text that goes out as it is. */
const verbatim = (value: string): Node => ({ type: 'var', prefix: null, name: value, members: [] })

const expressionList = (expressions: readonly SqlExpression[]): Node => ({
  type: 'expr_list',
  value: expressions.map(expressionNode),
})

const binaryNode = (operator: string, left: Node, right: Node): Node => ({
  type: 'binary_expr',
  operator,
  left,
  right,
  parentheses: true,
})

type ByKind = {
  readonly [K in SqlExpression['kind']]: (e: Extract<SqlExpression, { kind: K }>) => Node
}

const NODES: ByKind = {
  column: ({ relation, name }) => ({
    type: 'column_ref',
    table: quotedName(relation),
    column: quotedName(name),
  }),
  text: ({ value }) => ({ type: 'single_quote_string', value: quotedText(value) }),
  number: ({ value }) => verbatim(value),
  bytes: ({ hex }) => ({ type: 'hex_string', value: hex }),
  boolean: ({ value }) => ({ type: 'bool', value }),
  null: () => ({ type: 'null', value: null }),
  binary: ({ operator, left, right }) =>
    binaryNode(operator, expressionNode(left), expressionNode(right)),
  not: ({ arg }) => ({
    type: 'unary_expr',
    operator: 'NOT',
    expr: expressionNode(arg),
    parentheses: true,
  }),
  isNull: ({ arg, negated }) =>
    binaryNode(negated ? 'IS NOT' : 'IS', expressionNode(arg), { type: 'null', value: null }),
  in: ({ arg, list }) => binaryNode('IN', expressionNode(arg), expressionList(list)),
  call: ({ name, args }) => ({
    type: 'function',
    name: { name: [{ type: 'default', value: name }] },
    args: expressionList(args),
    over: null,
  }),
  countRows: () => ({
    type: 'aggr_func',
    name: 'COUNT',
    args: { expr: { type: 'star', value: '*' } },
    over: null,
  }),
  aggregate: ({ name, arg, distinct }) => ({
    type: 'aggr_func',
    name,
    args: { ...(distinct ? { distinct: 'DISTINCT' } : {}), expr: expressionNode(arg) },
    over: null,
  }),
  cast: ({ arg, type }) => ({
    type: 'cast',
    keyword: 'cast',
    expr: expressionNode(arg),
    symbol: 'as',
    target: [{ dataType: type }],
  }),
  case: ({ whens, otherwise }) => ({
    type: 'case',
    expr: null,
    args: [
      ...whens.map(({ when, result }) => ({
        type: 'when',
        cond: expressionNode(when),
        result: expressionNode(result),
      })),
      { type: 'else', result: expressionNode(otherwise) },
    ],
    parentheses: true,
  }),
}

function expressionNode<K extends SqlExpression['kind']>(
  e: Extract<SqlExpression, { kind: K }>,
): Node {
  return (NODES[e.kind] as (e: SqlExpression) => Node)(e)
}

function relationNodes(relation: SqlRelation): readonly Node[] {
  if (relation.kind !== 'join') return [simpleRelation(relation)]
  const right = simpleRelation(relation.right)
  return [
    simpleRelation(relation.left),
    { ...right, join: relation.type, on: expressionNode(relation.on) },
  ]
}

function simpleRelation(relation: Exclude<SqlRelation, { kind: 'join' }>): Node {
  const { alias } = relation
  switch (relation.kind) {
    case 'table':
      return {
        db:
          relation.catalog === undefined
            ? quotedName(relation.schema)
            : quotedName(relation.catalog),
        ...(relation.catalog === undefined ? {} : { schema: quotedName(relation.schema) }),
        table: quotedName(relation.table),
        as: alias,
      }
    case 'query':
      return { expr: { ast: queryNode(relation.query), parentheses: true }, as: alias }
    case 'userQuery':
      // A comment at its end must not hide what follows.
      return { expr: verbatim(`(${relation.text}\n)`), as: alias }
  }
}

const sortNode = ({ expression, ascending, nullsFirst }: SqlSortItem): Node => ({
  expr: expressionNode(expression),
  type: ascending ? 'ASC' : 'DESC',
  nulls: nullsFirst ? 'NULLS FIRST' : 'NULLS LAST',
})

function queryNode({ columns, from, where, groupBy, orderBy, limit }: SqlQuery): Node {
  const [first, ...rest] = where.map(expressionNode)
  return {
    with: null,
    type: 'select',
    options: null,
    distinct: null,
    columns: columns.map(({ expression, alias }) => ({
      expr: expressionNode(expression),
      as: quotedName(alias),
    })),
    from: relationNodes(from),
    where:
      first === undefined
        ? null
        : rest.reduce((left, right) => binaryNode('AND', left, right), first),
    groupby: groupBy.length === 0 ? null : { columns: groupBy.map(expressionNode), modifiers: [] },
    having: null,
    orderby: orderBy.length === 0 ? null : orderBy.map(sortNode),
    limit:
      limit === undefined ? null : { seperator: '', value: [{ type: 'number', value: limit }] },
  }
}
