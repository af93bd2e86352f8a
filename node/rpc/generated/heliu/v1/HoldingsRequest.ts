// Original file: proto/heliu/v1/audit.proto


export interface HoldingsRequest {
  'messageId'?: (string);
}

export interface HoldingsRequest__Output {
  'messageId': (string);
}
