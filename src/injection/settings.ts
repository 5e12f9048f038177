/** What a team may settle differently about injection. */
export interface InjectionSettings {
  /** A self-managed Pod whose group is not named or does not exist: its owner asked for it, so it is refused by default. */
  readonly unknownGroup: 'refuse' | 'allow';
  /** A Pod whose base config cannot be found, read or merged: left as it is by default. */
  readonly unusableConfig: 'refuse' | 'allow';
}

export const DEFAULT_INJECTION_SETTINGS: InjectionSettings = {
  unknownGroup: 'refuse',
  unusableConfig: 'allow',
};
