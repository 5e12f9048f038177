#!/usr/bin/env bash
# The check of the GitHub Action (action.yml): annotations in the changed files, a table in the job summary, and a SARIF log. The
# exit code of `check` becomes an output, so that the log can be uploaded before the job fails.
set -euo pipefail

command=(check)
while IFS= read -r word; do
  # The lines of the inputs; those without a word in them say nothing.
  if [ -n "${word//[[:space:]]/}" ]; then command+=("$word"); fi
done <<< "$INPUT_PATHS"$'\n'"$INPUT_ARGS"

folder=$RUNNER_TEMP/vmcp-admission
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error "vmcp-admission@$INPUT_VERSION" >&2
program=$folder/node_modules/.bin/vmcp-admission

code=0
"$program" "${command[@]}" --output sarif > "$INPUT_SARIF_FILE" 2> /dev/null || code=$?
"$program" "${command[@]}" --output github || true
"$program" "${command[@]}" --output markdown >> "$GITHUB_STEP_SUMMARY" 2> /dev/null || true

# Empty when the arguments cannot be used; code scanning refuses such a log.
if [ ! -s "$INPUT_SARIF_FILE" ]; then
  rm -f "$INPUT_SARIF_FILE"
  INPUT_SARIF_FILE=
fi
{
  echo "exit-code=$code"
  echo "sarif-file=$INPUT_SARIF_FILE"
} >> "$GITHUB_OUTPUT"
