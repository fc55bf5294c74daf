/** Settings of the workers in one slot, beside those of their pool. */
export interface SlotOptions {
  /** Variables that are added to those of `env`, also with 'clean'. They take precedence; an undefined one is removed. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Arguments after those of `argv`. */
  argv?: readonly string[];
  /** Node flags after those of `execArgv`, or after those that workers inherit. Only for kind 'process'. */
  execArgv?: readonly string[];
}
