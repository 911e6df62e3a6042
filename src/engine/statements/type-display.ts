import { type SqlType, typeName } from '../../spi/index.js'

/**
 * A type as listings of columns show it: as {@link typeName}, but fields of rows without quotes.
 * @source Trino Type.getDisplayName
 */
export function displayTypeName(type: SqlType): string {
  switch (type.kind) {
    case 'row': {
      const fields = type.fields.map((field) =>
        field.name === undefined
          ? displayTypeName(field.type)
          : `${field.name} ${displayTypeName(field.type)}`,
      )
      return `row(${fields.join(', ')})`
    }
    case 'array':
      return `array(${displayTypeName(type.element)})`
    case 'map':
      return `map(${displayTypeName(type.key)}, ${displayTypeName(type.value)})`
    default:
      return typeName(type)
  }
}
