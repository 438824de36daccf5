export const render = () => 'about this app';
