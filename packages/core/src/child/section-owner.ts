/** The task that times something: its handler, and its name between parent and worker. */
export interface SectionOwner {
  readonly task: string;
  readonly id: number;
  /** Gives the ids of the tasks that have not ended, where it is a call of several. */
  readonly rows?: () => number[];
}

/** A call of several tasks as an owner. Its own id is none of theirs, since they may have sections of their own. */
export function callOwner(
  task: string,
  firstId: number,
  items: readonly { readonly openId: number | undefined }[],
): SectionOwner {
  return { task, id: -1 - firstId, rows: () => items.map(({ openId }) => openId).filter((id) => id !== undefined) };
}
