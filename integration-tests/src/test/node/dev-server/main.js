import { greeting } from './greeting.js';
import { place } from './place.js';

const shown = { greeting, place };

const show = (changed) => {
  Object.assign(shown, changed);
  document.querySelector('#greeting').textContent = `${shown.greeting} from ${shown.place}`;
};

show();
import.meta.hot.accept('./greeting.js', show);
import.meta.hot.accept('./place.js', show);
