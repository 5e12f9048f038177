/** What search looks through and keeps of each section: the index is made and read with the same options. */
export const SEARCH_OPTIONS = {
  fields: ['title', 'heading', 'text'],
  storeFields: ['title', 'heading', 'url', 'start'],
};
