import type { CodedColumn, GenerationContext, IntegerColumn, StringDictionary } from './column.js'
import { integerColumn } from './column.js'
import type { RandomStream } from './random.js'
import { fillBytes, fillRagged, fillSequence, stateAtRow } from './random.js'

/** A stream whose draws are numbers in [low, high]. */
export interface NumberStream {
  readonly stream: RandomStream
  readonly low: number
  readonly high: number
}

export const numberStream = (
  seed: number,
  low: number,
  high: number,
  drawsPerRow = 1,
): NumberStream => ({ stream: { seed, drawsPerRow }, low, high })

/** A stream whose draws pick one of a dictionary's strings, each as often. */
export interface ChoiceStream {
  readonly stream: RandomStream
  readonly dictionary: StringDictionary
}

export const choiceStream = (
  seed: number,
  id: string,
  values: readonly string[],
  drawsPerRow = 1,
): ChoiceStream => ({ stream: { seed, drawsPerRow }, dictionary: { id, values } })

/** All draws of the rows from `firstRow` on, `drawCount` in all. */
export function drawNumbers(
  context: GenerationContext,
  numbers: NumberStream,
  firstRow: number,
  drawCount: number,
): Int32Array {
  const out = context.scratch.take(drawCount)
  fillSequence(out, stateAtRow(numbers.stream, firstRow), numbers.low, numbers.high)
  return out
}

export const numberColumn = (
  context: GenerationContext,
  numbers: NumberStream,
  firstRow: number,
  drawCount: number,
): IntegerColumn =>
  integerColumn(
    context,
    drawNumbers(context, numbers, firstRow, drawCount),
    numbers.low,
    numbers.high,
  )

export function choiceColumn(
  context: GenerationContext,
  choices: ChoiceStream,
  firstRow: number,
  rowCount: number,
): CodedColumn {
  const { stream, dictionary } = choices
  const codes = context.allocate(rowCount)
  fillBytes(codes, stateAtRow(stream, firstRow), 0, dictionary.values.length - 1)
  return { kind: 'coded', codes, dictionary }
}

/** The draws of rows that have `counts[r]` lines each, `lineCount` in all. */
export function drawLineNumbers(
  context: GenerationContext,
  numbers: NumberStream,
  firstRow: number,
  counts: Uint8Array,
  lineCount: number,
): Int32Array {
  const out = context.scratch.take(lineCount)
  fillRagged(out, counts, numbers.stream, firstRow, numbers.low, numbers.high)
  return out
}

export function lineChoiceColumn(
  context: GenerationContext,
  choices: ChoiceStream,
  firstRow: number,
  counts: Uint8Array,
  lineCount: number,
): CodedColumn {
  const { stream, dictionary } = choices
  const numbers = { stream, low: 0, high: dictionary.values.length - 1 }
  const codes = context.allocate(lineCount)
  codes.set(drawLineNumbers(context, numbers, firstRow, counts, lineCount))
  return { kind: 'coded', codes, dictionary }
}
