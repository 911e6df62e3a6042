import type { MemoryScope, OperatorContext } from '../operator.js'

/** A context whose memory is given back before the operator's: for work on one part of its input. */
export interface OperatorScope extends Pick<MemoryScope, 'heldBytes' | 'close'> {
  readonly context: OperatorContext
}

/** @param overrides what the part sees of earlier pipelines */
export function operatorScope(
  context: OperatorContext,
  overrides: Partial<Pick<OperatorContext, 'stateOf'>> = {},
): OperatorScope {
  const scope = context.createScope()
  const createArena = () => scope.createArena()
  return {
    context: { ...context, ...overrides, createArena, queryArena: createArena() },
    get heldBytes() {
      return scope.heldBytes
    },
    close: () => scope.close(),
  }
}
