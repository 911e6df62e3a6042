import type {
  ControlStatement,
  ElseClause,
  FunctionSpecification,
  Identifier,
  Property,
  RoutineCharacteristic,
} from '../ast/index.js'
import { formatDataType, formatParameterDeclaration } from './data-type.js'
import { formatIdentifier, formatQualifiedName, formatStringLiteral } from './name.js'
import { type FormatRules, indentation, join, optional } from './rules.js'

/** `name = value`, `name = DEFAULT`. */
export function formatProperty({ name, value }: Property, rules: FormatRules): string {
  return `${formatIdentifier(name)} = ${value === undefined ? 'DEFAULT' : rules.expression(value)}`
}

/** `FUNCTION …`, a characteristic a line. */
export function formatFunctionSpecification(
  node: FunctionSpecification,
  indent: number,
  rules: FormatRules,
): string {
  const margin = indentation(indent)
  const parameters = join(node.parameters, formatParameterDeclaration)
  const lines = [
    `FUNCTION ${formatQualifiedName(node.name)}(${parameters})`,
    `RETURNS ${formatDataType(node.returnType)}`,
    ...node.routineCharacteristics.map(formatCharacteristic),
  ]
  if (node.properties.length > 0) {
    lines.push(`WITH (${join(node.properties, (item) => formatProperty(item, rules))})`)
  }
  if (node.definition !== undefined) lines.push(`AS $$${node.definition.value}$$`)
  const head = join(lines, (line) => margin + line, '\n')
  if (node.statement === undefined) return head
  return `${head}\n${formatControlStatement(node.statement, indent, rules)}`
}

function formatCharacteristic(node: RoutineCharacteristic): string {
  switch (node.kind) {
    case 'languageCharacteristic':
      return `LANGUAGE ${formatIdentifier(node.language)}`
    case 'deterministicCharacteristic':
      return node.deterministic ? 'DETERMINISTIC' : 'NOT DETERMINISTIC'
    case 'nullInputCharacteristic':
      return node.calledOnNull ? 'CALLED ON NULL INPUT' : 'RETURNS NULL ON NULL INPUT'
    case 'securityCharacteristic':
      return `SECURITY ${node.security}`
    case 'commentCharacteristic':
      return `COMMENT ${formatStringLiteral(node.comment)}`
  }
}

/** A statement in lines of their own, without a semicolon or line feed at the end. */
function formatControlStatement(
  node: ControlStatement,
  indent: number,
  rules: FormatRules,
): string {
  const margin = indentation(indent)
  const body = (statements: readonly ControlStatement[]): string => {
    return formatStatements(statements, indent + 1, rules)
  }
  switch (node.kind) {
    case 'returnStatement':
      return `${margin}RETURN ${rules.expression(node.value)}`
    case 'assignmentStatement':
      return `${margin}SET ${formatIdentifier(node.target)} = ${rules.expression(node.value)}`
    case 'caseStatement': {
      const clauses = node.whenClauses.map(({ expression, statements }) => {
        return `${margin}WHEN ${rules.expression(expression)} THEN\n${body(statements)}`
      })
      const operand = optional(node.expression, rules.expression)
      const otherwise = formatElse(node, indent, rules)
      return `${margin}CASE${operand}\n${clauses.join('')}${otherwise}${margin}END CASE`
    }
    case 'compoundStatement': {
      const inner = indentation(indent + 1)
      const declarations = node.variableDeclarations.map(({ names, type, defaultValue }) => {
        const value = optional(defaultValue, rules.expression, ' DEFAULT ')
        return `${inner}DECLARE ${join(names, formatIdentifier)} ${formatDataType(type)}${value};\n`
      })
      return `${margin}BEGIN\n${declarations.join('')}${body(node.statements)}${margin}END`
    }
    case 'ifStatement': {
      const clauses = node.elseIfClauses.map(({ expression, statements }) => {
        return `${margin}ELSEIF ${rules.expression(expression)} THEN\n${body(statements)}`
      })
      const first = `${margin}IF ${rules.expression(node.expression)} THEN\n${body(node.statements)}`
      return `${first}${clauses.join('')}${formatElse(node, indent, rules)}${margin}END IF`
    }
    case 'iterateStatement':
      return `${margin}ITERATE ${formatIdentifier(node.label)}`
    case 'leaveStatement':
      return `${margin}LEAVE ${formatIdentifier(node.label)}`
    case 'loopStatement':
      return `${margin}${formatLabel(node)}LOOP\n${body(node.statements)}${margin}END LOOP`
    case 'whileStatement': {
      const condition = rules.expression(node.expression)
      const start = `${formatLabel(node)}WHILE ${condition} DO`
      return `${margin}${start}\n${body(node.statements)}${margin}END WHILE`
    }
    case 'repeatStatement': {
      const start = `${margin}${formatLabel(node)}REPEAT\n${body(node.statements)}`
      return `${start}${margin}UNTIL ${rules.expression(node.condition)}\n${margin}END REPEAT`
    }
  }
}

function formatLabel({ label }: { readonly label?: Identifier }): string {
  return label === undefined ? '' : `${formatIdentifier(label)}: `
}

function formatElse(
  { elseClause }: { readonly elseClause?: ElseClause },
  indent: number,
  rules: FormatRules,
): string {
  return optional(
    elseClause,
    ({ statements }) => {
      return `${indentation(indent)}ELSE\n${formatStatements(statements, indent + 1, rules)}`
    },
    '',
  )
}

function formatStatements(
  statements: readonly ControlStatement[],
  indent: number,
  rules: FormatRules,
): string {
  return join(
    statements,
    (statement) => `${formatControlStatement(statement, indent, rules)};\n`,
    '',
  )
}
