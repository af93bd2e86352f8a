// Original file: proto/heliu/v1/audit.proto


export interface HeldRecord {
  'kind'?: (string);
  'json'?: (Buffer | Uint8Array | string);
}

export interface HeldRecord__Output {
  'kind': (string);
  'json': (Buffer);
}
