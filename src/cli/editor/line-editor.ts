import {
  type Edit,
  type EditState,
  emptyState,
  insert,
  left,
  otherLine,
  removeAfter,
  removeBefore,
  removeLineAfter,
  removeLineBefore,
  removeWordAfter,
  removeWordBefore,
  right,
  stateAtEnd,
  toEnd,
  toLineEnd,
  toLineStart,
  toStart,
  wordLeft,
  wordRight,
} from './edit-state.js'
import type { History } from './history.js'
import type { Key, Keyboard } from './keyboard.js'
import { layOut } from './layout.js'
import type { Screen } from './screen.js'

/** What can stand at the cursor. */
export interface Completion {
  /** Offset from which the candidates replace what is there up to the cursor. */
  readonly start: number
  readonly candidates: readonly string[]
}

export interface EditorOptions {
  readonly prompt: string
  /** What later lines stand behind. */
  readonly continuation: string
  /** Whether Enter at the end hands a text in; else it begins a line. */
  isComplete(text: string): boolean
  complete(text: string, cursor: number): Promise<Completion>
}

export type Entry =
  | { readonly kind: 'text'; readonly text: string }
  /** Ctrl-C: what was there is given up. */
  | { readonly kind: 'abandoned' }
  /** Ctrl-D where there is nothing, or the terminal has gone. */
  | { readonly kind: 'end' }

/** What keys do by themselves, by name with `C-` for Ctrl and `M-` for Alt. */
const EDITS: Readonly<Record<string, Edit>> = {
  left,
  'C-b': left,
  right,
  'C-f': right,
  'C-left': wordLeft,
  'M-left': wordLeft,
  'M-b': wordLeft,
  'C-right': wordRight,
  'M-right': wordRight,
  'M-f': wordRight,
  home: toLineStart,
  'C-a': toLineStart,
  end: toLineEnd,
  'C-e': toLineEnd,
  'C-home': toStart,
  'C-end': toEnd,
  backspace: removeBefore,
  'C-h': removeBefore,
  delete: removeAfter,
  'C-d': removeAfter,
}

/** Those whose removed text Ctrl-Y puts back. */
const CUTS: Readonly<Record<string, Edit>> = {
  'C-w': removeWordBefore,
  'M-backspace': removeWordBefore,
  'M-d': removeWordAfter,
  'C-u': removeLineBefore,
  'C-k': removeLineAfter,
}

/** Reads a text of any number of lines from a terminal, one at a time. */
export class LineEditor {
  readonly #keyboard: Keyboard
  readonly #screen: Screen
  readonly #history: History
  #state = emptyState
  /** The history, and at its end the text that is being entered; all as they were changed meanwhile. */
  #entries: string[] = []
  #entryIndex = 0
  #cut = ''

  constructor(keyboard: Keyboard, screen: Screen, history: History) {
    this.#keyboard = keyboard
    this.#screen = screen
    this.#history = history
  }

  /** @param initial what is there to begin with */
  async read(options: EditorOptions, initial = ''): Promise<Entry> {
    this.#state = stateAtEnd(initial)
    this.#entries = [...this.#history.entries, initial]
    this.#entryIndex = this.#entries.length - 1
    for (;;) {
      if (!this.#keyboard.hasWaiting) this.#draw(this.#state, options)
      const key = await this.#keyboard.next()
      const entry = key === undefined ? END : this.#entryOf(nameOf(key), options)
      if (entry !== undefined) {
        this.#draw(toEnd(this.#state), options)
        this.#screen.leave()
        return entry
      }
      if (key !== undefined) this.#state = await this.#edited(key, options)
    }
  }

  #draw(state: EditState, { prompt, continuation }: EditorOptions): void {
    this.#screen.draw(layOut(state, prompt, continuation, this.#screen.columns))
  }

  /** What a key ends the entry with, if it does. */
  #entryOf(name: string, options: EditorOptions): Entry | undefined {
    const { text, cursor } = this.#state
    if (name === 'C-c') return { kind: 'abandoned' }
    if (name === 'C-d' && text === '') return END
    const isAtEnd = text.slice(cursor).trim() === ''
    return isEnter(name) && isAtEnd && options.isComplete(text) ? { kind: 'text', text } : undefined
  }

  async #edited(key: Key, options: EditorOptions): Promise<EditState> {
    const state = this.#state
    const name = nameOf(key)
    const edit = EDITS[name]
    if (edit !== undefined) return edit(state)
    const cut = CUTS[name]
    if (cut !== undefined) return this.#withCut(cut(state))
    switch (name) {
      case 'return':
      case 'enter':
        return insert('\n')(state)
      case 'C-y':
        return insert(this.#cut)(state)
      case 'up':
        return otherLine(state, -1) ?? this.#recalled(-1)
      case 'down':
        return otherLine(state, 1) ?? this.#recalled(1)
      case 'C-p':
        return this.#recalled(-1)
      case 'C-n':
        return this.#recalled(1)
      case 'C-r':
        return this.#search(state)
      case 'C-l':
        this.#screen.clear()
        return state
      case 'tab':
        return this.#complete(state, options)
      case 'paste-start':
        return insert(await this.#pasted())(state)
      default:
        return isText(key) ? insert(key.sequence)(state) : state
    }
  }

  #withCut(next: EditState): EditState {
    const { text } = this.#state
    this.#cut = text.slice(next.cursor, next.cursor + text.length - next.text.length)
    return next
  }

  /** Another entry of the history in place of the one at hand. */
  #recalled(direction: -1 | 1): EditState {
    const entry = this.#entries[this.#entryIndex + direction]
    if (entry === undefined) return this.#state
    this.#entries[this.#entryIndex] = this.#state.text
    this.#entryIndex += direction
    return stateAtEnd(entry)
  }

  /** What comes between the marks of a paste, as it is: Enter in it hands nothing in. */
  async #pasted(): Promise<string> {
    let text = ''
    for (;;) {
      const key = await this.#keyboard.next()
      if (key === undefined || key.name === 'paste-end') return text
      text += isEnter(nameOf(key)) ? '\n' : key.sequence
    }
  }

  /** Ctrl-R: the last entry that has the text that is typed; Ctrl-R again, the one before. */
  async #search(initial: EditState): Promise<EditState> {
    const { entries } = this.#history
    let wanted = ''
    let at = entries.length
    for (;;) {
      const found = entries[at]
      const prompt = `(reverse search)'${wanted}': `
      const shown = stateAtEnd(found ?? '')
      this.#screen.draw(layOut(shown, prompt, ' '.repeat(prompt.length), this.#screen.columns))
      const key = await this.#keyboard.next()
      const name = key === undefined ? 'C-g' : nameOf(key)
      if (name === 'C-r') {
        at = lastWith(entries, wanted, at - 1) ?? at
      } else if (name === 'backspace' || name === 'C-h') {
        wanted = wanted.slice(0, -1)
        at = lastWith(entries, wanted, entries.length - 1) ?? entries.length
      } else if (name === 'C-g' || name === 'C-c' || name === 'escape') {
        return initial
      } else if (key !== undefined && isText(key)) {
        wanted += key.sequence
        at = lastWith(entries, wanted, Math.min(at, entries.length - 1)) ?? at
      } else {
        return found === undefined ? initial : shown
      }
    }
  }

  async #complete(state: EditState, options: EditorOptions): Promise<EditState> {
    const { start, candidates } = await options.complete(state.text, state.cursor)
    if (candidates.length === 0) return state
    const typed = state.text.slice(start, state.cursor)
    const common = commonStart(candidates)
    const isBetter = candidates.length === 1 || common.length > typed.length
    if (!isBetter) {
      this.#draw(toEnd(state), options)
      this.#screen.print(inColumns(candidates, this.#screen.columns))
      return state
    }
    return insert(common)({
      text: state.text.slice(0, start) + state.text.slice(state.cursor),
      cursor: start,
    })
  }
}

const END: Entry = { kind: 'end' }
const isEnter = (name: string): boolean => name === 'return' || name === 'enter'

function nameOf({ name, ctrl, meta, sequence }: Key): string {
  const plain = name ?? sequence
  return `${ctrl ? 'C-' : ''}${meta ? 'M-' : ''}${plain}`
}

// A key without a modifier that sent characters, none of them a control character.
const isText = ({ sequence, ctrl, meta }: Key): boolean =>
  !ctrl && !meta && sequence !== '' && !/\p{Cc}/u.test(sequence)

function lastWith(entries: readonly string[], text: string, from: number): number | undefined {
  for (let at = from; at >= 0; at--) if (entries[at]!.includes(text)) return at
  return undefined
}

/** The longest text that all begin with, whatever their case; spelled as the first. */
export function commonStart(texts: readonly string[]): string {
  const [first = '', ...others] = texts
  let length = first.length
  for (const text of others) {
    let same = 0
    while (same < length && text[same]?.toLowerCase() === first[same]!.toLowerCase()) same++
    length = same
  }
  return first.slice(0, length)
}

const MAX_LISTED = 200

function inColumns(texts: readonly string[], columns: number): string {
  const shown = texts.slice(0, MAX_LISTED)
  const width = shown.reduce((widest, text) => Math.max(widest, text.length), 0) + 2
  const perRow = Math.max(1, Math.floor(columns / width))
  let out = ''
  for (let i = 0; i < shown.length; i += perRow) {
    const row = shown.slice(i, i + perRow).map((text) => text.padEnd(width))
    out += `${row.join('').trimEnd()}\n`
  }
  if (texts.length > shown.length) out += `… ${texts.length - shown.length} more\n`
  return out
}
