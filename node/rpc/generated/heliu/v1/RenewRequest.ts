// Original file: proto/heliu/v1/trust.proto


export interface RenewRequest {
  'messageId'?: (string);
  'csr'?: (Buffer | Uint8Array | string);
}

export interface RenewRequest__Output {
  'messageId': (string);
  'csr': (Buffer);
}
