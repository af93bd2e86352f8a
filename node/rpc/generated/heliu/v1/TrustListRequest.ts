// Original file: proto/heliu/v1/trust.proto


export interface TrustListRequest {
  'messageId'?: (string);
}

export interface TrustListRequest__Output {
  'messageId': (string);
}
