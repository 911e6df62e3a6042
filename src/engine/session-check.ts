import { MillraceError } from '../spi/index.js'
import type { CatalogManager } from './catalog-manager.js'
import { decodeProperty } from './connector-session.js'
import { parsePropertyText } from './property-text.js'
import type { Session } from './session.js'
import { findSystemProperty } from './session-properties.js'

/** Whose roles are the system's. */
const SYSTEM_CATALOG = 'system'

const missing = (name: string): MillraceError =>
  new MillraceError('INVALID_SESSION_PROPERTY', `Session property '${name}' does not exist`)

/**
 * Checks the properties that a session brings: each must exist and have a value of its type.
 * @throws INVALID_SESSION_PROPERTY, CATALOG_NOT_FOUND; PERMISSION_DENIED for a role of the system
 * @source Trino SessionPropertyManager.validateProperties
 */
export function checkSession(session: Session, catalogs: CatalogManager): void {
  const systemRole = session.roles?.get(SYSTEM_CATALOG)
  if (systemRole?.type === 'ROLE') {
    // Roles of the whole system do not exist.
    throw new MillraceError(
      'PERMISSION_DENIED',
      `Access Denied: Cannot set role ${systemRole.role}`,
    )
  }
  for (const [name, text] of session.properties) {
    const property = findSystemProperty(name)
    if (property === undefined) throw missing(name)
    property.check(text)
  }
  for (const [catalog, properties] of session.catalogProperties) {
    const definitions = catalogs.get(catalog).connector.getSessionProperties?.() ?? []
    for (const [name, text] of properties) {
      const property = definitions.find((candidate) => candidate.name === name)
      if (property === undefined) throw missing(`${catalog}.${name}`)
      decodeProperty(property, parsePropertyText(property.type, text), 'INVALID_SESSION_PROPERTY')
    }
  }
}
