export const place = 'the dev server';
