import type { Value } from '../../../spi/type/value.js'
import type { ScalarOverload } from '../../function-definition.js'
import { parseJsonPath } from '../../json/json-path.js'
import { type ScanStep, scanSteps } from '../../json/json-scan.js'

/** Of texts and of JSON, whose carrier is a text too: what is no JSON as far as it is read gives NULL. */
export const onBoth = (
  rest: readonly string[],
  returns: string,
  evaluate: (text: string, ...rest: never[]) => Value,
): ScalarOverload[] =>
  ['varchar(x)', 'json'].map((type) => ({ args: [type, ...rest], returns, evaluate }))

/** A look-up by a path, whose steps are kept for the next row. @param returns by the type of the JSON */
export const byPath = (
  returns: Readonly<Record<'varchar(x)' | 'json', string>>,
  find: (text: string, steps: readonly ScanStep[]) => Value,
): ScalarOverload[] =>
  (['varchar(x)', 'json'] as const).map((type) => ({
    args: [type, 'jsonpath'],
    returns: returns[type],
    bind: () => {
      let known: string | undefined
      let steps: readonly ScanStep[] = []
      return (text: string, path: string) => {
        if (path !== known) {
          steps = scanSteps(parseJsonPath(path))
          known = path
        }
        return find(text, steps)
      }
    },
  }))

export const sameType = (type: string) => ({ 'varchar(x)': type, json: type })
