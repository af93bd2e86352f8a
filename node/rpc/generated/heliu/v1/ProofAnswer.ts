// Original file: proto/heliu/v1/audit.proto


export interface ProofAnswer {
  'proof'?: (string);
  'leaf'?: (Buffer | Uint8Array | string);
}

export interface ProofAnswer__Output {
  'proof': (string);
  'leaf': (Buffer);
}
