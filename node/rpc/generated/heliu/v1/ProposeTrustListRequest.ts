// Original file: proto/heliu/v1/trust.proto


export interface ProposeTrustListRequest {
  'messageId'?: (string);
  'signedList'?: (Buffer | Uint8Array | string);
}

export interface ProposeTrustListRequest__Output {
  'messageId': (string);
  'signedList': (Buffer);
}
