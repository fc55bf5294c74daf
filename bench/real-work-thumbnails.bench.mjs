// What does a pool make of real work: photographs made small?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'thumbnails',
  what: 'thumbnails through sharp',
  method: '60 photographs of 1,600 × 1,067 through sharp, which has threads of its own; a Buffer in, a Buffer out.',
  count: 60,
  serialization: 'advanced',
  ownThreads: true,
});
