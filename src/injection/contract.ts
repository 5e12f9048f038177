/** The names that injection reads from a Pod or writes into it. Part of the public contract. */
export const ANNOTATION_PREFIX = 'vmcp-admission.dev/';
export const INJECT = 'vmcp-admission.dev/inject';
export const GROUP_ANNOTATION = 'vmcp-admission.dev/group';
export const CONFIG_ANNOTATION = 'vmcp-admission.dev/config.yaml';
export const REPORT_ANNOTATION = 'vmcp-admission.dev/report';
export const CONFIG_VOLUME = 'vmcp-admission-config';

const CONFIG_VOLUMES = /^vmcp-admission-config(?:-[0-9]+)?$/;

/** The name of the config volume: {@link CONFIG_VOLUME}, with a number where a container uses that name for a volume of its own. */
export function configVolumeName(number: number): string {
  return number === 1 ? CONFIG_VOLUME : `${CONFIG_VOLUME}-${number}`;
}

/** True for every name that {@link configVolumeName} gives. */
export function isConfigVolumeName(name: string): boolean {
  return CONFIG_VOLUMES.test(name);
}

/** Labels by which ToolHive's operator marks its vMCP Pods. */
export const NAME_LABEL = 'app.kubernetes.io/name';
export const INSTANCE_LABEL = 'app.kubernetes.io/instance';
export const OPERATOR_NAME = 'virtualmcpserver';

export { VMCP_CONTAINER } from '../toolhive/models/virtualServer.ts';

/**
 * The value of a secret's variable until the kubelet finds the Secret: not empty, since the vMCP's loader ends the process
 * when the variable of a strategy is, and a text that explains itself in the log of the server that gets it.
 */
export const SECRET_PLACEHOLDER = 'vmcp-admission-the-secret-is-missing';

/** Checksums that the operator keeps of one moment: on the Pod template and on the ConfigMap. */
export const POD_CHECKSUM = 'toolhive.stacklok.dev/runconfig-checksum';
export const CONFIG_CHECKSUM = 'toolhive.stacklok.dev/content-checksum';

/** Orders texts by their UTF-16 code units, the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Settings of injection. */
export interface InjectionSettings {
  /** A self-managed Pod whose group is not named or does not exist: its owner asked for injection, so it is refused by default. */
  readonly unknownGroup: 'refuse' | 'allow';
  /** A Pod whose base config cannot be found, read or merged: left as it is by default. */
  readonly unusableConfig: 'refuse' | 'allow';
  /** A Pod whose vMCP would end at start because of its config: made all the same by default, with a warning. */
  readonly failingConfig: 'refuse' | 'allow';
}

export const DEFAULT_INJECTION_SETTINGS: InjectionSettings = {
  unknownGroup: 'refuse',
  unusableConfig: 'allow',
  failingConfig: 'allow',
};
