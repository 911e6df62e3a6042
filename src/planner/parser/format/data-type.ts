import type { DataType, DataTypeParameter, ParameterDeclaration } from '../ast/index.js'
import { formatIdentifier } from './name.js'
import { join } from './rules.js'

export function formatDataType(node: DataType): string {
  switch (node.kind) {
    case 'genericDataType': {
      const name = formatIdentifier(node.name)
      if (node.parameters.length === 0) return name
      return `${name}(${join(node.parameters, formatParameter)})`
    }
    case 'dateTimeDataType': {
      const precision = node.precision === undefined ? '' : `(${formatParameter(node.precision)})`
      return `${node.base}${precision}${node.withTimeZone ? ' with time zone' : ''}`
    }
    case 'rowDataType': {
      const fields = join(node.fields, ({ name, type }) => {
        return `${name === undefined ? '' : `${formatIdentifier(name)} `}${formatDataType(type)}`
      })
      return `ROW(${fields})`
    }
    case 'intervalDataType':
      return `INTERVAL ${node.from}${node.from === node.to ? '' : ` TO ${node.to}`}`
  }
}

function formatParameter(node: DataTypeParameter): string {
  return node.kind === 'numericParameter' ? node.text : formatDataType(node.type)
}

export function formatParameterDeclaration({ name, type }: ParameterDeclaration): string {
  return `${name === undefined ? '' : `${formatIdentifier(name)} `}${formatDataType(type)}`
}
