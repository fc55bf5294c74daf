// Passwords to hashes, with the parameters that Node.js has by default.
import { scryptSync } from 'node:crypto';

export function inputs(count) {
  return Array.from({ length: count }, (_, i) => ({ password: `correct horse ${i}`, salt: `battery staple ${i}` }));
}

export function work({ password, salt }) {
  return scryptSync(password, salt, 64).toString('hex');
}
