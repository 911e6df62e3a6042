import { MillraceError } from '../../spi/index.js'
import { OUTPUT_FORMATS } from '../format/output-format.js'
import { OPTIONS, type OptionName } from '../options.js'

const SHELLS = ['bash', 'zsh', 'fish'] as const
const COMMANDS = ['server', 'completion'] as const
const FILE_OPTIONS: ReadonlySet<OptionName> = new Set(['file', 'history-file'])
const FOLDER_OPTIONS: ReadonlySet<OptionName> = new Set(['etc-dir'])
const FORMAT_OPTIONS: ReadonlySet<OptionName> = new Set([
  'output-format',
  'output-format-interactive',
])

const names = Object.keys(OPTIONS) as OptionName[]
const long = (options: Iterable<OptionName>): string =>
  [...options].map((name) => `--${name}`).join('|')

/** The script that teaches a shell to complete the command line. @throws CONFIGURATION_INVALID for another shell */
export function completionScript(args: readonly string[]): string {
  const shell = SHELLS.find((name) => name === args[0])
  if (shell === undefined || args.length > 1) {
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `Not a shell to complete for: ${args.join(' ')}`,
      { hint: `millrace completion ${SHELLS.join('|')}` },
    )
  }
  return SCRIPTS[shell]()
}

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], () => string>> = {
  bash: () => `# millrace completion bash >> ~/.bashrc
_millrace() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  case $before in
    ${long(FORMAT_OPTIONS)}) COMPREPLY=($(compgen -W "${OUTPUT_FORMATS.join(' ')}" -- "\${word^^}")) ;;
    ${long(FILE_OPTIONS)}|-f) COMPREPLY=($(compgen -f -- "$word")) ;;
    ${long(FOLDER_OPTIONS)}) COMPREPLY=($(compgen -d -- "$word")) ;;
    completion) COMPREPLY=($(compgen -W "${SHELLS.join(' ')}" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "${COMMANDS.join(' ')} ${names.map((name) => `--${name}`).join(' ')}" -- "$word")) ;;
  esac
}
complete -F _millrace millrace
`,
  zsh: () => `#compdef millrace
# millrace completion zsh > "\${fpath[1]}/_millrace"
_millrace() {
  _arguments -s \\
${names.map((name) => `    ${zshOption(name)} \\`).join('\n')}
    '1:command:(${COMMANDS.join(' ')})' \\
    '2:shell:(${SHELLS.join(' ')})'
}
if [ "$funcstack[1]" = _millrace ]; then _millrace "$@"; else compdef _millrace millrace; fi
`,
  fish: () => `# millrace completion fish > ~/.config/fish/completions/millrace.fish
complete -c millrace -f
complete -c millrace -n __fish_use_subcommand -a '${COMMANDS.join(' ')}'
complete -c millrace -n '__fish_seen_subcommand_from completion' -a '${SHELLS.join(' ')}'
${names.map(fishOption).join('\n')}
`,
}

function zshOption(name: OptionName): string {
  const option = OPTIONS[name]
  const times = 'multiple' in option ? '*' : ''
  const help = option.help.replace(/['[\]:]/g, '')
  if (option.type === 'boolean') return `'${times}--${name}[${help}]'`
  const values = FORMAT_OPTIONS.has(name)
    ? `:(${OUTPUT_FORMATS.join(' ')})`
    : FILE_OPTIONS.has(name)
      ? ':_files'
      : FOLDER_OPTIONS.has(name)
        ? ':_files -/'
        : ':'
  return `'${times}--${name}[${help}]:${name}${values}'`
}

function fishOption(name: OptionName): string {
  const option = OPTIONS[name]
  const help = `-d '${option.help.replaceAll("'", '')}'`
  const short = 'short' in option ? ` -s ${option.short}` : ''
  if (option.type === 'boolean') return `complete -c millrace -l ${name}${short} ${help}`
  const values = FORMAT_OPTIONS.has(name)
    ? ` -x -a '${OUTPUT_FORMATS.join(' ')}'`
    : FILE_OPTIONS.has(name)
      ? ' -r -F'
      : FOLDER_OPTIONS.has(name)
        ? " -x -a '(__fish_complete_directories)'"
        : ' -x'
  return `complete -c millrace -l ${name}${short}${values} ${help}`
}
