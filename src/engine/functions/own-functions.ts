import type { FunctionDefinition } from '../../expressions/function-definition.js'
import { isBuiltinFunction } from '../../expressions/functions/builtin-names.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import type { PlanNode } from '../../planner/plan/node.js'
import { MillraceError } from '../../spi/index.js'

/** Whether a value of a plan, plain data throughout, has a resolved function of one of these names in it. */
const callsOneOf = (value: unknown, names: ReadonlySet<string>): boolean => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return value.some((item) => callsOneOf(item, names))
  if ('argumentTypes' in value && 'name' in value && names.has(String(value.name))) return true
  return Object.values(value).some((item) => callsOneOf(item, names))
}

/** Functions that the program registered. Their code cannot travel: what calls them stays in the calling thread. */
export class OwnFunctions {
  readonly #definitions: FunctionDefinition[] = []
  readonly #kinds = new Map<string, FunctionDefinition['kind']>()
  readonly #signatures = new Set<string>()
  #registry: FunctionRegistry | undefined

  /** Makes a definition known, or further forms of one. @throws ALREADY_EXISTS */
  add(definition: FunctionDefinition): void {
    const { kind, aliases = [], overloads } = definition
    const names = [definition.name, ...aliases]
    const signatures = names.flatMap((name) =>
      overloads.map(({ args }) => `${name}(${args.join(', ').toLowerCase()})`),
    )
    const isTaken = (name: string): boolean =>
      this.#kinds.has(name) ? this.#kinds.get(name) !== kind : isBuiltinFunction(name)
    const taken =
      names.find(isTaken) ?? signatures.find((signature) => this.#signatures.has(signature))
    if (taken !== undefined) {
      throw new MillraceError('ALREADY_EXISTS', `Function already exists: ${taken}`)
    }
    this.#definitions.push(definition)
    this.#registry?.add(definition)
    for (const name of names) this.#kinds.set(name, kind)
    for (const signature of signatures) this.#signatures.add(signature)
  }

  /** Has the definitions that there are, and those to come, in the registry that statements use. */
  register(registry: FunctionRegistry): void {
    this.#registry = registry
    for (const definition of this.#definitions) registry.add(definition)
  }

  /** O(plan), and nothing while there are none. */
  areCalledBy(plan: PlanNode): boolean {
    const names = new Set(this.#kinds.keys())
    return names.size > 0 && callsOneOf(plan, names)
  }
}
