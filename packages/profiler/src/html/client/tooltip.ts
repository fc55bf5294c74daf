import type { Child } from '../shared/node.js';
import { fill } from './dom.js';

const box = document.createElement('div');
box.className = 'tooltip';
box.setAttribute('role', 'status');
box.hidden = true;

/** Shows text beside the pointer; nothing to hide it. */
export function tooltip(at: { clientX: number; clientY: number } | null, ...content: Child[]): void {
  if (at === null || content.length === 0) {
    box.hidden = true;
    return;
  }
  if (!box.isConnected) document.body.append(box);
  fill(box, ...content);
  box.hidden = false;
  const { offsetWidth, offsetHeight } = box;
  const beside = at.clientX + 14 + offsetWidth > innerWidth ? at.clientX - 14 - offsetWidth : at.clientX + 14;
  box.style.left = `${Math.max(4, beside)}px`;
  box.style.top = `${Math.max(4, Math.min(innerHeight - offsetHeight - 4, at.clientY + 12))}px`;
}
