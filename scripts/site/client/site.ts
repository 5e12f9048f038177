import { enableSearch } from './search.ts';

function button(id: string): HTMLButtonElement {
  return document.getElementById(id) as HTMLButtonElement;
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
}

const theme = button('theme-toggle');
const nameTheme = () => {
  theme.textContent = isDark() ? 'Light' : 'Dark';
};
nameTheme();
theme.addEventListener('click', () => {
  const next = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('theme', next);
  nameTheme();
});

const menu = button('menu-toggle');
menu.addEventListener('click', () => {
  const open = document.documentElement.classList.toggle('menu-open');
  menu.setAttribute('aria-expanded', String(open));
});

enableSearch(document.getElementById('search') as HTMLDialogElement, button('search-open'));
