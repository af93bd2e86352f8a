// Original file: proto/heliu/v1/trust.proto


export interface WatchRequest {
  'messageId'?: (string);
}

export interface WatchRequest__Output {
  'messageId': (string);
}
