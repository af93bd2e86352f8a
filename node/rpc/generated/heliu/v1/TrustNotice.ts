// Original file: proto/heliu/v1/trust.proto


export interface TrustNotice {
  'listVersion'?: (string);
  'crl'?: (Buffer | Uint8Array | string);
}

export interface TrustNotice__Output {
  'listVersion': (string);
  'crl': (Buffer);
}
