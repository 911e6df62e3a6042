import type { FunctionDefinition } from '../../function-definition.js'
import { bar } from './bar.js'
import { color } from './color.js'
import { render } from './render.js'
import { rgb } from './rgb.js'

export const COLOR_FUNCTIONS: readonly FunctionDefinition[] = [bar, color, render, rgb]
