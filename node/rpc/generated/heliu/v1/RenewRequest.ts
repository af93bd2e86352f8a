// Original file: proto/heliu/v1/trust.proto


export interface RenewRequest {
  'messageId'?: (string);
  'csr'?: (string);
}

export interface RenewRequest__Output {
  'messageId': (string);
  'csr': (string);
}
