/** Runs before the page is drawn: shows it in the theme that the reader chose last, else in that of their system. */
const chosen = localStorage.getItem('theme');
if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
