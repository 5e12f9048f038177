import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import type { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';

/** What is said about a place of the text; line and column count from 1. */
export interface Remark {
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** The colours are those of the style sheet of the site, so they follow its theme. */
const THEME = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--panel)', color: 'var(--text)' },
  '.cm-content, .cm-gutters, .cm-tooltip': { fontFamily: 'var(--mono)', fontSize: '0.875rem' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--panel)',
    color: 'var(--quiet)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--link) 8%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--link) 30%, transparent)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--back)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
    maxWidth: '40rem',
  },
  '.cm-panels': { backgroundColor: 'var(--back)', color: 'var(--text)' },
});

function toDiagnostic(state: EditorState, { line: number, column, severity, message }: Remark): Diagnostic {
  const line = state.doc.line(Math.min(number, state.doc.lines));
  const from = Math.min(line.from + column - 1, line.to);
  return { from, to: Math.max(from, line.from + line.text.trimEnd().length), severity, message };
}

/** The editor of the page. Tab leaves it, as anywhere on a page; Ctrl+Shift+M opens the list of findings. */
export class Editor {
  readonly #view: EditorView;

  /** @param changed called after each change of the text */
  constructor(parent: HTMLElement, changed: () => void) {
    const extensions = [
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      yaml(),
      syntaxHighlighting(classHighlighter),
      keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({ 'aria-label': 'Manifests (YAML)', tabindex: '0' }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) changed();
      }),
      THEME,
    ];
    this.#view = new EditorView({ parent, extensions });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  set text(text: string) {
    this.#view.dispatch({
      changes: { from: 0, to: this.#view.state.doc.length, insert: text },
      selection: { anchor: 0 },
    });
  }

  /** Underlines what remarks are about. */
  show(remarks: readonly Remark[]): void {
    const { state } = this.#view;
    this.#view.dispatch(
      setDiagnostics(
        state,
        remarks.map((remark) => toDiagnostic(state, remark)),
      ),
    );
  }

  /** Puts the cursor at a place, in the middle of what is seen. */
  goTo(line: number, column: number): void {
    const { state } = this.#view;
    const found = state.doc.line(Math.min(line, state.doc.lines));
    const anchor = Math.min(found.from + column - 1, found.to);
    const effects = EditorView.scrollIntoView(anchor, { y: 'center' });
    this.#view.dispatch({ selection: { anchor }, effects });
    this.#view.focus();
  }
}
