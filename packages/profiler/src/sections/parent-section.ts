import { OpenSection } from '@millpond/core/internal';
import type { SectionNode } from '../record/section-ledger.js';

/** One section of the program that is being timed. */
export class ParentSection extends OpenSection<SectionNode> {
  /** Its name at the begin; it may be counted under another. */
  readonly name: string;

  constructor(name: string, node: SectionNode, parent: ParentSection | undefined, nowMs: number) {
    super(node, parent, nowMs);
    this.name = name;
  }
}
