import type { CallArgument } from '../../planner/parser/ast/index.js'
import { MillraceError, type Procedure, VARCHAR, type Value } from '../../spi/index.js'
import { checkCatalogName } from '../engine-options.js'
import { analyze } from './analyze-statement.js'
import { createFunction, dropFunction } from './function-statements.js'
import type { CatalogStatementKinds, MaintenanceStatementKinds } from './kinds.js'
import { errorAt, qualifiedObjectName } from './names.js'
import { requireCatalog } from './show.js'
import type { DoneResult, StatementContext, StatementHandlers, StatementOf } from './statement.js'
import { tableExecute } from './table-execute-statement.js'
import { done } from './table-statements.js'

/** @source Trino CallTask */
async function call(node: StatementOf<'call'>, context: StatementContext): Promise<DoneResult> {
  if (context.session.transactionId !== undefined) {
    throw new MillraceError(
      'NOT_SUPPORTED',
      'Procedures cannot be called within a transaction (use autocommit mode)',
    )
  }
  const name = qualifiedObjectName(context.session, node, node.name)
  requireCatalog(context, node, name.catalog)
  const procedure = context.catalogs
    .get(name.catalog)
    .connector.getProcedures?.()
    .find(
      (candidate) =>
        candidate.schema.toLowerCase() === name.schema &&
        candidate.name.toLowerCase() === name.name,
    )
  if (procedure === undefined) {
    throw new MillraceError(
      'PROCEDURE_NOT_FOUND',
      `Procedure not registered: ${name.schema}.${name.name}`,
    )
  }
  await context.access?.check(name.catalog, 'checkCanExecuteProcedure', {
    schema: name.schema,
    function: name.name,
  })
  const values = await procedureArguments(node, procedure, context)
  const { handle } = await context.transaction.join(name.catalog)
  await procedure.call(context.connectorSession(name.catalog), handle, values, context.signal)
  return done('CALL')
}

async function procedureArguments(
  node: StatementOf<'call'>,
  procedure: Procedure,
  context: StatementContext,
): Promise<Value[]> {
  const given = new Map<number, CallArgument>()
  node.arguments.forEach((argument, position) => {
    const index =
      argument.name === undefined
        ? position
        : procedure.args.findIndex(
            (arg) => arg.name.toLowerCase() === argument.name?.value.toLowerCase(),
          )
    if (argument.name === undefined && node.arguments.some((other) => other.name !== undefined)) {
      throw errorAt(node, 'INVALID_ARGUMENTS', 'Named and positional arguments cannot be mixed')
    }
    if (index < 0) {
      throw errorAt(argument, 'INVALID_ARGUMENTS', `Unknown argument name: ${argument.name?.value}`)
    }
    if (index >= procedure.args.length) {
      throw errorAt(node, 'INVALID_ARGUMENTS', 'Too many arguments for procedure')
    }
    if (given.has(index)) {
      throw errorAt(
        argument,
        'INVALID_ARGUMENTS',
        `Duplicate procedure argument: ${argument.name?.value}`,
      )
    }
    given.set(index, argument)
  })
  const missing = procedure.args.filter((arg, index) => (arg.required ?? true) && !given.has(index))
  if (missing.length > 0) {
    throw errorAt(
      node,
      'INVALID_ARGUMENTS',
      `Required procedure arguments are missing: ${missing.map((arg) => arg.name).join(', ')}`,
    )
  }
  const values: Value[] = []
  for (const [index, arg] of procedure.args.entries()) {
    const argument = given.get(index)
    if (argument === undefined) values.push(arg.defaultValue ?? null)
    else values.push((await context.services.evaluate(argument.value, context, arg.type)).value)
  }
  return values
}

export const maintenanceHandlers: StatementHandlers<MaintenanceStatementKinds> = {
  call,

  analyze,

  tableExecute,
}

const staticStore = (statement: string): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `${statement} is not supported by the static catalog store`)

/** @source Trino CreateCatalogTask */
async function createCatalog(
  node: StatementOf<'createCatalog'>,
  context: StatementContext,
): Promise<DoneResult> {
  const { catalogStore } = context.services
  if (catalogStore === undefined) throw staticStore('CREATE CATALOG')
  const updateType = 'CREATE CATALOG'
  const name = node.name.value.toLowerCase()
  if (context.catalogs.find(name) !== undefined) {
    if (node.notExists) return { kind: 'done', updateType }
    throw errorAt(node, 'ALREADY_EXISTS', `Catalog '${name}' already exists`)
  }
  if (node.comment !== undefined || node.principal !== undefined) {
    throw errorAt(node, 'NOT_SUPPORTED', 'CREATE CATALOG with a comment or owner is not supported')
  }
  context.access?.checkCreateCatalog(name)
  checkCatalogName(name)
  const config: Record<string, string> = {}
  for (const property of node.properties) {
    if (property.value === undefined) continue
    const { value } = await context.services.evaluate(property.value, context, VARCHAR)
    if (typeof value !== 'string') {
      throw errorAt(property, 'INVALID_CATALOG_PROPERTY', 'A property of a catalog is a text')
    }
    config[property.name.value] = value
  }
  await catalogStore.create({ name, connectorName: node.connectorName.value, config })
  return { kind: 'done', updateType }
}

/** @source Trino DropCatalogTask */
async function dropCatalog(
  node: StatementOf<'dropCatalog'>,
  context: StatementContext,
): Promise<DoneResult> {
  const { catalogStore } = context.services
  if (catalogStore === undefined) throw staticStore('DROP CATALOG')
  const updateType = 'DROP CATALOG'
  if (node.cascade) {
    throw errorAt(node, 'NOT_SUPPORTED', 'CASCADE is not yet supported for DROP CATALOG')
  }
  const name = node.name.value.toLowerCase()
  const catalog = context.catalogs.find(name)
  if (catalog === undefined) {
    if (node.exists) return { kind: 'done', updateType }
    throw errorAt(node, 'CATALOG_NOT_FOUND', `Catalog '${name}' not found`)
  }
  if (catalog.connectorName === 'system') {
    throw errorAt(node, 'NOT_SUPPORTED', 'The system catalog cannot be dropped')
  }
  context.access?.checkDropCatalog(name)
  await catalogStore.drop(name)
  return { kind: 'done', updateType }
}

/** Catalogs are fixed unless the configuration says otherwise; SQL functions are their connectors'. */
export const catalogHandlers: StatementHandlers<CatalogStatementKinds> = {
  createCatalog,
  dropCatalog,
  createFunction,
  dropFunction,
}
