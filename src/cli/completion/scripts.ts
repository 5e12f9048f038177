/** The shells whose completion asks `vmcp-admission __complete -- WORD…`, and the script that each of them loads. */
export const SCRIPTS = {
  bash: `# bash completion for vmcp-admission
_vmcp_admission() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$word")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -o default -F _vmcp_admission vmcp-admission
`,
  zsh: `#compdef vmcp-admission
_vmcp_admission() {
  local tab=$'\\t'
  local -a candidates
  candidates=("\${(@f)$("$words[1]" __complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  if [[ -n $candidates[1] ]]; then
    # A word, a colon, and what the word means.
    candidates=("\${(@)candidates/$tab/:}")
    _describe vmcp-admission candidates
  else
    _files
  fi
}
compdef _vmcp_admission vmcp-admission
`,
  fish: `# fish completion for vmcp-admission
function __vmcp_admission_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] __complete -- $words[2..-1] 2> /dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c vmcp-admission -f -a '(__vmcp_admission_complete)'
`,
} as const;

export type Shell = keyof typeof SCRIPTS;
